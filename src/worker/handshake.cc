#include "worker/handshake.h"

#include <string>

#include "base/error.h"
#include "engine/engine.h"
#include "worker/control_channel.h"

namespace skein::core {
namespace {

constexpr char kWayOut[] = ": install the same release of skein at both ends";
constexpr uint32_t kMaxThreads = 65536;
constexpr uint32_t kMaxPort = 65535;

arrow::Status AnotherProtocol(uint32_t coordinator, uint32_t worker) {
  return WorldError("another protocol: coordinator=" + std::to_string(coordinator) +
                    " worker=" + std::to_string(worker) + kWayOut);
}

}  // namespace

wire::Hello MakeHello() {
  wire::Hello hello;
  hello.set_protocol_version(kControlProtocolVersion);
  hello.set_duckdb_build(DuckDbBuildId());
  hello.set_skein_build(SkeinBuildId());
  return hello;
}

arrow::Status CheckHello(const wire::Hello& hello) {
  if (hello.protocol_version() != kControlProtocolVersion) {
    return AnotherProtocol(hello.protocol_version(), kControlProtocolVersion);
  }
  const std::string duckdb = DuckDbBuildId();
  const std::string skein = SkeinBuildId();
  if (hello.duckdb_build() == duckdb && hello.skein_build() == skein) return arrow::Status::OK();
  return WorldError("another build: coordinator=(duckdb " + hello.duckdb_build() + ", skein " + hello.skein_build() +
                    ") worker=(duckdb " + duckdb + ", skein " + skein + ")" + kWayOut);
}

arrow::Status CheckWelcome(const wire::Welcome& welcome) {
  if (welcome.protocol_version() != kControlProtocolVersion) {
    return AnotherProtocol(kControlProtocolVersion, welcome.protocol_version());
  }
  if (welcome.threads() < 1 || welcome.threads() > kMaxThreads) {
    return WorldError("it cannot have threads=" + std::to_string(welcome.threads()) + ": is it a skein worker?");
  }
  if (welcome.data_port() < 1 || welcome.data_port() > kMaxPort) {
    return WorldError("it cannot have data_port=" + std::to_string(welcome.data_port()) + ": is it a skein worker?");
  }
  return arrow::Status::OK();
}

}  // namespace skein::core
