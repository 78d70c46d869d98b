#include "api/message_wire.h"
#include "api/task_name_wire.h"
#include "base/error.h"
#include "worker/wire_convert.h"

namespace skein {
namespace {

template <typename Values, typename Field>
void AddAll(const Values& values, Field& field) {
  field.Add(values.begin(), values.end());
}

void FillUnit(const TaskComplete::Unit& unit, wire::UnitInputs& out) {
  out.set_unit(unit.unit);
  AddAll(unit.scans, *out.mutable_scans());
  AddAll(unit.splits, *out.mutable_splits());
  out.set_rows(unit.rows);
  out.set_bytes(unit.bytes);
}

void FillLedger(const TaskComplete::Ledger& ledger, wire::LedgerSummary& out) {
  out.set_exchange(ledger.exchange);
  out.set_count(ledger.count);
  out.set_sum(ledger.sum);
  out.set_exclusive_or(ledger.exclusive_or);
  out.set_is_partial(ledger.is_partial);
}

void FillOperator(const TaskComplete::Operator& measured, wire::OperatorFigures& out) {
  out.set_depth(measured.depth);
  out.set_name(measured.name);
  out.set_rows(measured.rows);
  out.set_time_us(measured.time_us);
}

arrow::Status Fill(const TaskComplete& task, wire::FromWorker& message) {
  auto& out = *message.mutable_finished();
  ARROW_ASSIGN_OR_RAISE(*out.mutable_name(), NameToWire(task.task));
  for (const auto& unit : task.units) FillUnit(unit, *out.add_units());
  for (const auto& ledger : task.ledgers) FillLedger(ledger, *out.add_ledgers());
  out.set_rows_in(task.rows_in);
  out.set_rows_out(task.rows_out);
  out.set_bytes_in(task.bytes_in);
  out.set_bytes_out(task.bytes_out);
  out.set_cpu_us(task.cpu_us);
  out.set_wall_us(task.wall_us);
  AddAll(task.partial_scans, *out.mutable_partial_scans());
  AddAll(task.rows_per_range, *out.mutable_rows_per_range());
  out.set_spill_bytes(task.spill_bytes);
  for (const auto& measured : task.operators) FillOperator(measured, *out.add_operators());
  out.set_temp_bytes(task.temp_bytes);
  return arrow::Status::OK();
}

arrow::Status Fill(const TaskFailed& task, wire::FromWorker& message) {
  if (task.error.ok()) return core::UserError("a task that failed without an error");
  auto& out = *message.mutable_failed();
  ARROW_ASSIGN_OR_RAISE(*out.mutable_name(), NameToWire(task.task));
  *out.mutable_error() = core::ToWire(task.error);
  for (const auto& begun : task.begun) {
    auto& added = *out.add_begun();
    added.set_scan(begun.scan);
    added.set_split(begun.split);
    added.set_is_open(begun.is_open);
  }
  out.set_source(task.source);
  out.set_split(task.split);
  return arrow::Status::OK();
}

arrow::Status Fill(const Heartbeat& heartbeat, wire::FromWorker& message) {
  auto& out = *message.mutable_heartbeat();
  out.set_sequence(heartbeat.sequence);
  out.set_running_tasks(heartbeat.running_tasks);
  out.set_retained_memory_bytes(heartbeat.retained_memory_bytes);
  out.set_retained_disk_bytes(heartbeat.retained_disk_bytes);
  out.set_cpu_us(heartbeat.cpu_us);
  return arrow::Status::OK();
}

arrow::Status Fill(const TaskProgress& progress, wire::FromWorker& message) {
  auto& out = *message.mutable_progress();
  ARROW_ASSIGN_OR_RAISE(*out.mutable_name(), NameToWire(progress.task));
  out.set_rows_in(progress.rows_in);
  out.set_rows_out(progress.rows_out);
  out.set_splits_done(progress.splits_done);
  return arrow::Status::OK();
}

arrow::Result<WorkerMessage::Value> Read(const wire::TaskFinished& finished) {
  TaskComplete task;
  ARROW_ASSIGN_OR_RAISE(task.task, NameOf(finished));
  for (const auto& unit : finished.units()) {
    if (unit.scans_size() != unit.splits_size()) return arrow::Status::Invalid("a unit's inputs are not complete");
    task.units.push_back({unit.unit(),
                          {unit.scans().begin(), unit.scans().end()},
                          {unit.splits().begin(), unit.splits().end()},
                          unit.rows(),
                          unit.bytes()});
  }
  for (const auto& ledger : finished.ledgers()) {
    task.ledgers.push_back(
        {ledger.exchange(), ledger.count(), ledger.sum(), ledger.exclusive_or(), ledger.is_partial()});
  }
  task.rows_in = finished.rows_in();
  task.rows_out = finished.rows_out();
  task.bytes_in = finished.bytes_in();
  task.bytes_out = finished.bytes_out();
  task.cpu_us = finished.cpu_us();
  task.wall_us = finished.wall_us();
  task.partial_scans.assign(finished.partial_scans().begin(), finished.partial_scans().end());
  task.rows_per_range.assign(finished.rows_per_range().begin(), finished.rows_per_range().end());
  task.spill_bytes = finished.spill_bytes();
  for (const auto& measured : finished.operators()) {
    task.operators.push_back({measured.depth(), measured.name(), measured.rows(), measured.time_us()});
  }
  task.temp_bytes = finished.temp_bytes();
  return task;
}

arrow::Result<WorkerMessage::Value> Read(const wire::TaskFailed& failed) {
  TaskFailed task;
  ARROW_ASSIGN_OR_RAISE(task.task, NameOf(failed));
  if (!failed.has_error()) return arrow::Status::Invalid("a task that failed without an error");
  task.error = core::FromWire(failed.error());
  for (const auto& begun : failed.begun()) task.begun.push_back({begun.scan(), begun.split(), begun.is_open()});
  task.source = failed.source();
  task.split = failed.split();
  return task;
}

arrow::Result<WorkerMessage::Value> Read(const wire::TaskProgress& progress) {
  ARROW_ASSIGN_OR_RAISE(auto task, NameOf(progress));
  return TaskProgress{std::move(task), progress.rows_in(), progress.rows_out(), progress.splits_done()};
}

Heartbeat Read(const wire::Heartbeat& heartbeat) {
  return {heartbeat.sequence(), heartbeat.running_tasks(), heartbeat.retained_memory_bytes(),
          heartbeat.retained_disk_bytes(), heartbeat.cpu_us()};
}

}  // namespace

arrow::Result<wire::FromWorker> ToWire(const WorkerMessage::Value& value) {
  wire::FromWorker message;
  ARROW_RETURN_NOT_OK(std::visit([&](const auto& kind) { return Fill(kind, message); }, value));
  return message;
}

arrow::Result<WorkerMessage::Value> FromWire(const wire::FromWorker& message) {
  if (message.has_finished()) return Read(message.finished());
  if (message.has_failed()) return Read(message.failed());
  if (message.has_heartbeat()) return Read(message.heartbeat());
  if (message.has_progress()) return Read(message.progress());
  return arrow::Status::Invalid("no message on a task's end or progress, and no heartbeat: kind=",
                                message.message_case());
}

}  // namespace skein
