#include "worker/task_report.h"

#include "base/error.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

void AddUnit(const UnitTrailer& trailer, wire::TaskFinished& finished) {
  wire::UnitInputs& unit = *finished.add_units();
  unit.set_unit(trailer.key.unit);
  for (const UnitInput& input : trailer.inputs) {
    unit.add_scans(input.scan);
    unit.add_splits(input.split);
  }
  uint64_t rows = 0;
  uint64_t bytes = 0;
  for (const UnitPart& part : trailer.parts) {
    rows += part.rows;
    bytes += part.bytes;
  }
  unit.set_rows(rows);
  unit.set_bytes(bytes);
  finished.set_bytes_out(finished.bytes_out() + bytes);
}

void AddLedger(ExchangeId exchange, const TaskInput& input, wire::TaskFinished& finished) {
  const IdSummary summary = input.summary();
  wire::LedgerSummary& ledger = *finished.add_ledgers();
  ledger.set_exchange(exchange);
  ledger.set_count(summary.count);
  ledger.set_sum(summary.sum);
  ledger.set_exclusive_or(summary.exclusive_or);
  ledger.set_is_partial(!input.is_complete());
  finished.set_bytes_in(finished.bytes_in() + input.bytes());
}

uint64_t RowsWithin(const PartitionRange& range, const std::vector<UnitTrailer>& units) {
  uint64_t rows = 0;
  for (const UnitTrailer& unit : units) {
    for (const UnitPart& part : unit.parts) {
      if (range.Contains(part.range)) rows += part.rows;
    }
  }
  return rows;
}

}  // namespace

wire::FromWorker TaskFinishedMessage(const wire::StartTask& start, const TaskResult& result, uint64_t spill_bytes,
                                     const std::map<ExchangeId, std::shared_ptr<TaskInput>>& inputs,
                                     const std::vector<ScanId>& partial_scans) {
  wire::FromWorker message;
  wire::TaskFinished& finished = *message.mutable_finished();
  *finished.mutable_name() = start.name();
  for (const UnitTrailer& trailer : result.units) AddUnit(trailer, finished);
  for (const auto& [exchange, input] : inputs) AddLedger(exchange, *input, finished);
  for (ScanId scan : partial_scans) finished.add_partial_scans(scan);
  finished.set_rows_in(result.rows_in);
  finished.set_rows_out(result.rows_out);
  finished.set_cpu_us(result.cpu_us);
  finished.set_wall_us(result.wall_us);
  finished.set_spill_bytes(spill_bytes);
  finished.set_temp_bytes(result.temp_bytes);
  for (const wire::HashRange& range : start.output().ranges()) {
    finished.add_rows_per_range(RowsWithin(FromWire(range), result.units));
  }
  for (const OperatorFigures& figures : result.operators) *finished.add_operators() = ToWire(figures);
  return message;
}

wire::FromWorker TaskFailedMessage(const wire::TaskName& name, const arrow::Status& status,
                                   const RunProgress& progress) {
  wire::FromWorker message;
  wire::TaskFailed& failed = *message.mutable_failed();
  *failed.mutable_name() = name;
  *failed.mutable_error() = ToWire(status);
  if (!IsOfTheData(status)) return message;
  for (const auto& begun : progress.begun) {
    wire::BegunSplit& out = *failed.add_begun();
    out.set_scan(begun.scan);
    out.set_split(begun.split);
    out.set_is_open(begun.is_open);
  }
  failed.set_source(progress.position.source);
  failed.set_split(progress.position.split);
  return message;
}

wire::FromWorker TaskProgressMessage(const TaskKey& key, const RunFigures& figures) {
  wire::FromWorker message;
  wire::TaskProgress& progress = *message.mutable_progress();
  *progress.mutable_name() = ToWire(key);
  progress.set_rows_in(figures.rows_in);
  progress.set_rows_out(figures.rows_out);
  progress.set_splits_done(figures.splits_done);
  return message;
}

}  // namespace skein::core
