#include "api/checkpoint_list.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/key_value_metadata.h>

#include "exchange/block.h"
#include "skein/serialized_batch.h"

namespace skein {
namespace {

using arrow::internal::checked_cast;

std::shared_ptr<arrow::Schema> ListSchema() {
  return arrow::schema({arrow::field("stage", arrow::uint32(), false), arrow::field("file", arrow::utf8(), false),
                        arrow::field("checksum", arrow::uint64(), false)});
}

// Of all entries: bytes that changed on the disk may still be a valid stream.
constexpr char kChecksumKey[] = "skein.checkpoint";

std::string DigestOf(const std::vector<CheckpointedStage>& stages) {
  std::string text;
  for (const auto& entry : stages) {
    text += std::to_string(entry.stage) + "|" + entry.file + "|" + std::to_string(entry.checksum) + "\n";
  }
  return std::to_string(core::ChecksumOf(*arrow::Buffer::FromString(text)));
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Buffer>> SerializeList(const std::vector<CheckpointedStage>& stages) {
  arrow::UInt32Builder stage;
  arrow::StringBuilder file;
  arrow::UInt64Builder checksum;
  for (const auto& entry : stages) {
    ARROW_RETURN_NOT_OK(stage.Append(entry.stage));
    ARROW_RETURN_NOT_OK(file.Append(entry.file));
    ARROW_RETURN_NOT_OK(checksum.Append(entry.checksum));
  }
  ARROW_ASSIGN_OR_RAISE(auto stage_column, stage.Finish());
  ARROW_ASSIGN_OR_RAISE(auto file_column, file.Finish());
  ARROW_ASSIGN_OR_RAISE(auto checksum_column, checksum.Finish());
  const auto list = arrow::RecordBatch::Make(ListSchema(), static_cast<int64_t>(stages.size()),
                                             {stage_column, file_column, checksum_column});
  const auto digest = arrow::key_value_metadata({kChecksumKey}, {DigestOf(stages)});
  ARROW_ASSIGN_OR_RAISE(const auto bytes, SerializedBatch::FromBatch(*list->ReplaceSchemaMetadata(digest)));
  return bytes.bytes();
}

arrow::Result<std::vector<CheckpointedStage>> ParseList(std::shared_ptr<arrow::Buffer> bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto list, SerializedBatch(std::move(bytes)).ToBatch());
  if (!list->schema()->Equals(*ListSchema())) return arrow::Status::Invalid("not the list of a checkpoint");
  const auto& stage = checked_cast<const arrow::UInt32Array&>(*list->column(0));
  const auto& file = checked_cast<const arrow::StringArray&>(*list->column(1));
  const auto& checksum = checked_cast<const arrow::UInt64Array&>(*list->column(2));
  std::vector<CheckpointedStage> stages;
  for (int64_t row = 0; row < list->num_rows(); row++) {
    stages.push_back({stage.Value(row), file.GetString(row), checksum.Value(row)});
  }
  const auto& metadata = list->schema()->metadata();
  if (!metadata || metadata->Get(kChecksumKey).ValueOr("") != DigestOf(stages)) {
    return arrow::Status::Invalid("the list of a checkpoint does not have its checksum");
  }
  return stages;
}

}  // namespace skein
