// Splits that are CSV or JSON files, or lines of one, each read by DuckDB's own table function with the bind data of
// the planned scan, in which the list of files has only the split's.
#include <limits>

#include "duckdb/common/multi_file/multi_file_function.hpp"
#include "duckdb/function/table/read_csv.hpp"
#include "engine/file_version.h"
#include "engine/line_range.h"
#include "engine/read_error.h"
#include "engine/split_source.h"
#include "engine/text_bind.h"
#include "json_functions.hpp"
#include "json_reader.hpp"

namespace skein::core {
namespace {

using duckdb::idx_t;

// A list of the only file that a reader sees, one of many for DuckDB, which looks anew at each file of a list.
class OneOfMany : public duckdb::SimpleMultiFileList {
 public:
  OneOfMany(const std::string& path, idx_t file_count)
      : SimpleMultiFileList({duckdb::OpenFileInfo(path)}), file_count_(file_count) {}
  duckdb::FileExpandResult GetExpandResult() const override { return duckdb::FileExpandResult::MULTIPLE_FILES; }
  idx_t GetTotalFileCount() const override { return file_count_; }

 private:
  const idx_t file_count_;
};

// Gives the split's file the place that it has in the planned list, and DuckDB's messages the first file of that.
class ReaderOfOne : public duckdb::MultiFileReader {
 public:
  ReaderOfOne(const TextSplit& split, const std::string& first_file)
      : split_(split), files_({duckdb::OpenFileInfo(first_file)}) {}

  duckdb::ReaderInitializeType InitializeReader(duckdb::MultiFileReaderData& file,
                                                const duckdb::MultiFileBindData& bind_data,
                                                const duckdb::vector<duckdb::MultiFileColumnDefinition>& columns,
                                                const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                                                duckdb::optional_ptr<duckdb::TableFilterSet> filters,
                                                duckdb::ClientContext& context,
                                                duckdb::MultiFileGlobalState& global) override {
    file.reader->file_list_idx = split_.file_index;
    // CSV is open already: see csv_bind.h.
    if (auto* json = dynamic_cast<duckdb::JSONReader*>(file.reader.get())) OpenJson(*json);
    file.reader->file.path = split_.path;
    FinalizeBind(file, bind_data.file_options, bind_data.reader_bind, columns, column_ids, context,
                 global.multi_file_reader_state.get());
    return CreateMapping(context, file, columns, column_ids, filters, files_, bind_data.reader_bind,
                         bind_data.virtual_columns);
  }

 private:
  // What the reader has open is the lines, or the file in the client's folder, what it is called is what the user
  // wrote.
  void OpenJson(duckdb::JSONReader& reader) const {
    if (split_.is_whole() && split_.folder.empty()) return;  // it opens the file itself, later
    const auto path = split_.path_to_open();
    reader.file.path = split_.is_whole() ? path : LineRangePath(path, split_.begin, split_.end);
    reader.OpenJSONFile();
  }

  const TextSplit split_;
  duckdb::SimpleMultiFileList files_;
};

// JSON files are read from begin to end by whoever reads them where the list has more files than the process threads;
// CSV files always are by a single thread, and where columns are united by name the count must be that of the files.
idx_t FileCountFor(TextFormat format) { return format == TextFormat::kJson ? std::numeric_limits<uint32_t>::max() : 1; }

class TextSource : public SplitSource {
 public:
  TextSource(const SplitScanSpec& of_scan, duckdb::unique_ptr<duckdb::TableFilterSet> all_filters)
      : spec(of_scan),
        filters(std::move(all_filters)),
        function(spec.text().format == TextFormat::kCsv ? duckdb::ReadCSVTableFunction::GetFunction()
                                                        : duckdb::JSONFunctions::GetReadJSONTableFunction(nullptr)) {}
  std::unique_ptr<SplitReader> MakeReader(duckdb::ExecutionContext& context) override;

  duckdb::unique_ptr<duckdb::MultiFileBindData> BindTo(duckdb::ClientContext& context, const TextSplit& split) const {
    const auto& files = spec.text();
    auto bind_data = duckdb::make_uniq<duckdb::MultiFileBindData>();
    bind_data->names = spec.names;
    bind_data->types = spec.types;
    bind_data->columns = duckdb::MultiFileColumnDefinition::ColumnsFromNamesAndTypes(spec.names, spec.types);
    bind_data->virtual_columns = spec.virtual_columns;
    bind_data->reader_bind = files.reader_bind;
    bind_data->file_list = duckdb::make_shared_ptr<OneOfMany>(split.path_to_open(), FileCountFor(files.format));
    bind_data->multi_file_reader = duckdb::make_uniq<ReaderOfOne>(split, files.first_file);
    FillBound(context, files, split, *bind_data);
    return bind_data;
  }

  const SplitScanSpec& spec;
  const duckdb::unique_ptr<duckdb::TableFilterSet> filters;
  const duckdb::TableFunction function;
};

class TextSplitReader : public SplitReader {
 public:
  TextSplitReader(duckdb::ExecutionContext& context, TextSource& source) : context_(context), source_(source) {}
  ~TextSplitReader() override { Close(); }

  bool Begin(const Split& split) override {
    split_ = TextSplit::FromBytes(split.payload);
    opened_.reset();
    try {
      bind_data_ = source_.BindTo(context_.client, split_);
      Open();
    } catch (const std::exception& error) {
      ThrowError(error);
    }
    if (local_) return true;
    CheckOpened();
    Close();
    return false;
  }

  bool Next(duckdb::DataChunk& out) override {
    duckdb::TableFunctionInput input(bind_data_.get(), local_.get(), global_.get());
    try {
      source_.function.function(context_.client, input, out);
    } catch (const std::exception& error) {
      if (!split_.is_whole()) ReadWhole(error, out);
      ThrowError(error);
    }
    // Not before the first rows: until then a reader of JSON may not have opened the file.
    if (!opened_) CheckOpened();
    if (out.size() > 0) return true;
    CheckUnchanged();
    Close();
    return false;
  }

 private:
  void Open() {
    duckdb::TableFunctionInitInput input(bind_data_.get(), source_.spec.column_ids, source_.spec.projection_ids,
                                         source_.filters.get());
    global_ = source_.function.init_global(context_.client, input);
    local_ = source_.function.init_local(context_, input, global_.get());
  }

  // In the order in which each looks into the next.
  void Close() {
    local_.reset();
    global_.reset();
    bind_data_.reset();
  }

  // The lines' numbers in a message are those of the whole file: read from its begin, it says what DuckDB would.
  void ReadWhole(const std::exception& error, duckdb::DataChunk& out) {
    const auto type = duckdb::ErrorData(error).Type();
    if (type != duckdb::ExceptionType::INVALID_INPUT && type != duckdb::ExceptionType::CONVERSION) return;
    split_.begin = split_.end = 0;
    Close();
    bind_data_ = source_.BindTo(context_.client, split_);
    try {
      Open();
      duckdb::TableFunctionInput input(bind_data_.get(), local_.get(), global_.get());
      do {
        if (context_.client.IsInterrupted()) throw duckdb::InterruptException();
        out.Reset();
        source_.function.function(context_.client, input, out);
      } while (out.size() > 0);
    } catch (const std::exception& of_whole) {
      ThrowError(of_whole);
    }
  }

  bool IsPlanned(const std::optional<FileVersion>& version) const {
    return split_.modified_ns == 0 ||
           (version && version->size == split_.file_size && version->modified_ns == split_.modified_ns);
  }

  // The file is open: what its path stands for now is what is read, also when another takes its place later.
  void CheckOpened() {
    opened_ = FileVersion::Of(split_.path_to_open());
    if (!IsPlanned(opened_)) ThrowChanged(split_.path);
    if (!opened_) opened_ = FileVersion{};
  }

  void CheckUnchanged() const {
    if (opened_ && opened_->IsOverwritten(FileVersion::Of(split_.path_to_open()))) ThrowChanged(split_.path);
  }

  // A file that is gone is DuckDB's error; of one that changed, what it says is not about what was planned.
  [[noreturn]] void ThrowError(const std::exception& error) {
    CheckUnchanged();
    const auto now = FileVersion::Of(split_.path_to_open());
    if (!opened_ && now && !IsPlanned(now)) ThrowChanged(split_.path);
    ThrowReadError(split_.path, error);
  }

  duckdb::ExecutionContext& context_;
  TextSource& source_;
  TextSplit split_;
  std::optional<FileVersion> opened_;
  duckdb::unique_ptr<duckdb::MultiFileBindData> bind_data_;
  duckdb::unique_ptr<duckdb::GlobalTableFunctionState> global_;
  duckdb::unique_ptr<duckdb::LocalTableFunctionState> local_;
};

std::unique_ptr<SplitReader> TextSource::MakeReader(duckdb::ExecutionContext& context) {
  return std::make_unique<TextSplitReader>(context, *this);
}

}  // namespace

std::unique_ptr<SplitSource> MakeTextSource(duckdb::ClientContext&, const SplitScanSpec& spec,
                                            duckdb::unique_ptr<duckdb::TableFilterSet> filters) {
  return std::make_unique<TextSource>(spec, std::move(filters));
}

}  // namespace skein::core
