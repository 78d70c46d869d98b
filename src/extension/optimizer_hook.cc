#include "extension/optimizer_hook.h"

#include <algorithm>

#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/planner/binder.hpp"
#include "engine/types_as_run.h"
#include "extension/built_stages.h"
#include "extension/cluster_copy.h"
#include "extension/explain_rows.h"
#include "extension/instance_state.h"
#include "extension/remote_query.h"
#include "extension/settings.h"
#include "planner/client_filters.h"
#include "planner/copy_rule.h"
#include "planner/eligibility.h"
#include "planner/exchange_placer.h"
#include "planner/operator_table.h"
#include "planner/stage_builder.h"
#include "planner/stage_cutter.h"

namespace skein::core {
namespace {

using duckdb::LogicalOperatorType;

class Hook {
 public:
  Hook(duckdb::OptimizerExtensionInput& input, InstanceState& instance, uint32_t worker_count)
      : context_(input.context),
        instance_(instance),
        binder_(input.optimizer.binder),
        mode_(ModeOf(input.context)),
        options_(PlannerOptionsOf(input.context, worker_count)) {}

  void Visit(OperatorPtr& plan, bool is_top = true) {
    if (PlacementOf(plan->type) == Placement::kStatement) {
      if (plan->type == LogicalOperatorType::LOGICAL_COPY_TO_FILE && TryDistributeCopy(plan)) return;
      for (auto& child : plan->children) Visit(child, true);
      if (plan->type == LogicalOperatorType::LOGICAL_EXPLAIN) {
        AddStageRows(context_, plan, client_reasons_, [&] { return binder_.GenerateTableIndex(); });
      }
      return;
    }
    if (!HasScan(*plan)) return;
    if (PlacementOf(plan->type) != Placement::kCluster) {
      StaysBecause(duckdb::LogicalOperatorToString(plan->type) + " runs in the client");
      return;
    }
    const auto found = Examine(context_, *plan, instance_.WorkerFunctions());
    if (!found.reason.empty()) {
      StaysBecause(found.reason);
      if (!found.keeps_all) VisitBelow(*plan);
      return;
    }
    const auto reason = WhyNotWorthIt(found, is_top);
    if (!reason.empty()) return StaysBecause(reason);
    plan = Distribute(std::move(plan));
  }

 private:
  // What is below an operator that stays here, as far as it may go without it.
  void VisitBelow(duckdb::LogicalOperator& plan) {
    // Its sides share the keys that it collects.
    if (plan.type == LogicalOperatorType::LOGICAL_DELIM_JOIN) return;
    for (auto& child : plan.children) {
      Visit(child, false);
      // The recursive term runs many times: it stays.
      if (plan.type == LogicalOperatorType::LOGICAL_RECURSIVE_CTE) return;
    }
  }

  // An operator and all above it stay for one reason: it is told once.
  void StaysBecause(const std::string& reason) {
    const auto& known = client_reasons_;
    if (std::find(known.begin(), known.end(), reason) == known.end()) client_reasons_.push_back(reason);
  }

  // Rows of the client go out and come back only for a whole statement, or to meet those of the cluster. Empty when it
  // is worth it.
  std::string WhyNotWorthIt(const Eligibility& found, bool is_top) const {
    if (mode_ == Mode::kDistributed && found.has_client_scan && is_top) return "";
    if (!found.has_split_scan) return "nothing below is scanned by workers";
    if (mode_ == Mode::kDistributed) return "";
    const auto min_rows = AutoMinRowsOf(context_);
    if (found.scanned_rows >= min_rows) return "";
    return "about " + std::to_string(found.scanned_rows) +
           " rows are scanned, fewer than skein_auto_min_rows = " + std::to_string(min_rows);
  }

  // Has the workers write what they have, where all of the query below runs there.
  bool TryDistributeCopy(OperatorPtr& plan) {
    auto& copy = plan->Cast<duckdb::LogicalCopyToFile>();
    auto& child = copy.children[0];
    if (!HasScan(*child) || PlacementOf(child->type) != Placement::kCluster) return false;
    const auto found = Examine(context_, *child, instance_.WorkerFunctions());
    if (!found.reason.empty() || !WhyNotWorthIt(found, true).empty()) return false;
    const auto reason = WhyClientCopies(copy);
    if (!reason.empty()) {
      StaysBecause(reason);
      return false;
    }
    auto target = std::make_shared<CopyTarget>();
    auto query = std::move(child);
    auto remote = Distribute(std::move(query), [&](OperatorPtr placed) -> OperatorPtr {
      return duckdb::make_uniq<LogicalTaskCopy>(TakeTaskCopy(copy), std::move(placed), target);
    });
    plan = duckdb::make_uniq<LogicalClusterCopy>(copy, std::move(target), std::move(remote));
    return true;
  }

  std::string WhyClientCopies(const duckdb::LogicalCopyToFile& copy) const {
    const auto reason = WhyWrittenByClient(copy);
    if (!reason.empty()) return reason;
    const auto choice = CopyChoiceOf(context_);
    if (choice == CopyChoice::kClient) return "files are written by the client, as skein_copy = 'client' says";
    if (choice == CopyChoice::kWorkers || instance_.has_local_workers()) return "";
    return "files are written by the client: workers elsewhere may have other folders; where they share them, SET "
           "skein_copy = 'workers'";
  }

  OperatorPtr Distribute(OperatorPtr plan) {
    return Distribute(std::move(plan), [](OperatorPtr placed) { return placed; });
  }

  // `finish` puts something above the placed plan: each task of the last stage runs it.
  OperatorPtr Distribute(OperatorPtr plan, const std::function<OperatorPtr(OperatorPtr)>& finish) {
    RaiseClientFilters(context_, plan, instance_.WorkerFunctions());
    plan->ResolveOperatorTypes();
    auto remote = duckdb::make_uniq<LogicalRemoteQuery>();
    remote->SetEstimatedCardinality(plan->estimated_cardinality);
    ExchangePlacer placer(context_, options_, [&] { return binder_.GenerateTableIndex(); });
    placer.PlaceRoot(plan);
    plan = finish(std::move(plan));
    plan->ResolveOperatorTypes();
    remote->bindings = plan->GetColumnBindings();
    remote->output_types = plan->types;
    remote->run_types = TypesAsRun(*plan);
    StageCutter cutter(context_, options_, placer);
    remote->SetQuery(std::make_shared<PlannedQuery>(cutter.Cut(std::move(plan))));
    return remote;
  }

  duckdb::ClientContext& context_;
  InstanceState& instance_;
  duckdb::Binder& binder_;
  Mode mode_;
  PlannerOptions options_;
  std::vector<std::string> client_reasons_;  // for EXPLAIN
};

}  // namespace

void OptimizeForCluster(duckdb::OptimizerExtensionInput& input, duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  auto& instance = static_cast<InstanceState&>(*input.info);
  const auto worker_count = instance.worker_count();
  if (worker_count == 0 || ModeOf(input.context) == Mode::kLocal || IsBuildingStages(input.context)) return;
  try {
    PlaceBuiltStages(input.context, plan);
    Hook(input, instance, worker_count).Visit(plan);
  } catch (duckdb::InternalException& error) {
    // An internal error would invalidate the user's database.
    throw duckdb::IOException("skein internal: %s", duckdb::ErrorData(error).RawMessage());
  }
}

}  // namespace skein::core
