#include "skein/serialized_batch.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>

#include "api/batch_rows.h"

namespace skein {

arrow::Result<SerializedBatch> SerializedBatch::FromBatch(const arrow::RecordBatch& batch) {
  return FromBatches({batch.Slice(0)});
}

arrow::Result<SerializedBatch> SerializedBatch::FromBatches(const arrow::RecordBatchVector& batches) {
  if (batches.empty()) return arrow::Status::Invalid("no batch to serialize: an empty one carries the schema");
  for (size_t i = 0; i < batches.size(); i++) {
    ARROW_RETURN_NOT_OK(CheckIsThere(batches[i], "batch " + std::to_string(i)));
  }
  ARROW_ASSIGN_OR_RAISE(auto out, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(out, batches[0]->schema()));
  for (size_t i = 0; i < batches.size(); i++) {
    if (!batches[i]->schema()->Equals(*batches[0]->schema())) {
      return arrow::Status::Invalid("batch ", i,
                                    " has another schema than the first: ", batches[i]->schema()->ToString());
    }
    ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batches[i]));
  }
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(auto bytes, out->Finish());
  return SerializedBatch(std::move(bytes));
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> SerializedBatch::ToBatch() const {
  ARROW_ASSIGN_OR_RAISE(auto batches, ToBatches());
  if (batches.size() != 1) return arrow::Status::Invalid("the bytes hold ", batches.size(), " batches, not one");
  return batches[0];
}

arrow::Result<arrow::RecordBatchVector> SerializedBatch::ToBatches() const {
  if (!bytes_) return arrow::Status::Invalid("bytes is a null pointer");
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(
                                         std::make_shared<arrow::io::BufferReader>(bytes_), options));
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->ToRecordBatches());
  for (const auto& batch : batches) ARROW_RETURN_NOT_OK(batch->ValidateFull());
  return batches;
}

}  // namespace skein
