#include "coordinator/connect_worker.h"

#include <utility>

#include "coordinator/channel_link.h"
#include "worker/control_channel.h"
#include "worker/handshake.h"

namespace skein::core {
namespace {

/// The kernel closes a dying process's connections a little before its end can be waited for.
constexpr std::chrono::milliseconds kExitTime{100};

/// Says why a worker is lost: how its process ended is worth more than how its stream broke.
std::string ReasonOf(LocalWorker* process, const std::string& what) {
  const auto exit = process != nullptr ? process->WaitExit(kExitTime) : std::nullopt;
  return exit ? what + " (" + *exit + ")" : what;
}

class Connection : public WorkerConnection {
 public:
  Connection(std::unique_ptr<ControlChannel> channel, std::shared_ptr<LocalWorker> process,
             std::function<void(const std::string&)> on_lost)
      : process_(std::move(process)),
        link_(std::move(channel), [process = process_, on_lost = std::move(on_lost)](const arrow::Status& status) {
          on_lost(ReasonOf(process.get(), status.message()));
        }) {}

  arrow::Status Send(wire::ToWorker message) override { return link_.Send(std::move(message)); }

  std::optional<std::string> CheckExit() override {
    return process_ ? process_->WaitExit(std::chrono::milliseconds(0)) : std::nullopt;
  }

  void End() override {
    link_.Close();
    if (!process_) return;
    process_->BeginEnd();
    if (process_->WaitExit(LocalWorker::kEndTimeout)) return;
    process_->Kill();
    process_->WaitExit(LocalWorker::kEndTimeout);
  }

  void Abort() override {
    if (process_) process_->Kill();
    link_.Close();
    if (process_) process_->WaitExit(LocalWorker::kEndTimeout);  // reaps
  }

 private:
  const std::shared_ptr<LocalWorker> process_;
  ChannelLink link_;
};

}  // namespace

arrow::Result<JoinedWorker> ConnectWorker(ConnectOptions options) {
  if (options.process) {
    ARROW_ASSIGN_OR_RAISE(const auto ready, options.process->WaitReady(options.start_timeout));
    options.address = ready.control;
  }
  ControlChannelOptions channel_options;
  channel_options.address = options.address;
  if (options.reached_at) {
    ARROW_ASSIGN_OR_RAISE(channel_options.address, options.reached_at(options.address));
  }
  channel_options.secret = options.secret;
  channel_options.connect_timeout = options.connect_timeout;
  channel_options.hello = MakeHello();
  channel_options.hello.set_worker(options.worker);
  channel_options.hello.set_heartbeat_interval_ms(static_cast<uint32_t>(options.heartbeat_interval.count()));
  channel_options.on_message = std::move(options.on_message);
  channel_options.on_lost = [process = options.process, on_lost = options.on_lost](const arrow::Status& status) {
    on_lost(ReasonOf(process.get(), status.message()));
  };
  ARROW_ASSIGN_OR_RAISE(auto channel, ControlChannel::Connect(std::move(channel_options)));
  JoinedWorker joined;
  joined.connection_id = options.connection_id;
  joined.address = options.address;
  joined.welcome = channel->welcome();
  joined.connection =
      std::make_shared<Connection>(std::move(channel), std::move(options.process), std::move(options.on_lost));
  return joined;
}

}  // namespace skein::core
