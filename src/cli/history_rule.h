// Which statements the shell's history may keep: none that may show a password, a key or a token. Free functions; any
// thread.
#pragma once

#include <string_view>

namespace skein::core {

/// Says whether a statement may hold a secret, by the words that stand beside one and by addresses with a password. It
/// says so too often rather than too seldom: what it says of is only not remembered.
bool MayHoldASecret(std::string_view statement);

}  // namespace skein::core
