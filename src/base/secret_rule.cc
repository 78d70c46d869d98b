#include "base/secret_rule.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace skein::core {

arrow::Status CheckSecret(std::string_view secret) {
  const auto is_right = [](char c) { return c >= '!' && c <= '~'; };
  if (secret.empty()) return UserError("the secret is empty");
  if (secret.size() > kMaxSecretBytes) {
    return UserError("the secret is too long: bytes=" + std::to_string(secret.size()) +
                     " limit=" + std::to_string(kMaxSecretBytes));
  }
  if (std::all_of(secret.begin(), secret.end(), is_right)) return arrow::Status::OK();
  return UserError("the secret may only hold printable ASCII characters without spaces");
}

}  // namespace skein::core
