// What Tab does to the last word of a line. Free functions; any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace skein::core {

struct WordCompletion {
  std::string added;    // to be typed for the user
  std::string choices;  // to be shown where nothing can be added for sure
};

/// Completes the word at the end of `line` by what all names that begin with it share. Letters follow those that were
/// typed: capitals after capitals.
WordCompletion CompleteWord(const std::string& line,
                            const std::function<std::vector<std::string>(const std::string&)>& names_that_begin);

}  // namespace skein::core
