#include "api/range_boundaries.h"

#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/util/checked_cast.h>

#include "base/error.h"

namespace skein {
namespace {

using arrow::internal::checked_cast;

std::string NameOf(const std::vector<RangeBoundary>& boundaries, size_t i) {
  return "boundary " + std::to_string(i) + ", " + boundaries[i].ToString();
}

/// The type of a column's values, whatever encoding they have.
std::shared_ptr<arrow::DataType> ValueType(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() == arrow::Type::DICTIONARY) return checked_cast<const arrow::DictionaryType&>(*type).value_type();
  if (type->id() == arrow::Type::RUN_END_ENCODED)
    return checked_cast<const arrow::RunEndEncodedType&>(*type).value_type();
  return type;
}

std::shared_ptr<arrow::DataType> StorageType(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() != arrow::Type::EXTENSION) return type;
  return checked_cast<const arrow::ExtensionType&>(*type).storage_type();
}

/// Casts one value to `type`; not ok, or null, where something would be lost.
arrow::Result<std::shared_ptr<arrow::Array>> CastWhole(const arrow::Scalar& value,
                                                       const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(auto array, arrow::MakeArrayFromScalar(value, 1));
  if (value.type->Equals(*type)) return array;
  const auto storage = StorageType(type);
  ARROW_ASSIGN_OR_RAISE(auto cast, arrow::compute::Cast(*array, storage));
  ARROW_ASSIGN_OR_RAISE(const auto back, arrow::compute::Cast(*cast, value.type));
  if (!back->Equals(*array, arrow::EqualOptions().nans_equal(true))) return nullptr;
  return storage == type ? cast : arrow::ExtensionType::WrapArray(type, cast);
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::LargeBinaryArray>> BoundaryKeys(core::BatchKernels& kernels,
                                                                     const arrow::Field& column,
                                                                     const std::vector<RangeBoundary>& boundaries) {
  const auto type = ValueType(column.type());
  arrow::ArrayVector values;
  for (size_t i = 0; i < boundaries.size(); i++) {
    const auto& value = boundaries[i].value();
    if (!value || !value->is_valid) return core::UserError(NameOf(boundaries, i) + ", is no value");
    const auto cast = CastWhole(*value, type);
    if (!cast.ok() || *cast == nullptr) {
      return core::UserError(NameOf(boundaries, i) + ", does not fit column '" + column.name() + "' of type " +
                             type->ToString() + (cast.ok() ? " without loss" : ": " + cast.status().message()));
    }
    values.push_back(*cast);
  }
  ARROW_ASSIGN_OR_RAISE(const auto array, values.empty() ? arrow::MakeEmptyArray(type) : arrow::Concatenate(values));
  const auto batch = arrow::RecordBatch::Make(arrow::schema({column.WithType(type)}), array->length(), {array});
  ARROW_ASSIGN_OR_RAISE(auto keys, kernels.SortKeys(*batch, RangeDirections()));
  for (int64_t i = 1; i < keys->length(); i++) {
    if (keys->GetView(i - 1) < keys->GetView(i)) continue;
    return core::UserError(NameOf(boundaries, static_cast<size_t>(i)) + ", is not after " +
                           NameOf(boundaries, static_cast<size_t>(i - 1)));
  }
  return keys;
}

}  // namespace skein
