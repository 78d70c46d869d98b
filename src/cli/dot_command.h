// The commands of the shell itself: lines that begin with a point. Free functions; the shell's thread.
#pragma once

#include <string>
#include <vector>

#include "cli/shell.h"

namespace skein::core {

enum class AfterCommand { kGoOn, kFailed, kEnd };

/// Runs one; complains on standard error of what is no command or not its argument.
AfterCommand RunDotCommand(const std::string& line, Shell& shell);
/// Returns their names that begin with `prefix`.
std::vector<std::string> DotCommandsThatBegin(const std::string& prefix);

}  // namespace skein::core
