#include "worker/peer_leases.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

using std::chrono::milliseconds;

class SilentPeer : public ControlPeer {
 public:
  void Send(const wire::FromWorker&) override {}
  void Close() override {}
};

class PeerLeasesTest : public testing::Test {
 protected:
  const PeerLeases::Clock::time_point start_ = PeerLeases::Clock::now();
  const std::shared_ptr<ControlPeer> peer_ = std::make_shared<SilentPeer>();
  PeerLeases leases_{milliseconds(1000)};
};

TEST_F(PeerLeasesTest, EndAfterSilenceOnce) {
  leases_.Join(peer_, milliseconds(10), start_);
  EXPECT_TRUE(leases_.TakeExpired(start_ + milliseconds(1000)).empty());
  EXPECT_EQ(leases_.TakeExpired(start_ + milliseconds(1001)).size(), 1u);
  EXPECT_TRUE(leases_.TakeExpired(start_ + milliseconds(9000)).empty());
}

TEST_F(PeerLeasesTest, LastLongerForSlowHeartbeats) {
  leases_.Join(peer_, milliseconds(500), start_);
  EXPECT_TRUE(leases_.TakeExpired(start_ + milliseconds(10000)).empty());
  EXPECT_EQ(leases_.TakeExpired(start_ + milliseconds(10001)).size(), 1u);
}

TEST_F(PeerLeasesTest, AreRenewedByAnyMessage) {
  leases_.Join(peer_, milliseconds(10), start_);
  leases_.Heard(*peer_, start_ + milliseconds(900));
  EXPECT_TRUE(leases_.TakeExpired(start_ + milliseconds(1900)).empty());
}

TEST_F(PeerLeasesTest, NeverEndWithoutHeartbeats) {
  leases_.Join(peer_, milliseconds(0), start_);
  EXPECT_TRUE(leases_.TakeExpired(start_ + std::chrono::hours(24)).empty());
}

TEST_F(PeerLeasesTest, AreForgottenWhenThePeerLeaves) {
  leases_.Join(peer_, milliseconds(10), start_);
  leases_.Leave(*peer_);
  EXPECT_TRUE(leases_.TakeExpired(start_ + milliseconds(5000)).empty());
}

}  // namespace
}  // namespace skein::core
