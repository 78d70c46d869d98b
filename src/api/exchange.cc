#include "skein/exchange.h"

#include <utility>

#include "api/batch_rows.h"
#include "base/error.h"

namespace skein {

Exchange Exchange::Hash(std::vector<std::string> key_columns, uint32_t num_partitions) {
  return Exchange(Partitioner::Hash(std::move(key_columns), num_partitions));
}

Exchange Exchange::RoundRobin(uint32_t num_partitions) { return Exchange(Partitioner::RoundRobin(num_partitions)); }

Exchange Exchange::Gather() { return Broadcast(1); }

Exchange Exchange::Broadcast(uint32_t num_partitions) { return Exchange(Copies{num_partitions}); }

Exchange::Exchange(std::variant<Partitioner, Copies> how) : how_(std::move(how)) {}

arrow::Result<std::vector<arrow::RecordBatchVector>> Exchange::Execute(const arrow::RecordBatchVector& batches) const {
  if (const auto* partitioner = std::get_if<Partitioner>(&how_)) return partitioner->Partition(batches);
  // One partition that has all the rows is what dealing them in turn to one makes.
  ARROW_ASSIGN_OR_RAISE(auto all, Partitioner::RoundRobin(1).Partition(batches));
  const auto count = std::get<Copies>(how_).count;
  if (count == 0 || count > kMaxPartitions) {
    return core::UserError("cannot copy to " + std::to_string(count) + " partitions, only to 1 to " +
                           std::to_string(kMaxPartitions));
  }
  return std::vector<arrow::RecordBatchVector>(count, std::move(all[0]));
}

}  // namespace skein
