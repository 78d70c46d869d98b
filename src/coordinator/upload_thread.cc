#include "coordinator/upload_thread.h"

#include <atomic>
#include <utility>

#include "exchange/unit_upload.h"

namespace skein::core {

struct UploadThread::Job {
  arrow::Result<UnitTrailer> Send(const ClientUpload& upload) {
    ARROW_ASSIGN_OR_RAISE(const auto rows, upload.input->Open());
    return UploadUnit(*rows, upload.address, options, upload.key, [this] { return is_cancelled.load(); });
  }

  void Run(std::vector<ClientUpload> uploads) {
    for (auto& upload : uploads) {
      if (is_cancelled) return;
      const auto stored = Send(upload);
      upload.input.reset();
      on_end(upload.key.exchange, stored);
    }
  }

  const FlightChannelOptions options;
  const OnEnd on_end;
  std::atomic<bool> is_cancelled{false};
};

UploadThread::UploadThread(FlightChannelOptions options, RunAside run_aside, OnEnd on_end)
    : run_aside_(std::move(run_aside)), job_(new Job{std::move(options), std::move(on_end)}) {}

UploadThread::~UploadThread() { Cancel(); }

void UploadThread::Start(std::vector<ClientUpload> uploads) {
  if (uploads.empty()) return;
  run_aside_([job = job_, uploads = std::move(uploads)]() mutable { job->Run(std::move(uploads)); });
}

void UploadThread::Cancel() { job_->is_cancelled = true; }

}  // namespace skein::core
