#include "engine/table_splits.h"

#include <algorithm>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/duck_table_entry.hpp"
#include "duckdb/common/types/blob.hpp"
#include "duckdb/function/table/table_scan.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/storage/data_table.hpp"
#include "duckdb/storage/single_file_block_manager.hpp"
#include "duckdb/storage/storage_manager.hpp"
#include "engine/file_version.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

// A split is found by looking at all row groups before it: more of them are of no use.
constexpr uint64_t kMaxSplits = 1024;

const duckdb::TableScanBindData* BindDataOf(const duckdb::LogicalGet& get) {
  return dynamic_cast<const duckdb::TableScanBindData*>(get.bind_data.get());
}

}  // namespace

bool IsTableScan(const duckdb::LogicalGet& get) {
  const auto* bind_data = BindDataOf(get);
  return bind_data != nullptr && bind_data->table.IsDuckTable();
}

std::string WhyNotOpenToWorkers(duckdb::LogicalGet& get) {
  const auto& bind_data = *BindDataOf(get);
  auto& catalog = bind_data.table.ParentCatalog();
  const auto& database = catalog.GetAttached();
  if (catalog.InMemory() || database.IsTemporary()) return "a table of the client's database";
  if (!database.IsReadOnly()) return "a table in a file that the client holds open for writing";
  if (catalog.IsEncrypted()) return "a table in an encrypted file";
  if (SkipsRowGroups(bind_data.order_options.get()) || SkipsRowGroups(get.row_group_order_options.get())) {
    return "the scan skips row groups of an OFFSET";
  }
  if (get.extra_info.sample_options) return "a sample is taken in the scan";
  if (get.ordinality_idx.IsValid()) return "WITH ORDINALITY numbers the rows of one scan";
  return "";
}

bool SkipsRowGroups(const duckdb::RowGroupOrderOptions* options) {
  return options != nullptr && (options->row_group_offset > 0 || options->leading_null_group_offset > 0);
}

TableOfFile TableOf(const duckdb::LogicalGet& get) {
  auto& table = BindDataOf(get)->table;
  return {table.ParentCatalog().GetDBPath(), table.ParentSchema().name, table.name, VersionOf(table)};
}

std::string VersionOf(duckdb::TableCatalogEntry& table) {
  auto& blocks = table.ParentCatalog().GetAttached().GetStorageManager().GetBlockManager();
  auto* file = dynamic_cast<duckdb::SingleFileBlockManager*>(&blocks);
  if (file == nullptr) return "";
  const auto* identifier = duckdb::const_char_ptr_cast(file->GetDBIdentifier());
  const duckdb::string_t bytes(identifier, duckdb::MainHeader::DB_IDENTIFIER_LEN);
  return duckdb::Blob::ToString(bytes) + " " + std::to_string(file->GetCheckpointIteration()) + " " +
         std::to_string(table.Cast<duckdb::DuckTableEntry>().GetStorage().GetTotalRows());
}

TableRows TableRowsOf(const duckdb::LogicalGet& get) {
  const auto& storage = BindDataOf(get)->table.Cast<duckdb::DuckTableEntry>().GetStorage();
  return {storage.GetTotalRows(), std::max<idx_t>(1, storage.GetRowGroupSize())};
}

void ThrowReplaced(const std::string& path) {
  throw duckdb::IOException("\"%s\" is not the version that the client has opened: DETACH it and ATTACH it again",
                            path);
}

std::vector<Split> EnumerateTableSplits(const TableOfFile& table, const TableRows& rows) {
  const auto version = FileVersion::Of(table.path);
  if (version && !version->IsOpenInThisProcess()) ThrowReplaced(table.path);
  TableSplit part;
  part.file_size = version ? version->size : 0;
  part.modified_ns = version ? version->modified_ns : 0;
  const auto groups = (rows.rows + rows.row_group_size - 1) / rows.row_group_size;
  const auto step = std::max<uint64_t>(1, (groups + kMaxSplits - 1) / kMaxSplits) * rows.row_group_size;
  std::vector<Split> splits;
  for (uint64_t begin = 0; begin < rows.rows; begin += step) {
    part.begin = static_cast<int64_t>(begin);
    part.end = static_cast<int64_t>(std::min(begin + step, rows.rows));
    Split split;
    split.id = static_cast<SplitId>(splits.size());
    split.rows = static_cast<uint64_t>(part.end - part.begin);
    split.payload = part.ToBytes();
    splits.push_back(std::move(split));
  }
  return splits;
}

}  // namespace skein::core
