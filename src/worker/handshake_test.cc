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

wire::Welcome MakeWelcome() {
  wire::Welcome welcome;
  welcome.set_protocol_version(1);
  welcome.set_threads(1);
  welcome.set_data_port(7701);
  return welcome;
}

void ExpectUnwelcome(const wire::Welcome& welcome, const std::string& text) {
  const auto status = CheckWelcome(welcome);
  ASSERT_NE(DetailOf(status), nullptr);
  EXPECT_EQ(DetailOf(status)->fault(), Fault::kWorld);
  EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
}

TEST(Handshake, TakesAWelcomeOfItsOwnProtocol) { EXPECT_TRUE(CheckWelcome(MakeWelcome()).ok()); }

TEST(Handshake, RefusesAWelcomeOfAnotherProtocol) {
  auto welcome = MakeWelcome();
  welcome.set_protocol_version(99);
  ExpectUnwelcome(welcome, "another protocol: coordinator=1 worker=99: install the same release");
}

TEST(Handshake, RefusesAWelcomeWithAmountsThatCannotBe) {
  for (const uint32_t threads : {0u, 65537u, UINT32_MAX}) {
    auto welcome = MakeWelcome();
    welcome.set_threads(threads);
    ExpectUnwelcome(welcome, "threads=" + std::to_string(threads));
  }
  for (const uint32_t port : {0u, 65536u, UINT32_MAX}) {
    auto welcome = MakeWelcome();
    welcome.set_data_port(port);
    ExpectUnwelcome(welcome, "data_port=" + std::to_string(port));
  }
}

TEST(Handshake, RefusesAHelloThatSaysNothing) { ExpectRefused(wire::Hello(), "another protocol: coordinator=0"); }

}  // namespace
}  // namespace skein::core
