#include "exchange/flight_auth.h"

#include <arrow/flight/server_middleware.h>

#include "exchange/secret.h"

namespace skein::core {
namespace {

constexpr char kHeader[] = "authorization";

std::string HeaderValue(const std::string& secret) { return "Bearer " + secret; }

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

}  // namespace skein::core
