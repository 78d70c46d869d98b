#include "engine/fragment_rows.h"

#include <memory>
#include <utility>

#include <arrow/c/bridge.h>

#include "duckdb/common/arrow/arrow_converter.hpp"
#include "duckdb/common/arrow/arrow_type_extension.hpp"
#include "engine/block_codec.h"
#include "engine/fragment_codec.h"

namespace skein::core {

arrow::Result<arrow::RecordBatchVector> RowsOfFragment(duckdb::Connection& connection, const std::string& fragment,
                                                       const std::vector<Block>& blocks) {
  auto& context = *connection.context;
  const auto plan = DecodeFragment(connection, fragment);
  const auto& types = plan->children[0]->types;
  duckdb::vector<std::string> names;
  for (size_t i = 0; i < types.size(); i++) names.push_back("c" + std::to_string(i));
  auto properties = context.GetClientProperties();
  ArrowSchema c_schema;
  duckdb::ArrowConverter::ToArrowSchema(&c_schema, types, names, properties);
  ARROW_ASSIGN_OR_RAISE(const auto schema, arrow::ImportSchema(&c_schema));
  const auto extensions = duckdb::ArrowTypeExtensionData::GetExtensionTypes(context, types);
  arrow::RecordBatchVector batches;
  for (const auto& block : blocks) {
    const auto decoder = BlockDecoder::Make(context, block.codec, types);
    ARROW_RETURN_NOT_OK(decoder->Start(block));
    while (true) {
      duckdb::DataChunk chunk;
      chunk.Initialize(context, types);
      ARROW_ASSIGN_OR_RAISE(const bool has_rows, decoder->Next(chunk));
      if (!has_rows) break;
      ArrowArray array;
      duckdb::ArrowConverter::ToArrowArray(chunk, &array, properties, extensions);
      ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ImportRecordBatch(&array, schema));
      batches.push_back(std::move(batch));
    }
  }
  return batches;
}

}  // namespace skein::core
