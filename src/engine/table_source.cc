// Splits that are rows of a table in a database file: DuckDB's own table scan, with a filter on the row id, by which it
// skips all other row groups. Each task attaches the file read only and detaches it at its end, so that nobody keeps it
// locked longer than the query runs.
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/types/uuid.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "engine/file_version.h"
#include "engine/split_source.h"
#include "engine/table_splits.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

// A database file of this process, under a name of its own.
class OpenDatabase {
 public:
  OpenDatabase(duckdb::ClientContext& context, const std::string& path) : context_(context.shared_from_this()) {
    duckdb::AttachInfo info;
    info.name = "skein_" + duckdb::UUID::ToString(duckdb::UUID::GenerateRandomUUID());
    info.path = path;
    duckdb::AttachOptions options(info.options, duckdb::AccessMode::READ_ONLY);
    options.visibility = duckdb::AttachVisibility::HIDDEN;
    database_ = duckdb::DatabaseManager::Get(context).AttachDatabase(context, info, options);
    name_ = info.name;
  }
  ~OpenDatabase() {
    try {
      database_.reset();
      duckdb::DatabaseManager::Get(*context_).DetachDatabase(*context_, name_, duckdb::OnEntryNotFound::RETURN_NULL);
    } catch (const std::exception&) {
      // What could fail is to close a file that was only read.
    }
  }
  OpenDatabase(const OpenDatabase&) = delete;
  OpenDatabase& operator=(const OpenDatabase&) = delete;

  duckdb::TableCatalogEntry& Find(const std::string& schema, const std::string& table) {
    return database_->GetCatalog().GetEntry<duckdb::TableCatalogEntry>(*context_, schema, table);
  }

 private:
  /// A scan's state can outlive its query by the moment that the thread which woke it last needs to let it go.
  const duckdb::shared_ptr<duckdb::ClientContext> context_;
  std::string name_;
  duckdb::shared_ptr<duckdb::AttachedDatabase> database_;
};

class TableSource : public SplitSource {
 public:
  TableSource(duckdb::ClientContext& context, const SplitScanSpec& spec,
              duckdb::unique_ptr<duckdb::TableFilterSet> all_filters)
      : path(spec.table()->path),
        column_ids(spec.column_ids),
        projection_ids(spec.projection_ids),
        filters(std::move(all_filters)),
        database_(context, path) {
    auto& table = database_.Find(spec.table()->schema, spec.table()->table);
    if (VersionOf(table) != spec.table()->version) ThrowReplaced(spec.table()->path);
    function = table.GetScanFunction(context, bind_data);
    AddRowId();
  }
  std::unique_ptr<SplitReader> MakeReader(duckdb::ExecutionContext& context) override;

  /// The scan's filters, and that the row is in [begin, end).
  duckdb::unique_ptr<duckdb::TableFilterSet> FiltersFor(const TableSplit& split) const {
    auto all = filters ? filters->Copy() : duckdb::make_uniq<duckdb::TableFilterSet>();
    auto in_range = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
    const auto add = [&](duckdb::ExpressionType comparison, int64_t row) {
      in_range->child_filters.push_back(
          duckdb::make_uniq<duckdb::ConstantFilter>(comparison, duckdb::Value::BIGINT(row)));
    };
    add(duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO, split.begin);
    add(duckdb::ExpressionType::COMPARE_LESSTHAN, split.end);
    auto& of_row_id = all->filters[row_id_];
    if (of_row_id) in_range->child_filters.push_back(std::move(of_row_id));
    of_row_id = std::move(in_range);
    return all;
  }

  const std::string path;
  duckdb::vector<duckdb::ColumnIndex> column_ids;
  duckdb::vector<idx_t> projection_ids;
  duckdb::TableFunction function;
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  const duckdb::unique_ptr<duckdb::TableFilterSet> filters;

 private:
  // The filter wants its column among those that are scanned, and the scan's own columns come out alone.
  void AddRowId() {
    for (row_id_ = 0; row_id_ < column_ids.size(); row_id_++) {
      if (column_ids[row_id_].IsRowIdColumn()) return;
    }
    if (projection_ids.empty()) {
      for (idx_t i = 0; i < column_ids.size(); i++) projection_ids.push_back(i);
    }
    column_ids.emplace_back(duckdb::COLUMN_IDENTIFIER_ROW_ID);
  }

  OpenDatabase database_;
  idx_t row_id_ = 0;
};

class TableSplitReader : public SplitReader {
 public:
  TableSplitReader(duckdb::ExecutionContext& context, TableSource& source) : context_(context), source_(source) {}

  bool Begin(const Split& split) override {
    const auto rows = TableSplit::FromBytes(split.payload);
    const auto version = FileVersion::Of(source_.path);
    if (rows.modified_ns != 0 &&
        (!version || version->size != rows.file_size || version->modified_ns != rows.modified_ns)) {
      ThrowReplaced(source_.path);
    }
    local_.reset();
    filters_ = source_.FiltersFor(rows);
    duckdb::TableFunctionInitInput input(source_.bind_data.get(), source_.column_ids, source_.projection_ids,
                                         filters_.get());
    global_ = source_.function.init_global(context_.client, input);
    local_ = source_.function.init_local(context_, input, global_.get());
    return true;
  }

  bool Next(duckdb::DataChunk& out) override {
    duckdb::TableFunctionInput input(source_.bind_data.get(), local_.get(), global_.get());
    source_.function.function(context_.client, input, out);
    return out.size() > 0;
  }

 private:
  duckdb::ExecutionContext& context_;
  TableSource& source_;
  duckdb::unique_ptr<duckdb::TableFilterSet> filters_;
  duckdb::unique_ptr<duckdb::GlobalTableFunctionState> global_;
  duckdb::unique_ptr<duckdb::LocalTableFunctionState> local_;
};

std::unique_ptr<SplitReader> TableSource::MakeReader(duckdb::ExecutionContext& context) {
  return std::make_unique<TableSplitReader>(context, *this);
}

}  // namespace

std::unique_ptr<SplitSource> MakeTableSource(duckdb::ClientContext& context, const SplitScanSpec& spec,
                                             duckdb::unique_ptr<duckdb::TableFilterSet> filters) {
  return std::make_unique<TableSource>(context, spec, std::move(filters));
}

}  // namespace skein::core
