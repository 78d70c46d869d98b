#include "api/secret.h"

#include <cstdlib>

#include "base/secret_rule.h"

namespace skein {

arrow::Result<std::string> ResolveSecret(const std::string& given) {
  const char* of_environment = std::getenv("SKEIN_SECRET");
  const std::string secret = given.empty() && of_environment != nullptr ? of_environment : given;
  if (secret.empty()) return arrow::Status::Invalid("no secret: set `secret`, or SKEIN_SECRET in the environment");
  ARROW_RETURN_NOT_OK(core::CheckSecret(secret));
  return secret;
}

}  // namespace skein
