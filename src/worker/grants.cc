#include "worker/grants.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace skein::core {
namespace {

std::string ToString(const GrantAmount& amount) {
  return "task_slots=" + std::to_string(amount.task_slots) + " memory_bytes=" + std::to_string(amount.memory_bytes);
}

}  // namespace

Grants::Grants(GrantAmount capacity) : capacity_(capacity), watcher_([this] { WatchDeadlines(); }) {}

Grants::~Grants() {
  std::vector<Answer> answers;
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    for (Waiting& waiting : line_) {
      answers.push_back({std::move(waiting.reply), CancelledError("the worker is shutting down")});
    }
    line_.clear();
  }
  changed_.NotifyAll();
  watcher_.join();
  Call(answers);
}

void Grants::Request(const QueryId& query, GrantAmount amount, std::chrono::milliseconds timeout, Reply reply) {
  if (amount.task_slots > capacity_.task_slots || amount.memory_bytes > capacity_.memory_bytes) {
    return reply(WorldError("grant larger than the worker: query=" + query.ToString() + " asked " + ToString(amount) +
                            ", the worker has " + ToString(capacity_)));
  }
  std::vector<Answer> answers;
  {
    MutexLock lock(mutex_);
    line_.push_back({query, amount, Clock::now() + timeout, timeout, std::move(reply)});
    Admit(answers);
  }
  changed_.NotifyAll();
  Call(answers);
}

void Grants::Release(const QueryId& query) {
  std::vector<Answer> answers;
  {
    MutexLock lock(mutex_);
    if (auto held = held_.find(query); held != held_.end()) {
      used_.task_slots -= held->second.task_slots;
      used_.memory_bytes -= held->second.memory_bytes;
      held_.erase(held);
    }
    for (auto at = line_.begin(); at != line_.end();) {
      if (at->query != query) {
        ++at;
        continue;
      }
      answers.push_back({std::move(at->reply), CancelledError("released before its grant: query=" + query.ToString())});
      at = line_.erase(at);
    }
    Admit(answers);
  }
  Call(answers);
}

bool Grants::Fits(const GrantAmount& amount) const {
  return amount.task_slots <= capacity_.task_slots - used_.task_slots &&
         amount.memory_bytes <= capacity_.memory_bytes - used_.memory_bytes;
}

void Grants::Admit(std::vector<Answer>& answers) {
  while (!line_.empty() && Fits(line_.front().amount)) {
    Waiting first = std::move(line_.front());
    line_.pop_front();
    if (held_.emplace(first.query, first.amount).second) {
      used_.task_slots += first.amount.task_slots;
      used_.memory_bytes += first.amount.memory_bytes;
    }
    answers.push_back({std::move(first.reply), arrow::Status::OK()});
  }
}

void Grants::Expire(Clock::time_point now, std::vector<Answer>& answers) {
  for (auto at = line_.begin(); at != line_.end();) {
    if (at->deadline > now) {
      ++at;
      continue;
    }
    answers.push_back(
        {std::move(at->reply),
         Unavailable("no grant within " + std::to_string(at->timeout.count()) + " ms: query=" + at->query.ToString() +
                     " asked " + ToString(at->amount) + ", in use " + ToString(used_) + " of " + ToString(capacity_))});
    at = line_.erase(at);
  }
  Admit(answers);
}

void Grants::WatchDeadlines() {
  MutexLock lock(mutex_);
  while (!is_closed_) {
    if (line_.empty()) {
      changed_.Wait(mutex_, [this]() REQUIRES(mutex_) { return is_closed_ || !line_.empty(); });
      continue;
    }
    const auto first = std::min_element(line_.begin(), line_.end(),
                                        [](const auto& a, const auto& b) { return a.deadline < b.deadline; });
    const auto deadline = first->deadline;
    changed_.WaitUntil(mutex_, deadline);
    std::vector<Answer> answers;
    Expire(Clock::now(), answers);
    if (answers.empty()) continue;
    lock.Unlock();
    Call(answers);
    lock.Lock();
  }
}

void Grants::Call(std::vector<Answer>& answers) {
  for (Answer& answer : answers) answer.reply(std::move(answer.status));
}

}  // namespace skein::core
