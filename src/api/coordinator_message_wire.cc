#include "api/message_wire.h"
#include "api/task_name_wire.h"

namespace skein {
namespace {

wire::HashRange RangeToWire(const ExecuteTask::HashRange& range) {
  wire::HashRange out;
  out.set_low(range.low);
  out.set_high(range.high);
  return out;
}

ExecuteTask::HashRange RangeFromWire(const wire::HashRange& range) { return {range.low(), range.high()}; }

void FillProducer(const ExecuteTask::Producer& producer, wire::ProducerAt& out) {
  out.set_address(producer.address);
  out.set_worker(producer.worker);
  out.set_task(producer.task);
  out.set_attempt(producer.attempt);
  out.set_incarnation(producer.incarnation);
}

void FillInput(const ExecuteTask::Input& input, wire::InputSpec& out) {
  out.set_exchange(input.exchange);
  *out.mutable_range() = RangeToWire(input.range);
  out.set_is_ordered(input.is_ordered);
  out.set_producer_tasks(input.producer_tasks);
  for (const auto& producer : input.producers) FillProducer(producer, *out.add_producers());
  out.set_stored_as(input.stored_as);
  out.set_is_merged(input.is_merged);
}

ExecuteTask::Input InputFromWire(const wire::InputSpec& input) {
  ExecuteTask::Input out{
      input.exchange(), RangeFromWire(input.range()), input.is_ordered(), input.producer_tasks(), {}, input.stored_as(),
      input.is_merged()};
  for (const auto& producer : input.producers()) {
    out.producers.push_back(
        {producer.address(), producer.worker(), producer.task(), producer.attempt(), producer.incarnation()});
  }
  return out;
}

void FillScan(const ExecuteTask::ScanSplits& scan, wire::ScanSplits& out) {
  out.set_scan(scan.scan);
  for (const auto& split : scan.splits) {
    auto& added = *out.add_splits();
    added.set_id(split.id);
    added.set_payload(split.payload);
    added.set_rows(split.rows);
  }
  out.set_is_last(scan.is_last);
}

ExecuteTask::ScanSplits ScanFromWire(const wire::ScanSplits& scan) {
  ExecuteTask::ScanSplits out{scan.scan(), {}, scan.is_last()};
  for (const auto& split : scan.splits()) out.splits.push_back({split.id(), split.payload(), split.rows()});
  return out;
}

arrow::Status Fill(const ExecuteTask& task, wire::ToWorker& message) {
  auto& start = *message.mutable_start();
  ARROW_ASSIGN_OR_RAISE(*start.mutable_name(), NameToWire(task.task));
  start.set_task_count(task.task_count);
  start.set_fragment(task.fragment);
  for (const auto& input : task.inputs) FillInput(input, *start.add_inputs());
  start.mutable_output()->set_exchange(task.output.exchange);
  for (const auto& range : task.output.ranges) *start.mutable_output()->add_ranges() = RangeToWire(range);
  for (const auto& scan : task.scans) FillScan(scan, *start.add_scans());
  start.set_is_in_plain_order(task.is_in_plain_order);
  start.set_is_profiled(task.is_profiled);
  return arrow::Status::OK();
}

arrow::Status Fill(const CancelTask& cancel, wire::ToWorker& message) {
  ARROW_ASSIGN_OR_RAISE(*message.mutable_cancel()->mutable_name(), NameToWire(cancel.task));
  message.mutable_cancel()->set_reason(cancel.reason);
  return arrow::Status::OK();
}

arrow::Status Fill(const Ping& ping, wire::ToWorker& message) {
  message.mutable_ping()->set_sequence(ping.sequence);
  return arrow::Status::OK();
}

arrow::Result<CoordinatorMessage::Value> Read(const wire::StartTask& start) {
  ExecuteTask task;
  ARROW_ASSIGN_OR_RAISE(task.task, NameOf(start));
  if (!start.has_output()) return arrow::Status::Invalid("a task without an output");
  task.task_count = start.task_count();
  task.fragment = start.fragment();
  for (const auto& input : start.inputs()) task.inputs.push_back(InputFromWire(input));
  task.output.exchange = start.output().exchange();
  for (const auto& range : start.output().ranges()) task.output.ranges.push_back(RangeFromWire(range));
  for (const auto& scan : start.scans()) task.scans.push_back(ScanFromWire(scan));
  task.is_in_plain_order = start.is_in_plain_order();
  task.is_profiled = start.is_profiled();
  return task;
}

}  // namespace

arrow::Result<wire::ToWorker> ToWire(const CoordinatorMessage::Value& value) {
  wire::ToWorker message;
  ARROW_RETURN_NOT_OK(std::visit([&](const auto& kind) { return Fill(kind, message); }, value));
  return message;
}

arrow::Result<CoordinatorMessage::Value> FromWire(const wire::ToWorker& message) {
  if (message.has_start()) return Read(message.start());
  if (message.has_ping()) return Ping{message.ping().sequence()};
  if (message.has_cancel()) {
    ARROW_ASSIGN_OR_RAISE(auto task, NameOf(message.cancel()));
    return CancelTask{std::move(task), message.cancel().reason()};
  }
  return arrow::Status::Invalid("no message to start or cancel a task, and no ping: kind=", message.message_case());
}

}  // namespace skein
