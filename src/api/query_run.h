// One query of an executor, from its submission to the end: what is known of it, and what stops it. Guarded by the
// mutex of query_runs.h, but for what is const.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include <arrow/result.h>
#include <arrow/table.h>

#include "extension/query_database.h"
#include "skein/distributed_plan.h"
#include "skein/query_status.h"

namespace skein {

struct QueryRun {
  using Clock = std::chrono::steady_clock;
  using Outcome = arrow::Result<std::shared_ptr<arrow::Table>>;

  QueryRun(QueryId id, std::string sql, std::shared_ptr<PlanState> plan)
      : id(id), sql(std::move(sql)), plan(std::move(plan)) {}

  const QueryId id;
  const std::string sql;
  const std::shared_ptr<PlanState> plan;  // null: the statement is planned when it runs
  const Clock::time_point start = Clock::now();
  std::stop_source stop;
  std::thread thread;

  QueryPhase phase = QueryPhase::kQueued;
  uint32_t attempts = 0;
  Clock::time_point end;
  core::PreparedQuery* running = nullptr;        // valid while it runs
  uint32_t finished_tasks = 0, total_tasks = 0;  // of the last attempt, once that is over
  Outcome outcome = arrow::Status::Invalid("the query is not over");
  bool is_taken = false;
};

}  // namespace skein
