#include "worker/handshake.h"

#include <string>

#include "base/error.h"
#include "engine/engine.h"
#include "worker/control_channel.h"

namespace skein::core {
namespace {

constexpr char kWayOut[] = ": install the same release of skein at both ends";

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
    return WorldError("another protocol: coordinator=" + std::to_string(hello.protocol_version()) +
                      " worker=" + std::to_string(kControlProtocolVersion) + kWayOut);
  }
  const std::string duckdb = DuckDbBuildId();
  const std::string skein = SkeinBuildId();
  if (hello.duckdb_build() == duckdb && hello.skein_build() == skein) return arrow::Status::OK();
  return WorldError("another build: coordinator=(duckdb " + hello.duckdb_build() + ", skein " + hello.skein_build() +
                    ") worker=(duckdb " + duckdb + ", skein " + skein + ")" + kWayOut);
}

}  // namespace skein::core
