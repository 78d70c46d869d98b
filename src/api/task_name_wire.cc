#include "api/task_name_wire.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"

namespace skein {
namespace {

/// Reads 16 hexadecimal digits.
std::optional<uint64_t> NumberOf(std::string_view hex) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  const bool is_whole = error == std::errc() && end == hex.data() + hex.size();
  return is_whole && hex.size() == 16 ? std::optional(number) : std::nullopt;
}

/// Reads what QueryId::ToString writes.
std::optional<core::QueryId> QueryOf(std::string_view hex) {
  if (hex.size() != 32) return std::nullopt;
  const auto high = NumberOf(hex.substr(0, 16));
  const auto low = NumberOf(hex.substr(16));
  return high && low ? std::optional(core::QueryId{*high, *low}) : std::nullopt;
}

}  // namespace

arrow::Result<wire::TaskName> NameToWire(const TaskAttempt& task) {
  const auto query = QueryOf(task.id.query);
  if (!query) {
    return core::UserError("not the id of a query, 32 hexadecimal digits: '" + task.id.query + "'");
  }
  wire::TaskName name;
  name.set_query(query->ToBytes());
  name.set_stage(task.id.stage);
  name.set_task(task.id.task);
  name.set_attempt(task.attempt);
  name.set_incarnation(task.incarnation);
  return name;
}

arrow::Result<TaskAttempt> NameFromWire(const wire::TaskName& name) {
  const auto query = core::QueryId::FromBytes(name.query());
  if (!query.ok()) return arrow::Status::Invalid("a task's name without the id of its query");
  return TaskAttempt{{query->ToString(), name.stage(), name.task()}, name.attempt(), name.incarnation()};
}

}  // namespace skein
