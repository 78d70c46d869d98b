// Digests that are damaged, and SQL that asks for what only plans may use. What digests give is in
// planner/merged_aggregates_test.cc.
#include "engine/quantile_digest.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "engine/engine_fixture.h"

namespace skein::core {
namespace {

/// A head of three numbers, then means and weights.
std::string Bytes(const std::vector<uint64_t>& head, const std::vector<double>& centroids) {
  std::string bytes(reinterpret_cast<const char*>(head.data()), head.size() * sizeof(uint64_t));
  bytes.append(reinterpret_cast<const char*>(centroids.data()), centroids.size() * sizeof(double));
  return bytes;
}

class QuantileDigest : public testing::Test {
 protected:
  /// Gives `bytes` to the final part of approx_quantile(x, 0.5).
  void Read(const std::string& bytes) {
    client_.connection().BeginTransaction();
    auto plan = client_.Optimize("SELECT approx_quantile(x, 0.5) FROM range(9) t(x)");
    auto* op = plan.root.get();
    while (op->type != duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) op = op->children[0].get();
    const auto& aggregate = op->expressions[0]->Cast<duckdb::BoundAggregateExpression>();
    ASSERT_TRUE(IsQuantileOfDigest(aggregate));
    const auto final = FinalDigest(
        aggregate, duckdb::make_uniq<duckdb::BoundReferenceExpression>(duckdb::LogicalType::BLOB, duckdb::idx_t{0}));
    auto& function = final->Cast<duckdb::BoundAggregateExpression>().function;
    duckdb::ArenaAllocator arena(duckdb::Allocator::DefaultAllocator());
    duckdb::AggregateInputData input(final->Cast<duckdb::BoundAggregateExpression>().bind_info.get(), arena);
    std::vector<uint64_t> state(function.state_size(function) / sizeof(uint64_t));
    function.initialize(function, duckdb::data_ptr_cast(state.data()));
    duckdb::Vector states(duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(state.data())));
    duckdb::Vector blobs(duckdb::Value::BLOB_RAW(bytes));
    function.update(&blobs, input, 1, states, 1);
    function.destructor(states, input, 1);
    client_.connection().Rollback();
  }
  void ExpectDamaged(const std::string& bytes) {
    EXPECT_THROW(Read(bytes), duckdb::InvalidInputException);
    client_.connection().Rollback();
  }

  ClientDuckDb client_;
};

TEST_F(QuantileDigest, ReadsWhatItWrites) { Read(Bytes({2, 1, 1}, {3.0, 1.0, 4.5, 1.0})); }

TEST_F(QuantileDigest, RefusesBytesThatAreNoDigest) {
  ExpectDamaged("");
  ExpectDamaged("x");
  ExpectDamaged(Bytes({2, 1}, {}));
  ExpectDamaged(Bytes({2, 1, 1}, {3.0, 1.0}));
  ExpectDamaged(Bytes({1, 1, 0}, {3.0}));
  ExpectDamaged(Bytes({1, ~uint64_t{0}, 2}, {3.0, 1.0}));
  ExpectDamaged(Bytes({1, 0, 1}, {3.0, 1.0, 7.0}));
}

TEST_F(QuantileDigest, RefusesNumbersThatNoRowsHave) {
  const auto infinity = std::numeric_limits<double>::infinity();
  for (const double weight : {0.0, -1.0, std::nan(""), infinity, 1e300}) {
    ExpectDamaged(Bytes({1, 1, 0}, {3.0, weight}));
    ExpectDamaged(Bytes({1, 0, 1}, {3.0, weight}));
  }
  for (const double mean : {std::nan(""), infinity}) ExpectDamaged(Bytes({1, 1, 0}, {mean, 1.0}));
}

TEST_F(QuantileDigest, IsForPlansOnly) {
  for (const std::string sql : {"skein_partial_quantile_digest(1)", "skein_final_quantile_digest('x'::BLOB)"}) {
    auto result = client_.connection().Query("SELECT " + sql);
    ASSERT_TRUE(result->HasError());
    EXPECT_EQ(result->GetErrorType(), duckdb::ExceptionType::BINDER);
    EXPECT_NE(result->GetError().find("use approx_quantile"), std::string::npos);
  }
  EXPECT_EQ(client_.Ask("SELECT 42"), std::vector<std::string>{"42|"});
}

}  // namespace
}  // namespace skein::core
