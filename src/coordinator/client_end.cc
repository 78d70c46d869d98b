#include "coordinator/client_end.h"

#include <utility>

#include "base/error.h"

namespace skein::core {
namespace {

arrow::Status ClosedError() { return CancelledError("the query was closed by its client"); }

void CallAll(const std::vector<std::function<void()>>& wakes) {
  for (const auto& wake : wakes) {
    if (wake) wake();
  }
}

}  // namespace

ClientEnd::ClientEnd(std::unique_ptr<Receiver> receiver, std::unique_ptr<ClientEndListener> listener)
    : listener_(std::move(listener)), receiver_(std::move(receiver)) {}

std::shared_ptr<Receiver> ClientEnd::receiver() const {
  MutexLock lock(mutex_);
  return receiver_;
}

// ---- for the client

void ClientEnd::AddProducers(const std::vector<Producer>& producers) {
  if (const auto inner = receiver()) inner->AddProducers(producers);
}

arrow::Result<ReceiverPoll> ClientEnd::TryTake(std::function<void()> wake) {
  const auto inner = receiver();
  if (!inner) return ClosedError();
  auto polled = inner->TryTake(wake);
  const bool is_end = polled.ok() && polled->state == ReceiverPoll::kFinished;
  if (polled.ok() && !is_end) return polled;  // rows of whole units; a failed query's receiver gives none
  bool must_tell = false;
  {
    MutexLock lock(mutex_);
    if (!status_.ok()) return status_;
    must_tell = !std::exchange(is_told_, true);
    is_taken_ |= must_tell && is_end;
  }
  if (must_tell && is_end) listener_->OnTaken(inner->summary());
  if (must_tell && !is_end) listener_->OnReadError(polled.status());
  return is_end ? polled : WaitForOutcome(std::move(wake));
}

arrow::Result<ReceiverPoll> ClientEnd::WaitForOutcome(std::function<void()> wake) {
  MutexLock lock(mutex_);
  if (!status_.ok()) return status_;
  wakes_.push_back(std::move(wake));
  return ReceiverPoll{};
}

void ClientEnd::Fail(arrow::Status status) {
  if (const auto inner = receiver()) inner->Fail(std::move(status));
}

void ClientEnd::Stop() {
  bool must_tell = false;
  {
    MutexLock lock(mutex_);
    must_tell = status_.ok() && !std::exchange(is_told_, true);
  }
  if (const auto inner = receiver()) inner->Stop();
  if (must_tell) listener_->OnStopped();
}

IdSummary ClientEnd::summary() const {
  const auto inner = receiver();
  return inner ? inner->summary() : IdSummary{};
}

uint64_t ClientEnd::rows() const {
  const auto inner = receiver();
  return inner ? inner->rows() : 0;
}

uint64_t ClientEnd::bytes() const {
  const auto inner = receiver();
  return inner ? inner->bytes() : 0;
}

arrow::Result<bool> ClientEnd::TryFinish(std::function<void()> wake) {
  MutexLock lock(mutex_);
  if (!status_.ok()) return status_;
  if (is_finished_ && (is_client_checked_ || !is_taken_)) return true;
  wakes_.push_back(std::move(wake));
  return false;
}

std::shared_ptr<Receiver> ClientEnd::Close() {
  std::vector<std::function<void()>> forgotten;  // destroyed after the lock is free
  MutexLock lock(mutex_);
  forgotten.swap(wakes_);
  if (status_.ok()) status_ = ClosedError();
  return std::exchange(receiver_, nullptr);
}

// ---- for the query

void ClientEnd::OnProducers(const std::vector<Producer>& producers) { AddProducers(producers); }

void ClientEnd::OnFinished(bool is_client_checked) {
  std::vector<std::function<void()>> wakes;
  {
    MutexLock lock(mutex_);
    is_finished_ = true;
    is_client_checked_ |= is_client_checked;
    wakes.swap(wakes_);
  }
  CallAll(wakes);
}

void ClientEnd::OnFailed(const arrow::Status& status) {
  std::vector<std::function<void()>> wakes;
  {
    MutexLock lock(mutex_);
    if (status_.ok()) status_ = status;
    wakes.swap(wakes_);
  }
  if (const auto inner = receiver()) inner->Fail(status);
  CallAll(wakes);
}

}  // namespace skein::core
