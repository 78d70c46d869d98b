// Between the values of base, plan and exchange and their messages. Values; any thread.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include "base/ids.h"
#include "exchange/channel_resolver.h"
#include "plan/operator_figures.h"
#include "plan/partition_range.h"
#include "plan/split.h"
#include "worker/control.pb.h"

namespace skein::core {

wire::TaskName ToWire(const TaskKey& key);
arrow::Result<TaskKey> FromWire(const wire::TaskName& name);
/// Keeps fault, retryability, cancellation and DuckDB's class; a foreign status becomes an internal error.
wire::Error ToWire(const arrow::Status& status);
/// Never ok.
arrow::Status FromWire(const wire::Error& error);
wire::HashRange ToWire(const PartitionRange& range);
PartitionRange FromWire(const wire::HashRange& range);
wire::ProducerAt ToWire(const Producer& producer);
Producer FromWire(const wire::ProducerAt& producer);
wire::SplitMessage ToWire(const Split& split);
Split FromWire(const wire::SplitMessage& split);
wire::OperatorFigures ToWire(const OperatorFigures& figures);
OperatorFigures FromWire(const wire::OperatorFigures& figures);

}  // namespace skein::core
