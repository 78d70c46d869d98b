#include "api/secret.h"

#include <algorithm>
#include <cstdlib>

namespace skein {

arrow::Result<std::string> ResolveSecret(const std::string& given) {
  const char* of_environment = std::getenv("SKEIN_SECRET");
  const std::string secret = given.empty() && of_environment != nullptr ? of_environment : given;
  if (secret.empty()) return arrow::Status::Invalid("no secret: set `secret`, or SKEIN_SECRET in the environment");
  if (!std::all_of(secret.begin(), secret.end(), [](char c) { return '!' <= c && c <= '~'; })) {
    return arrow::Status::Invalid("the secret may only hold printable ASCII characters without spaces");
  }
  return secret;
}

}  // namespace skein
