// The second pass of the planner: cuts a plan with exchanges into stages, and replaces Parquet scans by split scans.
// One use, one thread; throws DuckDB's exceptions.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "planner/exchange_placer.h"
#include "planner/planned_query.h"

namespace skein::core {

class StageCutter {
 public:
  /// `placer` has placed the exchanges of the plan, and must outlive the cutter.
  StageCutter(duckdb::ClientContext& context, PlannerOptions options, const ExchangePlacer& placer)
      : context_(context),
        options_(options),
        single_reasons_(placer.single_reasons()),
        task_scans_(placer.task_scans()) {}

  /// Cuts `root`, whose rows go to the client; takes it apart.
  PlannedQuery Cut(OperatorPtr root);
  /// The same for a plan whose exchanges say by how many tasks their rows are made; `root_tasks` make the client's.
  PlannedQuery CutAsBuilt(OperatorPtr root, uint32_t root_tasks);

 private:
  struct Building {
    Stage stage;
    std::vector<PlannedScan> scans;
    bool has_distributed_input = false;
    bool has_partitioned_exchange = false;
    uint32_t wanted_tasks = 0;  // by the estimator, for its scans; 0: it does not say
  };
  uint32_t TaskCountOf(const Building& building, ExchangeKind output) const;
  void AskEstimator(const duckdb::LogicalGet& get, const PlannedScan& scan, Building& building) const;
  /// Makes the stage whose fragment is `root`; returns the exchange that it fills.
  ExchangeId CutStage(OperatorPtr root, ExchangeKind kind, bool is_ordered, duckdb::vector<ExpressionPtr> keys,
                      std::optional<uint32_t> tasks);
  PlannedQuery Finish(ExchangeId of_client);
  void Visit(OperatorPtr& op, uint32_t depth, Building& building);
  void ReplaceExchange(OperatorPtr& op, Building& building);
  /// Makes the stage that stores the rows of a shared CTE; what reads them stays in `op`.
  void CutCte(OperatorPtr& op);
  /// Makes an exchange that reads the stored rows of a CTE again.
  ExchangeId CutReread(const LogicalExchange& exchange);
  /// Makes the exchange that rows of the client enter through.
  ExchangeId CutClient(LogicalExchange& exchange);
  void ReplaceScan(OperatorPtr& op, Building& building);

  duckdb::ClientContext& context_;
  PlannerOptions options_;
  const std::map<const duckdb::LogicalOperator*, std::string>& single_reasons_;
  const std::set<const duckdb::LogicalOperator*>& task_scans_;
  std::map<duckdb::idx_t, ExchangeId> shared_;  // by CTE index
  PlannedQuery result_;
};

}  // namespace skein::core
