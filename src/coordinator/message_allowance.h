// How many bytes of a worker's messages may wait for the event loop: a worker that sends faster than they can be
// handled is given up before it fills the client's memory. Shared by the thread of its connection, which takes, and the
// loop's, which gives back. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace skein::core {

class MessageAllowance {
 public:
  /// kOver: the limit was passed, told once. kGivenUp: it was passed before.
  enum class Answer { kTaken, kOver, kGivenUp };

  explicit MessageAllowance(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  Answer Take(uint64_t bytes) {
    if (is_over_) return Answer::kGivenUp;
    if (waiting_bytes_.fetch_add(bytes) + bytes <= limit_bytes_) return Answer::kTaken;
    return is_over_.exchange(true) ? Answer::kGivenUp : Answer::kOver;
  }
  /// Gives back what was taken for a message that is handled.
  void GiveBack(uint64_t bytes) { waiting_bytes_ -= bytes; }

 private:
  const uint64_t limit_bytes_;
  std::atomic<uint64_t> waiting_bytes_{0};
  std::atomic<bool> is_over_{false};
};

}  // namespace skein::core
