// Rows of the client's process on their way to the worker where tasks read them: what is to be sent, and who sends it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/status.h>

#include "coordinator/query_request.h"
#include "coordinator/task_table.h"
#include "exchange/block.h"

namespace skein::core {

/// The rows of one exchange and where they go. Value.
struct ClientUpload {
  UnitKey key;
  /// Data address of the exchange's home.
  std::string address;
  std::shared_ptr<ClientInput> input;
};

/// Sends the rows of one query. Owned beside the query's state, whose thread calls; a test puts its own in place.
class Uploader {
 public:
  virtual ~Uploader() = default;
  /// Begins to send and returns at once; the query hears of the end of each upload. Once.
  virtual void Start(std::vector<ClientUpload> uploads) = 0;
  /// Gives up what is not sent yet. Does not wait.
  virtual void Cancel() = 0;
};

/// Checks that there are rows for each exchange that starts from the client. Returns an internal error.
arrow::Status CheckClientInputs(const QueryRequest& request);
/// Takes the rows out of the request, so that they are free once they are sent.
std::vector<ClientUpload> TakeUploads(QueryRequest& request, const TaskTable& tasks);

}  // namespace skein::core
