// Runs one task for a program that holds the worker itself, without a coordinator: the message is the one that a
// coordinator would send, with all its splits. Its output stays in the store, for tasks that read it. Any thread.
#pragma once

#include <chrono>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "worker/task_runner.h"

namespace skein::core {

struct LoneTask {
  wire::FromWorker report;  // "finished"
  arrow::RecordBatchVector rows;
};

/// Runs the task to its end on this worker, whatever incarnation its name says, and cancels it when it takes longer
/// than `limit`. Errors: those of the task; an input that lacks producers (UserError).
arrow::Result<LoneTask> RunLoneTask(TaskEnvironment& environment, wire::StartTask start,
                                    std::chrono::milliseconds limit);

}  // namespace skein::core
