// Runs a piece of work that fails twice, as the fault manager says, and goes on from a checkpoint.
#include <chrono>
#include <iostream>
#include <thread>

#include <arrow/array/builder_primitive.h>
#include <skein/fault_manager.h>
#include <skein/retryable.h>

namespace {

/// Stands for a query on workers, of which the first two are lost.
arrow::Status RunTask(uint32_t attempt) {
  if (attempt < 2) return skein::Retryable(arrow::Status::IOError("worker lost: worker=", attempt));
  return arrow::Status::OK();
}

arrow::Status RunWithRetries(skein::FaultManager& faults, const std::string& query) {
  uint32_t attempt = 0;
  auto status = RunTask(attempt);
  while (!status.ok()) {
    const auto action = faults.HandleTaskFailure({query}, attempt, status);
    if (const auto* fail = std::get_if<skein::Fail>(&action)) return arrow::Status::IOError(fail->reason);
    std::cout << status.message() << ", again in " << std::get<skein::Retry>(action).delay_ms << " ms\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(faults.NextRetryDelayMs().value_or(0)));
    const auto retry = faults.NextRetry();
    if (!retry) continue;
    attempt = retry->attempt;
    status = RunTask(attempt);
  }
  faults.ForgetQuery(query);
  return status;
}

arrow::Status Run() {
  skein::FaultConfig config;
  config.retry_delay_ms = 10;
  skein::FaultManager faults(config);
  ARROW_RETURN_NOT_OK(RunWithRetries(faults, "q1"));

  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues({1, 2, 3}));
  ARROW_ASSIGN_OR_RAISE(auto numbers, builder.Finish());
  const auto rows = arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}), 3, {numbers});
  ARROW_RETURN_NOT_OK(faults.CreateCheckpoint("q1", {0, 1}, {{1, {rows}}}));
  ARROW_ASSIGN_OR_RAISE(const auto plan, faults.RecoverFromCheckpoint("q1"));
  if (!plan) return arrow::Status::UnknownError("the checkpoint is gone");
  std::cout << "resume from stage " << plan->resume_from_stage << " with " << plan->data.at(1)[0]->num_rows()
            << " rows of stage 1\n";
  return faults.DropCheckpoint("q1");
}

}  // namespace

int main() {
  const auto status = Run();
  if (!status.ok()) std::cerr << status.ToString() << "\n";
  return status.ok() ? 0 : 1;
}
