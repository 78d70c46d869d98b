// Sends the rows of one query over Flight, one exchange after another, on a thread of its own, so that neither the
// event loop nor the user waits for the network. The thread belongs to the cluster, which joins it: it ends soon after
// Cancel. One thread may call.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <arrow/result.h>

#include "coordinator/client_upload.h"
#include "exchange/flight_channel.h"

namespace skein::core {

class UploadThread : public Uploader {
 public:
  /// Hears of the end of each upload, on the thread; not of those that were given up before they began.
  using OnEnd = std::function<void(ExchangeId exchange, const arrow::Result<UnitTrailer>& stored)>;
  /// Runs an action on a new thread and joins that before what the action refers to is gone.
  using RunAside = std::function<void(std::function<void()> action)>;

  UploadThread(FlightChannelOptions options, RunAside run_aside, OnEnd on_end);
  /// Cancels.
  ~UploadThread() override;

  void Start(std::vector<ClientUpload> uploads) override;
  void Cancel() override;

 private:
  struct Job;

  const RunAside run_aside_;
  const std::shared_ptr<Job> job_;  // shared with the thread, which may end later
};

}  // namespace skein::core
