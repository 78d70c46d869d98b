#include "cli/dot_command.h"

#include <algorithm>
#include <functional>
#include <iostream>

#include "cli/output_format.h"
#include "cli/text_file.h"

namespace skein::core {
namespace {

struct DotCommand {
  std::string name;
  std::string argument;  // as .help shows it; empty: none is taken
  std::string help;
  std::function<void(const std::string& argument, Shell& shell)> run;
};

constexpr char kTables[] =
    "SELECT table_schema AS schema, table_name AS name, table_type AS type FROM information_schema.tables "
    "WHERE table_catalog IN (current_database(), 'temp') ORDER BY ALL;";
constexpr char kWorkers[] = "FROM skein_workers(); FROM skein_cluster_status();";

void ComplainOfArgument(const std::string& name, const std::string& expected, const std::string& got) {
  std::cerr << name << " takes " << expected << ", not '" << got << "'" << std::endl;
}

void SetMode(const std::string& name, Shell& shell) {
  if (const auto format = OutputFormatOf(name)) return shell.session().SetFormat(*format);
  ComplainOfArgument(".mode", kOutputFormats, name);
}

void SetTimer(const std::string& state, Shell& shell) {
  if (state == "on" || state == "off") return shell.SetTimer(state == "on");
  ComplainOfArgument(".timer", "on or off", state);
}

void ReadFile(const std::string& path, Shell& shell) {
  const auto sql = ReadTextFile(path, kMaxSqlFileBytes);
  if (sql.ok()) {
    shell.Run(*sql);
  } else {
    std::cerr << sql.status().message() << std::endl;
  }
}

void PrintHelp(const std::string&, Shell&);

const std::vector<DotCommand>& Commands() {
  static const std::vector<DotCommand> commands = {
      {".cluster", "", "shows the workers and what they do", [](auto&, Shell& shell) { shell.Run(kWorkers); }},
      {".exit", "", "ends the shell; so do .quit and Ctrl-D", nullptr},
      {".help", "", "shows these lines", PrintHelp},
      {".mode", "FORMAT", std::string("prints results as ") + kOutputFormats, SetMode},
      {".quit", "", "ends the shell", nullptr},
      {".read", "FILE", "runs the statements of a file", ReadFile},
      {".tables", "", "lists tables and views", [](auto&, Shell& shell) { shell.Run(kTables); }},
      {".timer", "on|off", "says how long statements take", SetTimer}};
  return commands;
}

void PrintHelp(const std::string&, Shell&) {
  for (const auto& command : Commands()) {
    auto usage = command.name + " " + command.argument;
    usage.resize(std::max<size_t>(usage.size(), 16), ' ');
    std::cerr << usage << command.help << "\n";
  }
  std::cerr << "A statement ends with a semicolon and may have many lines. Tab completes, Ctrl-R searches what was "
               "entered,\nCtrl-C drops a line or cancels what runs."
            << std::endl;
}

std::string Trim(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t;");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t;") - begin + 1);
}

}  // namespace

AfterCommand RunDotCommand(const std::string& line, Shell& shell) {
  const auto end = line.find_first_of(" \t;");
  const auto name = line.substr(0, end);
  const auto argument = end == std::string::npos ? "" : Trim(line.substr(end));
  for (const auto& command : Commands()) {
    if (command.name != name) continue;
    if (command.argument.empty() != argument.empty()) {
      ComplainOfArgument(name, command.argument.empty() ? "nothing" : command.argument, argument);
    } else if (command.run) {
      command.run(argument, shell);
    } else {
      return AfterCommand::kEnd;
    }
    return AfterCommand::kGoOn;
  }
  std::cerr << "no such command: " << name << "; .help lists them" << std::endl;
  return AfterCommand::kGoOn;
}

std::vector<std::string> DotCommandsThatBegin(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& command : Commands()) {
    if (command.name.starts_with(prefix)) names.push_back(command.name);
  }
  return names;
}

}  // namespace skein::core
