// Puts orders into partitions by hash, range and in turn, sends them through exchanges, and merges sorted partitions.
#include <iostream>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <skein/exchange.h>
#include <skein/merge.h>
#include <skein/partitioner.h>

namespace {

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Orders(int64_t first, int64_t count) {
  arrow::Int64Builder id;
  arrow::StringBuilder customer;
  for (int64_t order = first; order < first + count; order++) {
    ARROW_RETURN_NOT_OK(id.Append(order));
    ARROW_RETURN_NOT_OK(customer.Append("customer " + std::to_string(order % 10)));
  }
  const auto schema = arrow::schema({arrow::field("id", arrow::int64()), arrow::field("customer", arrow::utf8())});
  ARROW_ASSIGN_OR_RAISE(auto ids, id.Finish());
  ARROW_ASSIGN_OR_RAISE(auto customers, customer.Finish());
  return arrow::RecordBatch::Make(schema, count, {ids, customers});
}

void Print(const std::string& what, const std::vector<arrow::RecordBatchVector>& partitions) {
  std::cout << what << ": rows";
  for (const auto& partition : partitions) {
    int64_t rows = 0;
    for (const auto& batch : partition) rows += batch->num_rows();
    std::cout << " " << rows;
  }
  std::cout << "\n";
}

arrow::Status Run() {
  ARROW_ASSIGN_OR_RAISE(const auto first, Orders(0, 1000));
  ARROW_ASSIGN_OR_RAISE(const auto second, Orders(1000, 2000));
  const arrow::RecordBatchVector orders{first, second};

  // All orders of a customer are in one partition: that of the same hash as in a distributed query.
  ARROW_ASSIGN_OR_RAISE(const auto by_customer, skein::Partitioner::Hash({"customer"}, 4).Partition(orders));
  Print("by customer", by_customer);

  // Two boundaries make three partitions: below 500, from 500 to 2499, and the rest.
  const skein::PartitionStrategy strategy =
      skein::RangePartitioning{"id", {skein::RangeBoundary::Int64(500), skein::RangeBoundary::Int64(2500)}};
  ARROW_ASSIGN_OR_RAISE(const auto by_id, skein::Partitioner::Make(strategy).Partition(orders));
  Print(skein::ToString(strategy), by_id);

  ARROW_ASSIGN_OR_RAISE(const auto in_turn, skein::Partitioner::RoundRobin(3).Partition(orders));
  Print("in turn", in_turn);

  ARROW_ASSIGN_OR_RAISE(const auto gathered, skein::Exchange::Gather().Execute(orders));
  Print("gathered", gathered);

  // Rows of one batch keep their order in a partition, so each of them is sorted by id.
  const auto merge = skein::Merge::Sorted(first->schema(), {{"id", /*ascending=*/true, /*nulls_first=*/false}});
  ARROW_ASSIGN_OR_RAISE(const auto sorted, merge.Execute(by_customer));
  Print("merged", {sorted});
  return arrow::Status::OK();
}

}  // namespace

int main() {
  const auto status = Run();
  if (!status.ok()) std::cerr << status.ToString() << "\n";
  return status.ok() ? 0 : 1;
}
