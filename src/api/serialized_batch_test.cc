#include "skein/serialized_batch.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

namespace skein {
namespace {

std::shared_ptr<arrow::RecordBatch> Numbers(std::vector<int64_t> values, const std::string& name = "n") {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  const auto rows = static_cast<int64_t>(values.size());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field(name, arrow::int64())}), rows,
                                  {builder.Finish().ValueOrDie()});
}

TEST(SerializedBatch, GivesBackTheBatch) {
  const auto bytes = SerializedBatch::FromBatch(*Numbers({1, 2, 3}));
  ASSERT_TRUE(bytes.ok());
  EXPECT_TRUE((*bytes->ToBatch())->Equals(*Numbers({1, 2, 3})));
}

TEST(SerializedBatch, GivesBackManyInTheirOrder) {
  const auto bytes = SerializedBatch::FromBatches({Numbers({1}), Numbers({}), Numbers({2, 3})});
  ASSERT_TRUE(bytes.ok());
  const auto batches = *bytes->ToBatches();
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_TRUE(batches[2]->Equals(*Numbers({2, 3})));
}

TEST(SerializedBatch, RefusesAnotherSchema) {
  EXPECT_FALSE(SerializedBatch::FromBatches({Numbers({1}), Numbers({1}, "m")}).ok());
}

TEST(SerializedBatch, NamesABatchThatIsNotThere) {
  const auto status = SerializedBatch::FromBatches({Numbers({1}), nullptr}).status();
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_NE(status.message().find("batch 1 is a null pointer"), std::string::npos) << status;
}

TEST(SerializedBatch, RefusesToReadNoBytes) { EXPECT_TRUE(SerializedBatch(nullptr).ToBatches().status().IsInvalid()); }

TEST(SerializedBatch, RefusesTruncatedBytes) {
  const auto whole = SerializedBatch::FromBatch(*Numbers({1, 2, 3}))->bytes();
  for (int64_t size = 0; size < whole->size() - 8; size += 16) {  // the last 8 bytes only mark the end
    EXPECT_FALSE(SerializedBatch(arrow::SliceBuffer(whole, 0, size)).ToBatch().ok()) << size;
  }
}

TEST(SerializedBatch, RefusesSeveralWhereOneIsAskedFor) {
  const auto bytes = SerializedBatch::FromBatches({Numbers({1}), Numbers({2})});
  EXPECT_FALSE(bytes->ToBatch().ok());
}

}  // namespace
}  // namespace skein
