// A worker without an engine, for tests of the cluster: real control and data planes on loopback; each task produces
// one unit with one block, or does what the script says. Owned by the test; any thread.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/mutex.h"
#include "exchange/consumer_ledger.h"
#include "exchange/flight_channel.h"
#include "exchange/receiver.h"
#include "exchange/retained_store.h"
#include "exchange/scripted_channel.h"
#include "worker/control_channel.h"
#include "worker/control_service.h"
#include "worker/wire_convert.h"

namespace skein::core {

class ScriptedWorker : public ControlHandler {
 public:
  static constexpr char kSecret[] = "s3cret";
  /// kEcho: the task's unit is what it has received of its only input. kEnd: says that it ends, and no more.
  enum class Script { kFinish, kFail, kHang, kEcho, kEnd };

  explicit ScriptedWorker(Script script, int control_port = 0)
      : script_(script), store_(RetainedStore::Make({}).ValueOrDie()) {
    data_ = DataServer::Start("127.0.0.1", 0, kSecret, *store_).ValueOrDie();
    control_ = ControlService::Start("127.0.0.1", control_port, kSecret, *this).ValueOrDie();
  }
  ~ScriptedWorker() override { Stop(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(control_->port()); }
  int control_port() const { return control_->port(); }
  int releases() const { return releases_; }
  /// Waits until a coordinator has left; once.
  bool WaitLeft() { return left_.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready; }
  /// Vanishes, as a process that was killed.
  void Stop() {
    {
      MutexLock lock(mutex_);
      for (const auto& peer : peers_) peer->Close();
      peers_.clear();
    }
    control_.reset();
    data_.reset();
  }

  arrow::Result<wire::Welcome> Join(const std::shared_ptr<ControlPeer>& peer, const wire::Hello&) override {
    MutexLock lock(mutex_);
    peers_.push_back(peer);
    wire::Welcome welcome;
    welcome.set_protocol_version(kControlProtocolVersion);
    welcome.set_incarnation(incarnation_);
    welcome.set_data_port(static_cast<uint32_t>(data_->port()));
    welcome.set_threads(1);
    return welcome;
  }

  void Handle(const std::shared_ptr<ControlPeer>& peer, wire::ToWorker message) override {
    wire::FromWorker answer;
    if (message.has_ping()) answer.mutable_heartbeat()->set_sequence(message.ping().sequence());
    if (message.has_grant()) {
      answer.mutable_grant()->set_query(message.grant().query());
      answer.mutable_grant()->set_is_granted(true);
    }
    if (message.has_start() && script_ == Script::kFail) {
      *answer.mutable_failed()->mutable_name() = message.start().name();
      *answer.mutable_failed()->mutable_error() = ToWire(UserError("division by zero"));
    }
    if (message.has_start() && script_ == Script::kEnd) answer.mutable_ending()->set_reason("no more of it");
    if (message.has_start() && script_ == Script::kFinish) Finish(message.start(), *answer.mutable_finished());
    if (message.has_start() && script_ == Script::kEcho) {
      echoes_.push_back(std::async(std::launch::async, [this, peer, start = message.start()] { Echo(start, peer); }));
    }
    if (message.has_release()) {
      store_->DropQuery(QueryId::FromBytes(message.release().query()).ValueOrDie());
      releases_++;
    }
    if (answer.message_case() != wire::FromWorker::MESSAGE_NOT_SET) peer->Send(answer);
  }

  void Leave(const std::shared_ptr<ControlPeer>&) override {
    if (!has_left_.exchange(true)) left_.set_value();
  }

 private:
  void Echo(const wire::StartTask& start, const std::shared_ptr<ControlPeer>& peer) {
    const auto key = FromWire(start.name()).ValueOrDie();
    const auto& input = start.inputs(0);
    ReceiverOptions options;
    options.query = key.query;
    options.exchange = input.exchange();
    options.range = FromWire(input.range());
    options.producer_tasks = input.producer_tasks();
    auto receiver = Receiver::Make(options, MakeFlightChannelResolver({.secret = kSecret}));
    for (const auto& producer : input.producers()) {
      receiver->AddProducers({{producer.address(), 0, producer.task(), producer.attempt(), producer.incarnation()}});
    }
    const auto texts = TakeAll(*receiver);
    if (!texts.ok()) return;  // the query has failed
    wire::FromWorker answer;
    std::string rows;
    for (const auto& text : *texts) rows += text;
    Finish(start, *answer.mutable_finished(), rows);
    auto& ledger = *answer.mutable_finished()->add_ledgers();
    const auto taken = receiver->summary();
    ledger.set_exchange(input.exchange());
    ledger.set_count(taken.count);
    ledger.set_sum(taken.sum);
    ledger.set_exclusive_or(taken.exclusive_or);
    peer->Send(answer);
  }

  void Finish(const wire::StartTask& start, wire::TaskFinished& finished, std::string rows = "") {
    const auto key = FromWire(start.name()).ValueOrDie();
    const UnitKey unit{key.query, start.output().exchange(), key.task, key.attempt, key.incarnation, 0};
    Block block;
    block.rows = 1;
    if (rows.empty()) rows = "rows of task " + std::to_string(key.task);
    block.data = arrow::Buffer::FromString(rows);
    block.checksum = ChecksumOf(*block.data);
    EXPECT_TRUE(store_->OpenUnit(unit).ok());
    EXPECT_TRUE(store_->Append(unit, block).ok());
    EXPECT_TRUE(store_->CloseUnit(unit, {}).ok());
    store_->FinishProducer({key.query, unit.exchange, key.task, key.attempt}, arrow::Status::OK());
    *finished.mutable_name() = start.name();
    finished.add_units()->set_unit(0);
    finished.set_bytes_out(static_cast<uint64_t>(block.data->size()));
  }

  const Script script_;
  const Incarnation incarnation_ = RandomUint64();
  std::atomic<int> releases_{0};
  std::atomic<bool> has_left_{false};
  std::promise<void> left_;
  std::unique_ptr<RetainedStore> store_;
  std::unique_ptr<DataServer> data_;
  std::unique_ptr<ControlService> control_;
  std::vector<std::future<void>> echoes_;  // of the thread of the control stream
  Mutex mutex_;
  std::vector<std::shared_ptr<ControlPeer>> peers_ GUARDED_BY(mutex_);
};

}  // namespace skein::core
