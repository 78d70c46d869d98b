#include "api/stage_sql.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include <arrow/scalar.h>
#include <arrow/type.h>

#include "api/range_boundaries.h"
#include "base/valid_text.h"
#include "engine/batch_kernels.h"
#include "extension/stage_text.h"

namespace skein {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

std::string TimestampType(const arrow::TimestampType& type) {
  if (!type.timezone().empty()) return "TIMESTAMPTZ";
  const char* names[] = {"TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"};
  return names[static_cast<int>(type.unit())];
}

std::string TypeInSql(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return "BOOLEAN";
    case arrow::Type::INT32:
      return "INTEGER";
    case arrow::Type::INT64:
      return "BIGINT";
    case arrow::Type::UINT64:
      return "UBIGINT";
    case arrow::Type::DOUBLE:
      return "DOUBLE";
    case arrow::Type::STRING:
      return "VARCHAR";
    case arrow::Type::DATE32:
      return "DATE";
    case arrow::Type::TIMESTAMP:
      return TimestampType(static_cast<const arrow::TimestampType&>(type));
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      return "DECIMAL(" + std::to_string(decimal.precision()) + ", " + std::to_string(decimal.scale()) + ")";
    }
    default:
      return "";
  }
}

// With its type: compared with a column of another one, neither loses digits.
arrow::Result<std::string> ToSql(const RangeBoundary& boundary) {
  const auto& value = boundary.value();
  if (!value || !value->is_valid) return arrow::Status::Invalid("a boundary is NULL");
  const auto type = TypeInSql(*value->type);
  if (type.empty())
    return arrow::Status::NotImplemented("a boundary of a stage has another type: ", boundary.ToString());
  return "CAST(" + Quoted(value->ToString()) + " AS " + type + ")";
}

arrow::Status CheckAscent(const RangePartitioning& range) {
  if (range.boundaries.empty() || !range.boundaries[0].value()) return arrow::Status::OK();
  const auto kernels = core::BatchKernels::Make();
  const arrow::Field key(range.key_column, range.boundaries[0].value()->type);
  return BoundaryKeys(*kernels, key, range.boundaries).status();
}

const QueryStage* ReaderOf(uint32_t stage, const std::vector<QueryStage>& stages) {
  const auto reads = [&](const QueryStage& other) {
    return std::count(other.dependencies().begin(), other.dependencies().end(), stage) > 0;
  };
  const auto at = std::find_if(stages.begin(), stages.end(), reads);
  return at == stages.end() ? nullptr : &*at;
}

/// Writes the strategy into the stage's output.
struct OutputWriter {
  core::StageSpec& spec;
  const QueryStage& reader;

  arrow::Status CheckCount(uint32_t partitions) const {
    if (partitions == reader.num_partitions()) return arrow::Status::OK();
    return arrow::Status::Invalid("stage ", spec.id, " is partitioned into ", partitions, ", but stage ", reader.id(),
                                  ", which depends on it, has ", reader.num_partitions(), " partitions");
  }
  arrow::Status operator()(const HashPartitioning& hash) const {
    ARROW_RETURN_NOT_OK(CheckCount(hash.num_partitions));
    spec.output = core::ExchangeKind::kHash;
    spec.keys = hash.key_columns;
    return arrow::Status::OK();
  }
  arrow::Status operator()(const RangePartitioning& range) const {
    ARROW_RETURN_NOT_OK(CheckCount(static_cast<uint32_t>(range.boundaries.size()) + 1));
    ARROW_RETURN_NOT_OK(CheckAscent(range));
    spec.output = core::ExchangeKind::kRange;
    spec.keys = {range.key_column};
    for (const auto& boundary : range.boundaries) {
      ARROW_ASSIGN_OR_RAISE(auto sql, ToSql(boundary));
      spec.boundaries.push_back(std::move(sql));
    }
    return arrow::Status::OK();
  }
  arrow::Status operator()(const RoundRobinPartitioning& in_turn) const {
    ARROW_RETURN_NOT_OK(CheckCount(in_turn.num_partitions));
    spec.output = core::ExchangeKind::kRoundRobin;
    return arrow::Status::OK();
  }
};

arrow::Status SetOutput(const QueryStage& stage, const QueryStage& reader, core::StageSpec& spec) {
  if (stage.partition_strategy()) return std::visit(OutputWriter{spec, reader}, *stage.partition_strategy());
  if (stage.requires_shuffle()) {
    spec.output = core::ExchangeKind::kRoundRobin;
  } else {
    spec.output = reader.num_partitions() == 1 ? core::ExchangeKind::kGather : core::ExchangeKind::kBroadcast;
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::string> WriteStageSql(const std::vector<QueryStage>& stages) {
  std::vector<core::StageSpec> specs;
  for (const auto& stage : stages) {
    core::StageSpec spec;
    spec.id = stage.id();
    spec.sql = stage.plan().sql();
    if (core::ValidText(spec.sql) != spec.sql) {
      return arrow::Status::Invalid("stage ", stage.id(), ": its SQL is not UTF-8");
    }
    spec.tasks = stage.num_partitions();
    spec.dependencies = stage.dependencies();
    const auto* reader = ReaderOf(stage.id(), stages);
    if (reader != nullptr) ARROW_RETURN_NOT_OK(SetOutput(stage, *reader, spec));
    specs.push_back(std::move(spec));
  }
  return "FROM skein_run_stages(" + Quoted(core::WriteStages(specs)) + ")";
}

}  // namespace skein
