#include "engine/batch_kernels.h"

#include <algorithm>
#include <numeric>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/c/bridge.h>
#include <gtest/gtest.h>

#include "duckdb/common/arrow/arrow_appender.hpp"
#include "duckdb/common/arrow/arrow_converter.hpp"
#include "duckdb/common/arrow/arrow_type_extension.hpp"
#include "engine/engine_fixture.h"
#include "engine/partition_hash.h"

namespace skein::core {
namespace {

class BatchKernelsTest : public testing::Test {
 protected:
  /// Runs `sql`, which gives one chunk.
  std::unique_ptr<duckdb::DataChunk> Rows(const std::string& sql) {
    auto result = client_.connection().Query(sql);
    EXPECT_FALSE(result->HasError()) << (result->HasError() ? result->GetError() : "");
    names_ = result->names;
    return result->Fetch();
  }

  std::shared_ptr<arrow::RecordBatch> ToArrow(duckdb::DataChunk& chunk) {
    auto& context = *client_.connection().context;
    auto properties = context.GetClientProperties();
    properties.arrow_lossless_conversion = true;
    ArrowSchema schema;
    ArrowArray array;
    duckdb::ArrowConverter::ToArrowSchema(&schema, chunk.GetTypes(), names_, properties);
    duckdb::ArrowConverter::ToArrowArray(chunk, &array, properties,
                                         duckdb::ArrowTypeExtensionData::GetExtensionTypes(context, chunk.GetTypes()));
    return arrow::ImportRecordBatch(&array, &schema).ValueOrDie();
  }

  /// Expects that a column has the hashes by which the engine partitions the same rows.
  void ExpectHashOfEngine(const std::string& values) {
    auto chunk = Rows("SELECT unnest([" + values + "]) AS c");
    std::vector<uint32_t> expected(chunk->size());
    ComputePartitionHash(*chunk, chunk->size(), expected.data());
    const auto hashes = kernels_->PartitionHash(*ToArrow(*chunk));
    ASSERT_TRUE(hashes.ok()) << values << ": " << hashes.status();
    EXPECT_EQ(*hashes, expected) << values;
  }

  ClientDuckDb client_;
  duckdb::vector<std::string> names_;
  const std::unique_ptr<BatchKernels> kernels_ = BatchKernels::Make();
};

TEST_F(BatchKernelsTest, HashIsThatOfTheEngine) {
  for (const auto* type : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
                           "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL(4,1)", "DECIMAL(9,2)", "DECIMAL(18,3)",
                           "DECIMAL(38,4)", "VARCHAR", "BLOB", "BIT"}) {
    ExpectHashOfEngine(std::string("NULL, '1'::") + type + ", '0'::" + type);
  }
  ExpectHashOfEngine("true, false, NULL");
  ExpectHashOfEngine("DATE '2024-02-29', NULL, DATE '-1-01-01'");
  ExpectHashOfEngine("TIME '12:30:00.5', NULL");
  ExpectHashOfEngine("TIMETZ '12:30:00+02', NULL");
  for (const auto* type : {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMPTZ"}) {
    ExpectHashOfEngine(std::string("NULL, TIMESTAMP '2024-02-29 12:00:01'::") + type);
  }
  ExpectHashOfEngine("INTERVAL '3 months 2 days 1 second', NULL");
  ExpectHashOfEngine("uuid(), NULL");
  ExpectHashOfEngine("[1, NULL], [], NULL");
  ExpectHashOfEngine("[1, NULL]::INTEGER[2], NULL");
  ExpectHashOfEngine("{'a': 1, 'b': 'x'}, {'a': NULL, 'b': NULL}, NULL");
  ExpectHashOfEngine("MAP {'a': 1}, MAP {}, NULL");
}

TEST_F(BatchKernelsTest, HashOfSeveralColumnsIsThatOfTheEngine) {
  auto chunk = Rows("SELECT i::INTEGER AS a, 'long enough not to be inlined ' || i AS b FROM range(2000) t(i)");
  std::vector<uint32_t> expected(chunk->size());
  ComputePartitionHash(*chunk, chunk->size(), expected.data());
  EXPECT_EQ(*kernels_->PartitionHash(*ToArrow(*chunk)), expected);
}

TEST_F(BatchKernelsTest, HashesMoreRowsThanAChunkHas) {
  arrow::Int64Builder builder;
  for (int64_t row = 0; row < 5000; row++) ASSERT_TRUE(builder.Append(row).ok());
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}), 5000, {*builder.Finish()});
  const auto whole = *kernels_->PartitionHash(*batch);
  const auto end = *kernels_->PartitionHash(*batch->Slice(4000));
  EXPECT_TRUE(std::equal(end.begin(), end.end(), whole.begin() + 4000));
}

TEST_F(BatchKernelsTest, SortKeysCompareAsDuckDbOrders) {
  for (const bool is_ascending : {true, false}) {
    for (const bool are_nulls_first : {true, false}) {
      const std::string order =
          std::string(is_ascending ? "ASC" : "DESC") + (are_nulls_first ? " NULLS FIRST" : " NULLS LAST");
      const std::string values = "SELECT unnest(['3.5', NULL, 'nan', '-inf', 'inf', '-0.5', '0.25']::DOUBLE[]) AS d";
      auto sorted = Rows("SELECT d FROM (" + values + ") ORDER BY d " + order);
      const auto keys = kernels_->SortKeys(*ToArrow(*sorted), {{is_ascending, are_nulls_first}});
      ASSERT_TRUE(keys.ok()) << keys.status();
      for (int64_t row = 1; row < (*keys)->length(); row++) EXPECT_LT((*keys)->GetView(row - 1), (*keys)->GetView(row));
    }
  }
}

TEST_F(BatchKernelsTest, RefusesColumnThatDuckDbCannotReadByName) {
  const auto type = arrow::decimal256(50, 2);
  const auto column = arrow::MakeArrayOfNull(type, 1).ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("price", type)}), 1, {column});
  const auto status = kernels_->PartitionHash(*batch).status();
  EXPECT_NE(status.message().find("column 'price' of type decimal256(50, 2)"), std::string::npos) << status;
  EXPECT_EQ(DetailOf(status)->fault(), Fault::kUser);
}

}  // namespace
}  // namespace skein::core
