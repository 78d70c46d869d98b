#include "exchange/flight_auth.h"

#include <string_view>

#include <arrow/flight/server_middleware.h>

namespace skein {
namespace {

constexpr char kHeader[] = "authorization";

std::string HeaderValue(const std::string& secret) { return "Bearer " + secret; }

/// Takes the same time wherever the first difference is; only the length may be learned.
bool EqualsInConstantTime(std::string_view given, std::string_view expected) {
  if (given.size() != expected.size()) return false;
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    difference = static_cast<unsigned char>(difference | (given[i] ^ expected[i]));
  }
  return difference == 0;
}

class SecretMiddlewareFactory : public arrow::flight::ServerMiddlewareFactory {
 public:
  explicit SecretMiddlewareFactory(const std::string& secret) : expected_(HeaderValue(secret)) {}

  arrow::Status StartCall(const arrow::flight::CallInfo& info, const arrow::flight::ServerCallContext& context,
                          std::shared_ptr<arrow::flight::ServerMiddleware>* middleware) override {
    const auto& headers = context.incoming_headers();
    const auto found = headers.find(kHeader);
    if (found != headers.end() && EqualsInConstantTime(found->second, expected_)) return arrow::Status::OK();
    return arrow::flight::MakeFlightError(arrow::flight::FlightStatusCode::Unauthenticated, "secret refused");
  }

 private:
  const std::string expected_;
};

}  // namespace

std::shared_ptr<arrow::flight::ServerMiddlewareFactory> RequireSecret(std::string secret) {
  return std::make_shared<SecretMiddlewareFactory>(secret);
}

void AddSecret(const std::string& secret, arrow::flight::FlightCallOptions& options) {
  options.headers.emplace_back(kHeader, HeaderValue(secret));
}

}  // namespace skein
