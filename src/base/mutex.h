// The mutexes of the standard library with the attributes that clang's thread safety analysis needs, and nothing else.
// Each is owned by the object whose members it guards; any thread may call.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/thread_safety.h"

namespace skein::core {

class CAPABILITY("mutex") Mutex {
 public:
  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

/// A mutex that a thread may give up waiting for.
class CAPABILITY("mutex") TimedMutex {
 public:
  void Lock() ACQUIRE() { mutex_.lock(); }
  bool TryLockFor(std::chrono::milliseconds timeout) TRY_ACQUIRE(true) { return mutex_.try_lock_for(timeout); }
  void Unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::timed_mutex mutex_;
};

/// Holds a mutex to the end of the scope. It may be given back in between: the destructor unlocks only what is held.
template <class MutexType>
class SCOPED_CAPABILITY BasicMutexLock {
 public:
  explicit BasicMutexLock(MutexType& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~BasicMutexLock() RELEASE() {
    if (is_held_) mutex_.Unlock();
  }
  BasicMutexLock(const BasicMutexLock&) = delete;
  BasicMutexLock& operator=(const BasicMutexLock&) = delete;

  void Unlock() RELEASE() {
    mutex_.Unlock();
    is_held_ = false;
  }
  void Lock() ACQUIRE() {
    mutex_.Lock();
    is_held_ = true;
  }

 private:
  MutexType& mutex_;
  bool is_held_ = true;
};

using MutexLock = BasicMutexLock<Mutex>;
using TimedMutexLock = BasicMutexLock<TimedMutex>;

/// Waits with the mutex given back. Those that take a predicate return what it says in the end; it is called with the
/// mutex held, so a lambda that reads guarded members says REQUIRES(mutex_).
class ConditionVariable {
 public:
  void NotifyOne() { changed_.notify_one(); }
  void NotifyAll() { changed_.notify_all(); }

  void Wait(Mutex& mutex) REQUIRES(mutex) {
    Borrowed borrowed(mutex);
    changed_.wait(borrowed.lock);
  }
  template <class Predicate>
  void Wait(Mutex& mutex, Predicate is_ready) REQUIRES(mutex) {
    Borrowed borrowed(mutex);
    changed_.wait(borrowed.lock, std::move(is_ready));
  }
  template <class Clock, class Duration>
  std::cv_status WaitUntil(Mutex& mutex, std::chrono::time_point<Clock, Duration> deadline) REQUIRES(mutex) {
    Borrowed borrowed(mutex);
    return changed_.wait_until(borrowed.lock, deadline);
  }
  template <class Clock, class Duration, class Predicate>
  bool WaitUntil(Mutex& mutex, std::chrono::time_point<Clock, Duration> deadline, Predicate is_ready) REQUIRES(mutex) {
    Borrowed borrowed(mutex);
    return changed_.wait_until(borrowed.lock, deadline, std::move(is_ready));
  }
  template <class Rep, class Period, class Predicate>
  bool WaitFor(Mutex& mutex, std::chrono::duration<Rep, Period> timeout, Predicate is_ready) REQUIRES(mutex) {
    Borrowed borrowed(mutex);
    return changed_.wait_for(borrowed.lock, timeout, std::move(is_ready));
  }

 private:
  /// Lends a mutex that is held to the standard library, and leaves it held, also when a predicate throws.
  struct Borrowed {
    explicit Borrowed(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
    ~Borrowed() { lock.release(); }
    std::unique_lock<std::mutex> lock;
  };
  std::condition_variable changed_;
};

}  // namespace skein::core
