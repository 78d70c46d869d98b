#include <gtest/gtest.h>

#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "engine/fragment_fixture.h"

namespace skein::core {
namespace {

class EngineHealth : public FragmentFixture {
 protected:
  /// A plan that only a bug would make: it reads a column that its input does not have.
  Fragment MakeWrongFragment() {
    client_.connection().BeginTransaction();
    auto plan = client_.Optimize("SELECT 1");
    plan.root->expressions[0] = duckdb::make_uniq<duckdb::BoundReferenceExpression>(duckdb::LogicalType::INTEGER, 1000);
    Fragment fragment;
    fragment.types = plan.root->types;
    LogicalExchangeSink sink;
    sink.output_types = {duckdb::LogicalType::BIGINT};
    sink.bindings = {duckdb::ColumnBinding(0, 0)};
    sink.children.push_back(std::move(plan.root));
    sink.ResolveOperatorTypes();
    fragment.bytes = EncodeFragment(client_.context(), sink);
    client_.connection().Rollback();
    return fragment;
  }
};

TEST_F(EngineHealth, IsGoodAfterAnErrorOfTheData) {
  EXPECT_FALSE(Run(MakeFragment("SELECT s::INTEGER FROM t")).status.ok());
  EXPECT_TRUE(engine_->health().ok());
}

TEST_F(EngineHealth, IsLostWithABugInsideOfDuckDb) {
  ExpectError(Run(MakeWrongFragment()).status, Fault::kInternal, "", "index 1000");
  ExpectError(engine_->health(), Fault::kInternal, "", "DuckDB has given itself up: ");
  EXPECT_FALSE(Run(MakeFragment("SELECT count(*) FROM t")).status.ok());
}

}  // namespace
}  // namespace skein::core
