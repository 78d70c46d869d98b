// What a task tells the coordinator while it runs and at its end, as messages. Values; any thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <arrow/status.h>

#include "base/ids.h"
#include "engine/engine.h"
#include "worker/control.pb.h"
#include "worker/task_input.h"

namespace skein::core {

/// Reports a success: units with their inputs, a ledger for each input exchange, the scans that were not read to their
/// end, and the figures.
wire::FromWorker TaskFinishedMessage(const wire::StartTask& start, const TaskResult& result, uint64_t spill_bytes,
                                     const std::map<ExchangeId, std::shared_ptr<TaskInput>>& inputs,
                                     const std::vector<ScanId>& partial_scans);
/// Reports a failure, for a user's error with how far the task had come. `status` must not be ok.
wire::FromWorker TaskFailedMessage(const wire::TaskName& name, const arrow::Status& status,
                                   const RunProgress& progress = {});

/// Reports how far a task is.
wire::FromWorker TaskProgressMessage(const TaskKey& key, const RunFigures& figures);

}  // namespace skein::core
