#include "cli/history_rule.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace skein::core {
namespace {

/// Parts of the names that settings, options and parameters of addresses have where their values are secret.
constexpr std::array<std::string_view, 16> kNames{
    "secret",  "passw",   "passphrase", "pwd=",          "token",  "credential", "access_key",     "accountkey",
    "api_key", "api-key", "apikey",     "authorization", "bearer", "signature=", "encryption_key", "parquet_key"};
/// In an ATTACH: in other statements, columns are called so.
constexpr std::array<std::string_view, 3> kNamesInAttach{"key", "pwd", "auth"};

template <typename Names>
bool HasOneOf(const std::string& text, const Names& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return text.find(name) != text.npos; });
}

/// Says whether there is an address with a password, as in postgres://user:password@host.
bool HasAddressWithPassword(const std::string& text) {
  for (auto at = text.find("://"); at != text.npos; at = text.find("://", at + 1)) {
    const auto address = text.substr(at + 3, text.find_first_of("'\"", at) - at - 3);
    const auto colon = address.find(':');
    if (colon != address.npos && address.find('@', colon) != address.npos) return true;
  }
  return false;
}

}  // namespace

bool MayHoldASecret(std::string_view statement) {
  std::string text(statement);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  if (HasOneOf(text, kNames) || HasAddressWithPassword(text)) return true;
  return text.find("attach") != text.npos && HasOneOf(text, kNamesInAttach);
}

}  // namespace skein::core
