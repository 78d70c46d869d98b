// A user's program: it makes a batch with Arrow, and Skein's library takes it to bytes and back.
#include <iostream>

#include <arrow/api.h>

#include "skein/serialized_batch.h"

static arrow::Status Run() {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues({1, 2, 3}));
  ARROW_ASSIGN_OR_RAISE(auto column, builder.Finish());
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("x", arrow::int64())}), 3, {column});
  ARROW_ASSIGN_OR_RAISE(const auto bytes, skein::SerializedBatch::FromBatch(*batch));
  ARROW_ASSIGN_OR_RAISE(const auto copy, bytes.ToBatch());
  ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches({copy}));
  std::cout << "rows=" << table->num_rows() << " equal=" << copy->Equals(*batch) << "\n";
  return arrow::Status::OK();
}

int main() {
  const auto status = Run();
  if (!status.ok()) std::cerr << status.ToString() << "\n";
  return status.ok() ? 0 : 1;
}
