#include "cli/interrupt_signal.h"

#include <csignal>
#include <ctime>

#include <pthread.h>

namespace skein::core {

InterruptSignal::InterruptSignal(std::function<void()> on_interrupt) : on_interrupt_(std::move(on_interrupt)) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Run(); });
}

InterruptSignal::~InterruptSignal() {
  is_stopped_ = true;
  thread_.join();
}

void InterruptSignal::Run() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  while (!is_stopped_) {
    const timespec limit{0, 100'000'000};
    if (sigtimedwait(&signals, nullptr, &limit) != SIGINT) continue;
    count_++;
    on_interrupt_();
  }
}

}  // namespace skein::core
