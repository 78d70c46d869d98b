#include "planner/client_filters.h"

#include <gtest/gtest.h>

#include "duckdb/main/extension/extension_loader.hpp"
#include "engine/known_functions.h"
#include "planner/planner_fixture.h"

namespace skein::core {
namespace {

class ClientFilters : public PlannerFixture {
 protected:
  // A line for each condition of filters and scans, from the top down.
  static std::string Raised(const std::string& sql) {
    static const auto functions = KnownFunctions::OfDuckDb();
    client_->Ask(
        "CREATE OR REPLACE TABLE kept AS SELECT i AS k, i::VARCHAR AS s, {'a': i, 'b': 1} AS st FROM range(9) r(i)");
    auto plan = client_->Optimize(sql);
    const auto names = plan.root->types;
    RaiseClientFilters(client_->context(), plan.root, functions);
    plan.root->ResolveOperatorTypes();
    EXPECT_EQ(plan.root->types, names) << sql;
    return Conditions(*plan.root);
  }

 private:
  static std::string Conditions(duckdb::LogicalOperator& root) {
    std::string lines;
    for (auto* op = &root; op != nullptr; op = op->children.empty() ? nullptr : op->children[0].get()) {
      if (op->type == duckdb::LogicalOperatorType::LOGICAL_FILTER) {
        for (const auto& condition : op->expressions) lines += "filter " + condition->ToString() + "\n";
      }
      if (op->type == duckdb::LogicalOperatorType::LOGICAL_GET) {
        const auto& get = op->Cast<duckdb::LogicalGet>();
        for (const auto& [column, filter] : get.table_filters.filters) {
          lines += "scan " + filter->ToString(get.names[column]) + "\n";
        }
      }
    }
    return lines;
  }
};

TEST_F(ClientFilters, LeaveTheScanWhereTheyMayFail) {
  EXPECT_EQ(Raised("SELECT k FROM kept WHERE s::INT > 3"), "filter (CAST(s AS INTEGER) > 3)\n");
  EXPECT_EQ(Raised("SELECT * FROM kept WHERE chr(k::INT) = 'x' AND k < 5"),
            "filter (chr(CAST(k AS INTEGER)) = 'x')\nscan k<5\n");
  EXPECT_EQ(Raised("SELECT s FROM kept WHERE s LIKE 'a%' AND s <> 'ab'").find("filter"), std::string::npos);
  EXPECT_EQ(Raised("SELECT s FROM kept WHERE k < 5"), "scan k<5\n");
}

TEST_F(ClientFilters, StayWhereTheyCallAFunctionOfTheUser) {
  duckdb::ExtensionLoader loader(*client_->context().db, "test");
  const auto identity = [](duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& result) {
    result.Reference(args.data[0]);
  };
  loader.RegisterFunction(
      duckdb::ScalarFunction("of_the_user", {duckdb::LogicalType::BIGINT}, duckdb::LogicalType::BIGINT, identity));
  EXPECT_EQ(Raised("SELECT s FROM kept WHERE of_the_user(k) = 7"), "scan (of_the_user(k) = 7)\n");
}

}  // namespace
}  // namespace skein::core
