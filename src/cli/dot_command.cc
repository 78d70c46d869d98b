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
  std::function<bool(const std::string& argument, Shell& shell)> run;  // false: it has said what is wrong
};

constexpr char kBlanks[] = " \t\r;";
constexpr char kTables[] =
    "SELECT table_schema AS schema, table_name AS name, table_type AS type FROM information_schema.tables "
    "WHERE table_catalog IN (current_database(), 'temp') ORDER BY ALL;";
constexpr char kWorkers[] = "FROM skein_workers(); FROM skein_cluster_status();";

bool ComplainOfArgument(const std::string& name, const std::string& expected, const std::string& got) {
  std::cerr << name << " takes " << expected << ", not '" << got << "'" << std::endl;
  return false;
}

bool SetMode(const std::string& name, Shell& shell) {
  const auto format = OutputFormatOf(name);
  if (!format) return ComplainOfArgument(".mode", kOutputFormats, name);
  shell.session().SetFormat(*format);
  return true;
}

bool SetTimer(const std::string& state, Shell& shell) {
  if (state != "on" && state != "off") return ComplainOfArgument(".timer", "on or off", state);
  shell.SetTimer(state == "on");
  return true;
}

bool ReadFile(const std::string& path, Shell& shell) {
  const auto sql = ReadTextFile(path, kMaxSqlFileBytes);
  if (sql.ok()) return shell.Run(*sql) == 0;
  std::cerr << sql.status().message() << std::endl;
  return false;
}

bool PrintHelp(const std::string&, Shell&);

const std::vector<DotCommand>& Commands() {
  static const std::vector<DotCommand> commands = {
      {".cluster", "", "shows the workers and what they do",
       [](auto&, Shell& shell) { return shell.Run(kWorkers) == 0; }},
      {".exit", "", "ends the shell; so do .quit and Ctrl-D", nullptr},
      {".help", "", "shows these lines", PrintHelp},
      {".mode", "FORMAT", std::string("prints results as ") + kOutputFormats, SetMode},
      {".quit", "", "ends the shell", nullptr},
      {".read", "FILE", "runs the statements of a file", ReadFile},
      {".tables", "", "lists tables and views", [](auto&, Shell& shell) { return shell.Run(kTables) == 0; }},
      {".timer", "on|off", "says how long statements take", SetTimer}};
  return commands;
}

bool PrintHelp(const std::string&, Shell&) {
  for (const auto& command : Commands()) {
    auto usage = command.name + " " + command.argument;
    usage.resize(std::max<size_t>(usage.size(), 16), ' ');
    std::cerr << usage << command.help << "\n";
  }
  std::cerr << "A statement ends with a semicolon and may have many lines. Tab completes, Ctrl-R searches what was "
               "entered,\nCtrl-C drops a line or cancels what runs."
            << std::endl;
  return true;
}

std::string Trim(const std::string& text) {
  const auto begin = text.find_first_not_of(kBlanks);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

AfterCommand RunDotCommand(const std::string& line, Shell& shell) {
  const auto end = line.find_first_of(kBlanks);
  const auto name = line.substr(0, end);
  const auto argument = end == std::string::npos ? "" : Trim(line.substr(end));
  for (const auto& command : Commands()) {
    if (command.name != name) continue;
    if (command.argument.empty() != argument.empty()) {
      ComplainOfArgument(name, command.argument.empty() ? "nothing" : command.argument, argument);
      return AfterCommand::kFailed;
    }
    if (!command.run) return AfterCommand::kEnd;
    return command.run(argument, shell) ? AfterCommand::kGoOn : AfterCommand::kFailed;
  }
  std::cerr << "no such command: " << name << "; .help lists them" << std::endl;
  return AfterCommand::kFailed;
}

std::vector<std::string> DotCommandsThatBegin(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& command : Commands()) {
    if (command.name.starts_with(prefix)) names.push_back(command.name);
  }
  return names;
}

}  // namespace skein::core
