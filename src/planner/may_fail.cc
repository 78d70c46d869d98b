#include "planner/may_fail.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"

namespace skein::core {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

// The digits before the point that a value of an exact numeric type can have; 0 for other types.
int WholeDigits(const LogicalType& type) {
  if (type.IsIntegral() && duckdb::GetTypeIdSize(type.InternalType()) == 16) return 39;  // DuckDB says 38
  uint8_t width = 0;
  uint8_t scale = 0;
  if (!type.IsIntegral() && type.id() != LogicalTypeId::DECIMAL) return 0;
  if (!type.GetDecimalProperties(width, scale)) return 0;
  return width - scale;
}

bool IsSigned(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::HUGEINT:
      return true;
    default:
      return false;
  }
}

// An integer of more bytes holds any of fewer; one with a sign holds all without one only then.
bool IsWiderInteger(const LogicalType& from, const LogicalType& to) {
  const auto from_bytes = duckdb::GetTypeIdSize(from.InternalType());
  const auto to_bytes = duckdb::GetTypeIdSize(to.InternalType());
  if (IsSigned(from) && !IsSigned(to)) return false;
  return to_bytes > from_bytes;
}

// Rounding may carry into one digit more.
bool HoldsAllDigits(const LogicalType& from, const LogicalType& to) {
  const int digits = WholeDigits(from);
  if (digits == 0 && from.id() != LogicalTypeId::DECIMAL) return false;
  const int carried =
      from.id() == LogicalTypeId::DECIMAL && duckdb::DecimalType::GetScale(from) > duckdb::DecimalType::GetScale(to)
          ? 1
          : 0;
  return WholeDigits(to) >= digits + carried;
}

bool IsSafeCast(const LogicalType& from, const LogicalType& to) {
  if (from == to || from.id() == LogicalTypeId::SQLNULL) return true;
  if (from.IsNested() || to.IsJSONType()) return false;
  const bool is_exact = from.IsIntegral() || from.id() == LogicalTypeId::DECIMAL;
  if (to.id() == LogicalTypeId::VARCHAR)
    return from.IsNumeric() || from.id() == LogicalTypeId::BOOLEAN || from.id() == LogicalTypeId::VARCHAR ||
           from.id() == LogicalTypeId::ENUM;
  if (to.id() == LogicalTypeId::DOUBLE) return is_exact || from.id() == LogicalTypeId::FLOAT;
  if (from.IsIntegral() && to.IsIntegral()) return IsWiderInteger(from, to);
  return is_exact && to.id() == LogicalTypeId::DECIMAL && HoldsAllDigits(from, to);
}

bool IsSafeCast(const duckdb::BoundCastExpression& cast) {
  return cast.try_cast || IsSafeCast(cast.child->return_type, cast.return_type);
}

// Positions in texts that are beyond 32 bits are an error.
bool IsPositionInText(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return false;
  const auto& value = expression.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull()) return true;
  if (value.type() != LogicalType::BIGINT) return false;
  const auto position = value.GetValue<int64_t>();
  return position >= INT32_MIN && position <= INT32_MAX;
}

// Functions that give a value, or NULL, whatever their arguments are.
bool IsSafeFunction(const duckdb::BoundFunctionExpression& call) {
  static const std::set<std::string> kSafe = {"ascii",
                                              "bit_count",
                                              "concat",
                                              "concat_ws",
                                              "contains",
                                              "hash",
                                              "length",
                                              "list_concat",
                                              "list_contains",
                                              "list_value",
                                              "lower",
                                              "ltrim",
                                              "md5",
                                              "nfc_normalize",
                                              "prefix",
                                              "replace",
                                              "reverse",
                                              "row",
                                              "rtrim",
                                              "starts_with",
                                              "strip_accents",
                                              "strlen",
                                              "struct_extract",
                                              "struct_extract_at",
                                              "struct_pack",
                                              "suffix",
                                              "trim",
                                              "upper",
                                              "||",
                                              "~~"};
  static const std::set<std::string> kElement = {"array_extract", "list_extract"};
  static const std::set<std::string> kSubstring = {"left", "right", "substr", "substring"};
  static const std::set<std::string> kSafeOfDates = {"day", "month", "quarter", "week", "year"};
  const auto& name = call.function.name;
  if (kSafe.contains(name) || name.rfind("icu_collate_", 0) == 0) return true;
  if (kSafeOfDates.contains(name)) {
    const auto type = call.children[0]->return_type.id();
    return type == LogicalTypeId::DATE || type == LogicalTypeId::TIMESTAMP;
  }
  if (!kElement.contains(name) && !kSubstring.contains(name)) return false;
  if (call.children[0]->return_type.id() != LogicalTypeId::VARCHAR) return kElement.contains(name);
  return std::all_of(call.children.begin() + 1, call.children.end(),
                     [](const auto& child) { return IsPositionInText(*child); });
}

// Says it of the expression without those below it.
bool IsSafe(const duckdb::Expression& expression) {
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::BOUND_BETWEEN:
    case duckdb::ExpressionClass::BOUND_CASE:
    case duckdb::ExpressionClass::BOUND_COLUMN_REF:
    case duckdb::ExpressionClass::BOUND_COMPARISON:
    case duckdb::ExpressionClass::BOUND_CONJUNCTION:
    case duckdb::ExpressionClass::BOUND_CONSTANT:
    case duckdb::ExpressionClass::BOUND_OPERATOR:
    case duckdb::ExpressionClass::BOUND_REF:
      return true;
    case duckdb::ExpressionClass::BOUND_CAST:
      return IsSafeCast(expression.Cast<duckdb::BoundCastExpression>());
    case duckdb::ExpressionClass::BOUND_FUNCTION:
      return IsSafeFunction(expression.Cast<duckdb::BoundFunctionExpression>());
    default:
      return false;
  }
}

}  // namespace

bool MayFail(const duckdb::Expression& expression) {
  if (expression.CanThrow() || !IsSafe(expression)) return true;
  bool may_fail = false;
  duckdb::ExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::Expression& child) { may_fail = may_fail || MayFail(child); });
  return may_fail;
}

}  // namespace skein::core
