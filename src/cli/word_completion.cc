#include "cli/word_completion.h"

#include <algorithm>
#include <cctype>

namespace skein::core {
namespace {

constexpr size_t kMaxShown = 40;

bool IsWordCharacter(unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.' || c >= 0x80; }

std::string LastWord(const std::string& line) {
  size_t begin = line.size();
  while (begin > 0 && IsWordCharacter(static_cast<unsigned char>(line[begin - 1]))) begin--;
  const auto word = line.substr(begin);
  // Behind the point of a qualified name; a command of the shell begins with one.
  const size_t point = word.rfind('.');
  return point == std::string::npos || begin + point == 0 ? word : word.substr(point + 1);
}

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// How many characters all names share.
size_t SharedPrefix(const std::vector<std::string>& names) {
  size_t shared = names[0].size();
  for (const auto& name : names) {
    shared = std::min(shared, name.size());
    for (size_t i = 0; i < shared; i++) {
      if (Lower(name[i]) != Lower(names[0][i])) shared = i;
    }
  }
  return shared;
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMaxShown); i++) text += (i > 0 ? "  " : "") + names[i];
  return names.size() > kMaxShown ? text + "  …" : text;
}

}  // namespace

WordCompletion CompleteWord(const std::string& line,
                            const std::function<std::vector<std::string>(const std::string&)>& names_that_begin) {
  const auto word = LastWord(line);
  if (word.empty()) return {};
  const auto names = names_that_begin(word);
  if (names.empty()) return {};
  std::string added = names[0].substr(word.size(), SharedPrefix(names) - word.size());
  if (std::isupper(static_cast<unsigned char>(word.back())) != 0) {
    std::transform(added.begin(), added.end(), added.begin(), [](unsigned char c) { return std::toupper(c); });
  }
  if (names.size() == 1) return {added + " ", ""};
  return added.empty() ? WordCompletion{"", Join(names)} : WordCompletion{added, ""};
}

}  // namespace skein::core
