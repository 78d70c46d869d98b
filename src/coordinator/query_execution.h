// One running query, seen by whoever reads its result. Owned by the operator in the client's plan; any thread may call.
#pragma once

#include <functional>

#include <arrow/result.h>

#include "base/ids.h"
#include "exchange/receiver.h"

namespace skein::core {

class QueryExecution {
 public:
  /// Releases the query on all workers without waiting for them.
  virtual ~QueryExecution() = default;
  virtual QueryId id() const = 0;
  /// The exchange that feeds the client. After the query has failed it returns the query's error.
  virtual Receiver& result() = 0;
  /// Says whether every task has finished and every ledger agreed: rows count as an answer only then. False: `wake` is
  /// kept and called once when that may have changed. Errors: the query's.
  virtual arrow::Result<bool> TryFinish(std::function<void()> wake) = 0;
  /// Ends the query on all workers with `reason`; result() then returns Cancelled. Does not wait.
  virtual void Cancel(const std::string& reason) = 0;
};

}  // namespace skein::core
