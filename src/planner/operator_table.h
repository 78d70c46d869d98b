// The rule for each logical operator of DuckDB: where it runs, how its input must lie and its output lies, and why it
// ever runs in a single task. The planner takes its rules from here and docs/operators.md is printed from here, so that
// neither can know more than the other. Constant; any thread.
#pragma once

#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/common/enums/logical_operator_type.hpp"
#include "planner/exchange_placer.h"

namespace skein::core {

/// Where an operator stands once a query is distributed.
enum class Placement {
  kCluster,    // in a stage
  kClient,     // in the client's own plan, with all that is below it
  kStatement,  // the root of a statement, in the client; the query below it may be in the cluster
  kNever       // not in a plan that the planner sees, or with nothing below it that could be distributed
};

struct OperatorRule {
  duckdb::LogicalOperatorType type;
  Placement placement;
  /// Of kCluster only: puts the exchanges.
  Distribution (ExchangePlacer::*place)(OperatorPtr&);
  // Texts of the document.
  const char* requires_input;
  const char* delivers;
  const char* single_when;  // or, where it is not in the cluster, why
  const char* tests;        // paths in the repository, with a blank between two
};

/// All of them, in the order of the document.
const std::vector<OperatorRule>& OperatorRules();

/// The rule for operators of `type`; null for one that the table lacks.
const OperatorRule* FindOperatorRule(duckdb::LogicalOperatorType type);

/// Where operators of `type` stand; what is not in the table stays in the client.
Placement PlacementOf(duckdb::LogicalOperatorType type);

/// Returns docs/operators.md.
std::string OperatorsDocument();

}  // namespace skein::core
