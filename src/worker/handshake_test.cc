#include "worker/handshake.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace skein::core {
namespace {

void ExpectRefused(const wire::Hello& hello, const std::string& text) {
  const auto status = CheckHello(hello);
  ASSERT_NE(DetailOf(status), nullptr);
  EXPECT_EQ(DetailOf(status)->fault(), Fault::kWorld);
  EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("install the same release"), std::string::npos) << status.message();
}

TEST(Handshake, TakesItsOwnBuild) { EXPECT_TRUE(CheckHello(MakeHello()).ok()); }

TEST(Handshake, RefusesAnotherProtocolByItsNumber) {
  auto hello = MakeHello();
  hello.set_protocol_version(99);
  ExpectRefused(hello, "another protocol: coordinator=99");
}

TEST(Handshake, RefusesAnotherBuildOfSkeinByItsName) {
  auto hello = MakeHello();
  hello.set_skein_build("9.9.9-feed");
  ExpectRefused(hello, "skein 9.9.9-feed");
}

TEST(Handshake, RefusesAnotherBuildOfDuckDbByItsName) {
  auto hello = MakeHello();
  hello.set_duckdb_build("v9.9.9-feed");
  ExpectRefused(hello, "duckdb v9.9.9-feed");
}

TEST(Handshake, RefusesAHelloThatSaysNothing) { ExpectRefused(wire::Hello(), "another protocol: coordinator=0"); }

}  // namespace
}  // namespace skein::core
