#include "planner/operator_table.h"

#include <algorithm>

#include "duckdb/common/enum_util.hpp"
#include "planner/join_rules.h"

namespace skein::core {
namespace {

using duckdb::JoinType;

const char* YesNo(bool is) { return is ? "yes" : "no"; }

std::string Row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const auto& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string Operators(Placement placement) {
  std::string rows;
  for (const auto& rule : OperatorRules()) {
    if (rule.placement != placement) continue;
    const auto name = "`" + duckdb::EnumUtil::ToString(rule.type).substr(std::string("LOGICAL_").size()) + "`";
    if (placement == Placement::kCluster) {
      rows += Row({name, rule.requires_input, rule.delivers, rule.single_when, rule.tests});
    } else {
      rows += Row({name, rule.single_when, rule.tests});
    }
  }
  return rows;
}

std::string JoinTypes() {
  std::string rows;
  for (auto type : {JoinType::INNER, JoinType::LEFT, JoinType::RIGHT, JoinType::OUTER, JoinType::SEMI, JoinType::ANTI,
                    JoinType::RIGHT_SEMI, JoinType::RIGHT_ANTI, JoinType::MARK, JoinType::SINGLE}) {
    rows += Row({duckdb::EnumUtil::ToString(type), YesNo(MayBroadcastRight(type)), YesNo(MayBroadcastLeft(type)),
                 YesNo(MayRepartition(type))});
  }
  return rows;
}

}  // namespace

const OperatorRule* FindOperatorRule(duckdb::LogicalOperatorType type) {
  const auto& rules = OperatorRules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.type == type; });
  return found == rules.end() ? nullptr : &*found;
}

Placement PlacementOf(duckdb::LogicalOperatorType type) {
  const auto* rule = FindOperatorRule(type);
  return rule == nullptr ? Placement::kClient : rule->placement;
}

std::string OperatorsDocument() {
  return R"(# Operators

What Skein does with each logical operator of DuckDB's optimized plan. This page is printed from the planner's own table
(`src/planner/operator_rules.cc`, `join_rules.cc`); a test compares them, and fails when DuckDB has an operator that the table lacks.
*Rows anywhere* means that each row is at one task, whichever; *together by X*, that rows with equal X are at one task; *one task*,
that a single task has all rows. Where the input does not lie as required, an exchange is put below. A stage that runs in a
single task for another reason than that its input does says why in `EXPLAIN`.

## In the cluster

| operator | requires | delivers | in one task when, and why | tests |
|---|---|---|---|---|
)" + Operators(Placement::kCluster) +
         R"(
### Joins

Which side of a join may be copied to all tasks, and whether both may be cut by their equality keys (`=` or `IS NOT DISTINCT
FROM` on equal types, not volatile, and on the left nothing that can fail, like a cast of texts to numbers: DuckDB looks at it only
where the right side has rows). By cost the smaller side is copied, or both are cut; a join that allows neither runs in one task. An ASOF join
never copies its left side, for each left row chooses the best of all right rows. A MARK join (`IN`, `NOT IN`, `ANY`) is cut by the keys of
its correlation only: a NULL in the list changes the answer for every row.

| type | copy right | copy left | cut both |
|---|---|---|---|
)" + JoinTypes() +
         R"(
## In the client

These stay in the plan of the client's DuckDB, with what is above and below them.

| operator | why | tests |
|---|---|---|
)" + Operators(Placement::kClient) +
         R"(
## Roots of statements

These write, define or explain, in the client's database and transaction; the query below them may be distributed.

| operator | what it does with the query | tests |
|---|---|---|
)" + Operators(Placement::kStatement) +
         R"(
## Not met

These are not in a plan that the planner sees, or have no query below.

| operator | why | tests |
|---|---|---|
)" + Operators(Placement::kNever);
}

}  // namespace skein::core
