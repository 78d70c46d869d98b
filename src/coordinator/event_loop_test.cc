#include "coordinator/event_loop.h"

#include <future>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/fakes.h"

namespace skein::core {
namespace {

using std::chrono::milliseconds;

TEST(TimerQueue, RunsInOrderOfTimeAndForgetsCancelledOnes) {
  FakeTimers timers;
  std::vector<int> ran;
  timers.After(milliseconds(30), [&] { ran.push_back(3); });
  timers.After(milliseconds(10), [&] { ran.push_back(1); });
  const auto cancelled = timers.After(milliseconds(20), [&] { ran.push_back(2); });
  timers.Cancel(cancelled);
  timers.Advance(milliseconds(29));
  EXPECT_EQ(ran, (std::vector<int>{1}));
  timers.Advance(milliseconds(1));
  EXPECT_EQ(ran, (std::vector<int>{1, 3}));
  EXPECT_TRUE(timers.is_empty());
}

TEST(EventLoop, RunsWhatWasPostedInOrderOnItsThread) {
  EventLoop loop;
  std::vector<int> ran;
  bool is_on_loop = true;
  for (int i = 0; i < 100; i++) {
    loop.Post([&, i] {
      ran.push_back(i);
      is_on_loop &= loop.IsLoopThread();
    });
  }
  loop.Stop();
  ASSERT_EQ(ran.size(), 100u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
  EXPECT_TRUE(is_on_loop);
  EXPECT_FALSE(loop.IsLoopThread());
}

TEST(EventLoop, RunsTimers) {
  EventLoop loop;
  std::promise<void> ran;
  loop.Post([&] { loop.After(milliseconds(1), [&] { ran.set_value(); }); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  loop.Stop();
}

TEST(EventLoop, RefusesWorkOnceStoppedAndDropsTimers) {
  EventLoop loop;
  bool has_run = false;
  loop.Post([&] { loop.After(std::chrono::hours(1), [&] { has_run = true; }); });
  loop.Stop();
  EXPECT_FALSE(loop.Post([&] { has_run = true; }));
  EXPECT_FALSE(has_run);
}

}  // namespace
}  // namespace skein::core
