// An engine for tests: a fragment is the name of a script, a function that stands in for DuckDB. Owned by the worker
// node under test.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "engine/engine.h"
#include "worker/gate.h"

namespace skein::core {

class FakeEngine : public Engine {
 public:
  /// `cancelled` opens when the run is cancelled.
  using Script = std::function<arrow::Result<TaskResult>(const TaskContext& context, Gate& cancelled)>;

  void Add(std::string fragment, Script script) {
    MutexLock lock(mutex_);
    scripts_[std::move(fragment)] = std::move(script);
  }

  arrow::Result<std::unique_ptr<FragmentRun>> Prepare(std::string fragment, TaskContext context) override {
    MutexLock lock(mutex_);
    auto found = scripts_.find(fragment);
    if (found == scripts_.end()) return InternalError("no script for the fragment " + fragment);
    return std::make_unique<FakeRun>(found->second, std::move(context));
  }

  /// Lets health() return `why` from now on.
  void GiveUp(arrow::Status why) {
    MutexLock lock(mutex_);
    health_ = std::move(why);
  }
  arrow::Status health() const override {
    MutexLock lock(mutex_);
    return health_;
  }

  arrow::Result<arrow::RecordBatchVector> ToArrow(const std::string&, const std::vector<Block>&) override {
    return InternalError("a script puts out no rows");
  }

 private:
  class FakeRun : public FragmentRun {
   public:
    FakeRun(Script script, TaskContext context) : script_(std::move(script)), context_(std::move(context)) {}
    arrow::Result<TaskResult> Run() override { return script_(context_, cancelled_); }
    void Cancel() override { cancelled_.Open(); }
    RunFigures figures() const override { return {30, 20, 10}; }

   private:
    const Script script_;
    const TaskContext context_;
    Gate cancelled_;
  };

  mutable Mutex mutex_;
  arrow::Status health_ GUARDED_BY(mutex_);
  std::map<std::string, Script> scripts_ GUARDED_BY(mutex_);
};

}  // namespace skein::core
