// The names of tasks, workers' lives and queries, as messages and failures carry them. Values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace skein {

/// A task of a query, whatever its attempt. A query that runs again as a whole is its task 0 of stage 0.
struct TaskId {
  /// The query's id: in messages 32 hexadecimal digits.
  std::string query;
  uint32_t stage = 0;
  uint32_t task = 0;
  auto operator<=>(const TaskId&) const = default;
};

/// One attempt at a task, in one life of a worker process.
struct TaskAttempt {
  TaskId id;
  uint32_t attempt = 0;
  uint64_t incarnation = 0;
  auto operator<=>(const TaskAttempt&) const = default;
};

}  // namespace skein
