#include "skein/messages.h"

#include <string>

#include "api/message_wire.h"
#include "base/error.h"

namespace skein {
namespace {

template <typename Value>
arrow::Result<std::shared_ptr<arrow::Buffer>> SerializeValue(const Value& value) {
  ARROW_ASSIGN_OR_RAISE(const auto message, ToWire(value));
  return arrow::Buffer::FromString(message.SerializeAsString());
}

/// Reads a message and writes it again: what is not the same holds more than is understood here.
template <typename Wire>
auto ParseValue(const arrow::Buffer& bytes) -> decltype(FromWire(Wire())) {
  Wire message;
  if (bytes.size() > INT32_MAX || !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return core::UserError("damaged message: bytes=" + std::to_string(bytes.size()));
  }
  auto value = FromWire(message);
  if (!value.ok()) return core::UserError("damaged message: " + value.status().message());
  ARROW_ASSIGN_OR_RAISE(const auto again, SerializeValue(*value));
  if (!again->Equals(bytes)) return core::UserError("damaged message, or one of another build of Skein");
  return value;
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Buffer>> CoordinatorMessage::Serialize() const { return SerializeValue(value_); }

arrow::Result<CoordinatorMessage> CoordinatorMessage::Parse(const arrow::Buffer& bytes) {
  ARROW_ASSIGN_OR_RAISE(auto value, ParseValue<wire::ToWorker>(bytes));
  return CoordinatorMessage(std::move(value));
}

arrow::Result<std::shared_ptr<arrow::Buffer>> WorkerMessage::Serialize() const { return SerializeValue(value_); }

arrow::Result<WorkerMessage> WorkerMessage::Parse(const arrow::Buffer& bytes) {
  ARROW_ASSIGN_OR_RAISE(auto value, ParseValue<wire::FromWorker>(bytes));
  return WorkerMessage(std::move(value));
}

}  // namespace skein
