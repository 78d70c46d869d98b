// The names of things that every message carries. Values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/result.h>

namespace skein::core {

using StageId = uint32_t;
using ExchangeId = uint32_t;
/// Numbers the scans of one stage from 0.
using ScanId = uint32_t;
using SplitId = uint32_t;
using AttemptId = uint32_t;
/// One life of a worker process: a restarted worker has another one.
using Incarnation = uint64_t;

/// 128 random bits: nobody can guess the streams of a query.
struct QueryId {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const QueryId&) const = default;

  /// Draws a new id from the operating system's random source.
  static QueryId Random();
  /// 32 hexadecimal digits.
  std::string ToString() const;
  /// 16 bytes for the wire.
  std::string ToBytes() const;
  static arrow::Result<QueryId> FromBytes(std::string_view bytes);
};

/// One attempt at one task of one stage of one query, in one life of a worker.
struct TaskKey {
  QueryId query;
  StageId stage = 0;
  uint32_t task = 0;
  AttemptId attempt = 0;
  Incarnation incarnation = 0;
  auto operator<=>(const TaskKey&) const = default;

  /// "stage=2 task=1 attempt=0"
  std::string ToString() const;
};

/// Fills `size` bytes from the operating system's random source and returns them as hexadecimal digits.
std::string RandomHex(int size);
uint64_t RandomUint64();

}  // namespace skein::core
