#include "engine/wakeable.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

class Source : public duckdb::GlobalSourceState {
 public:
  explicit Source(bool& is_gone) : wakeable(*this), is_gone_(is_gone) {}
  ~Source() override {
    wakeable.Detach();
    is_gone_ = true;
  }
  duckdb::SourceResultType Park(const duckdb::shared_ptr<duckdb::Task>& task) {
    auto guard = Lock();
    return wakeable.Block(*this, guard, duckdb::InterruptState(duckdb::weak_ptr<duckdb::Task>(task)));
  }

  Wakeable wakeable;

 private:
  bool& is_gone_;
};

/// Holds its source, as a task holds its pipeline.
class SourceTask : public duckdb::Task {
 public:
  explicit SourceTask(bool& is_source_gone) : source(std::make_unique<Source>(is_source_gone)) {}
  duckdb::TaskExecutionResult Execute(duckdb::TaskExecutionMode) override {
    return duckdb::TaskExecutionResult::TASK_FINISHED;
  }
  void Reschedule() override { on_reschedule(); }

  std::unique_ptr<Source> source;
  std::function<void()> on_reschedule;
};

TEST(Wakeable, WakesATaskOnce) {
  bool is_gone = false;
  int count = 0;
  const auto task = duckdb::make_shared_ptr<SourceTask>(is_gone);
  task->on_reschedule = [&] { count++; };
  EXPECT_EQ(task->source->Park(task), duckdb::SourceResultType::BLOCKED);
  const auto wake = task->source->wakeable.Callback();
  wake();
  wake();
  EXPECT_EQ(count, 1);
}

TEST(Wakeable, ParksNothingThatMayNotBlock) {
  bool is_gone = false;
  const auto task = duckdb::make_shared_ptr<SourceTask>(is_gone);
  {
    auto guard = task->source->Lock();
    task->source->PreventBlocking(guard);
  }
  EXPECT_EQ(task->source->Park(task), duckdb::SourceResultType::FINISHED);
}

TEST(Wakeable, DoesNothingOnceTheSourceIsGone) {
  bool is_gone = false;
  auto task = duckdb::make_shared_ptr<SourceTask>(is_gone);
  const auto wake = task->source->wakeable.Callback();
  task.reset();
  wake();
  EXPECT_TRUE(is_gone);
}

// As when another thread brings the woken task to its end before the wake-up has returned.
TEST(Wakeable, MayBeTheLastToHoldTheTaskThatItWakes) {
  bool is_gone = false;
  auto task = duckdb::make_shared_ptr<SourceTask>(is_gone);
  EXPECT_EQ(task->source->Park(task), duckdb::SourceResultType::BLOCKED);
  task->on_reschedule = [&task] { task.reset(); };
  const auto wake = task->source->wakeable.Callback();
  wake();
  EXPECT_TRUE(is_gone);
}

}  // namespace
}  // namespace skein::core
