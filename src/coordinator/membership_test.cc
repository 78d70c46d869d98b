#include "coordinator/membership.h"

#include <gtest/gtest.h>

#include "coordinator/fakes.h"

namespace skein::core {
namespace {

using std::chrono::milliseconds;

class MembershipTest : public testing::Test {
 protected:
  std::shared_ptr<FakeConnection> Join(uint32_t worker, uint64_t connection_id, Incarnation incarnation) {
    auto connection = std::make_shared<FakeConnection>();
    JoinedWorker joined;
    joined.connection_id = connection_id;
    joined.connection = connection;
    joined.address = "[::1]:100" + std::to_string(worker);
    joined.welcome.set_incarnation(incarnation);
    joined.welcome.set_data_port(2000 + worker);
    joined.welcome.set_threads(2);
    members_.Join(worker, joined);
    return connection;
  }

  FakeTimers timers_;
  std::vector<std::string> lost_;
  Membership members_{
      {"[::1]:1000", "[::1]:1001"},
      {milliseconds(500), milliseconds(2500)},
      timers_,
      [this](const QueryWorker& worker, const std::string& reason, auto) {
        lost_.push_back(std::to_string(worker.worker) + " " + std::to_string(worker.incarnation) + " " + reason);
      }};
};

TEST_F(MembershipTest, KnowsTheDataAddressOfAWorker) {
  Join(1, 1, 77);
  ASSERT_EQ(members_.Ready().size(), 1u);
  EXPECT_EQ(members_.Ready()[0].data_address, "[::1]:2001");
  EXPECT_EQ(members_.Infos()[0].state, "starting");
  EXPECT_EQ(members_.Infos()[1].state, "ready");
}

TEST_F(MembershipTest, LosesASilentWorkerOnceAndKeepsOneThatAnswers) {
  Join(0, 1, 10);
  const auto alive = Join(1, 2, 11);
  members_.Start();
  for (int tick = 0; tick < 10; tick++) {
    timers_.Advance(milliseconds(500));
    members_.OnHeartbeat(1, 2, {});
  }
  EXPECT_EQ(lost_, (std::vector<std::string>{"0 10 no heartbeat for 2500 ms"}));
  EXPECT_EQ(members_.Infos()[0].state, "lost");
  EXPECT_EQ(alive->Count(wire::ToWorker::kPing), 10u);
}

TEST_F(MembershipTest, LosesAHungWorkerWithinFiveSecondsUnlessToldOtherwise) {
  const ClusterOptions defaults;
  Membership members({"a:1"}, {defaults.heartbeat_interval, defaults.heartbeat_timeout}, timers_,
                     [this](const QueryWorker&, const std::string& reason, auto) { lost_.push_back(reason); });
  JoinedWorker joined;
  joined.connection = std::make_shared<FakeConnection>();
  joined.address = "a:1";
  members.Join(0, joined);
  members.Start();
  // It hangs right after an answer, between two ticks.
  timers_.Advance(defaults.heartbeat_interval / 2);
  members.OnHeartbeat(0, 0, {});
  timers_.Advance(milliseconds(5000) - defaults.heartbeat_interval);
  EXPECT_EQ(lost_.size(), 1u);
}

TEST_F(MembershipTest, KnowsNoHeartbeatBeforeTheFirstOfEachLife) {
  Join(0, 1, 10);
  EXPECT_FALSE(members_.Infos()[0].last_heartbeat);
  members_.OnHeartbeat(0, 1, {});
  EXPECT_TRUE(members_.Infos()[0].last_heartbeat);
  members_.Lose(0, 1, "stream broke");
  Join(0, 2, 20);
  EXPECT_FALSE(members_.Infos()[0].last_heartbeat);
}

TEST_F(MembershipTest, ComparesProcessorTimeWithWhatTheThreadsCould) {
  Join(0, 1, 10);  // two threads
  wire::Heartbeat heartbeat;
  heartbeat.set_cpu_us(1'000'000);
  members_.OnHeartbeat(0, 1, heartbeat);
  EXPECT_EQ(members_.Infos()[0].utilisation, 0);
  timers_.Advance(milliseconds(500));
  heartbeat.set_cpu_us(1'250'000);
  members_.OnHeartbeat(0, 1, heartbeat);
  EXPECT_EQ(members_.Infos()[0].utilisation, 0.25);
}

TEST_F(MembershipTest, LosesAWorkerWhoseProcessEndedAtTheNextTick) {
  Join(0, 1, 10)->exit = "process ended by signal 9";
  members_.Start();
  timers_.Advance(milliseconds(500));
  EXPECT_EQ(lost_, (std::vector<std::string>{"0 10 process ended by signal 9"}));
}

TEST_F(MembershipTest, TellsOneLossWhoeverNoticesIt) {
  Join(0, 1, 10);
  members_.Lose(0, 1, "stream broke");
  members_.Lose(0, 1, "no heartbeat");
  EXPECT_EQ(lost_, (std::vector<std::string>{"0 10 stream broke"}));
}

TEST_F(MembershipTest, IgnoresEventsOfAnEarlierConnection) {
  Join(0, 1, 10);
  members_.Lose(0, 1, "stream broke");
  Join(0, 2, 20);
  members_.Lose(0, 1, "late");
  EXPECT_EQ(members_.Find(0, 1), nullptr);
  ASSERT_NE(members_.Find(0, 2), nullptr);
  EXPECT_EQ(lost_.size(), 1u);
}

TEST_F(MembershipTest, DoesNotBlameWorkersForItsOwnPause) {
  class PausedTimers : public FakeTimers {
   public:
    SteadyTime Now() const override { return FakeTimers::Now() + pause; }
    std::chrono::seconds pause{0};
  } timers;
  Membership members({"a:1"}, {milliseconds(500), milliseconds(2500)}, timers,
                     [this](const QueryWorker&, const std::string& reason, auto) { lost_.push_back(reason); });
  JoinedWorker joined;
  joined.connection = std::make_shared<FakeConnection>();
  joined.address = "a:1";
  members.Join(0, joined);
  members.Start();
  timers.pause = std::chrono::seconds(60);  // the machine slept
  timers.Advance(milliseconds(500));
  EXPECT_TRUE(lost_.empty());
}

}  // namespace
}  // namespace skein::core
