#include "random_arrays.h"

#include <limits>
#include <string>

#include <arrow/extension/bool8.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/decimal.h>

namespace skein {
namespace {

using arrow::internal::checked_cast;

void Expect(const arrow::Status& status) {
  if (!status.ok()) status.Abort();
}

int64_t Pick(Random& random, int64_t count) { return static_cast<int64_t>(random() % static_cast<uint64_t>(count)); }

void Append(arrow::ArrayBuilder& builder, Random& random);

template <typename Builder>
void AppendFloat(arrow::ArrayBuilder& builder, Random& random) {
  using Value = typename Builder::value_type;
  using Limits = std::numeric_limits<Value>;
  static constexpr Value kValues[] = {
      0, Value(-0.0), 1.5, -2.25, Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()};
  Value value = kValues[Pick(random, 7)];
  if (value != value && Pick(random, 2) == 0) value = -value;  // a NaN of other bits
  Expect(checked_cast<Builder&>(builder).Append(value));
}

template <typename Builder>
void AppendNumber(arrow::ArrayBuilder& builder, Random& random, int64_t unit = 1) {
  Expect(checked_cast<Builder&>(builder).Append(static_cast<typename Builder::value_type>(Pick(random, 100) * unit)));
}

std::string RandomText(Random& random) {
  const auto number = std::to_string(Pick(random, 20));
  return Pick(random, 2) == 0 ? number : "long enough not to be kept inside of a view " + number;
}

template <typename Builder>
void AppendText(arrow::ArrayBuilder& builder, Random& random) {
  Expect(checked_cast<Builder&>(builder).Append(RandomText(random)));
}

template <typename Builder>
void AppendList(arrow::ArrayBuilder& builder, int64_t size, Random& random) {
  auto& list = checked_cast<Builder&>(builder);
  if constexpr (std::is_same_v<Builder, arrow::FixedSizeListBuilder>) {
    Expect(list.Append());
  } else {
    Expect(list.Append(true, size));
  }
  for (int64_t i = 0; i < size; i++) Append(*list.value_builder(), random);
}

void AppendMap(arrow::ArrayBuilder& builder, Random& random) {
  auto& map = checked_cast<arrow::MapBuilder&>(builder);
  Expect(map.Append());
  const auto size = Pick(random, 3);
  for (int64_t key = 0; key < size; key++) {  // keys are unique, and no NULL
    Expect(checked_cast<arrow::StringBuilder&>(*map.key_builder()).Append("key " + std::to_string(key)));
    Append(*map.item_builder(), random);
  }
}

void AppendStruct(arrow::ArrayBuilder& builder, Random& random) {
  Expect(checked_cast<arrow::StructBuilder&>(builder).Append());
  for (int i = 0; i < builder.num_children(); i++) Append(*builder.child_builder(i), random);
}

// A day in milliseconds, for what counts those and is read in days.
constexpr int64_t kDayMs = 86400000;

void AppendTime(arrow::ArrayBuilder& builder, Random& random) {
  switch (builder.type()->id()) {
    case arrow::Type::DATE32:
      return AppendNumber<arrow::Date32Builder>(builder, random);
    case arrow::Type::DATE64:
      return AppendNumber<arrow::Date64Builder>(builder, random, kDayMs);
    case arrow::Type::TIME32:
      return AppendNumber<arrow::Time32Builder>(builder, random);
    case arrow::Type::TIME64:
      return AppendNumber<arrow::Time64Builder>(builder, random, 1000);
    case arrow::Type::TIMESTAMP:
      return AppendNumber<arrow::TimestampBuilder>(builder, random, 1000);
    case arrow::Type::DURATION:
      return AppendNumber<arrow::DurationBuilder>(builder, random, 1000);
    case arrow::Type::INTERVAL_MONTHS:
      return AppendNumber<arrow::MonthIntervalBuilder>(builder, random);
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return Expect(checked_cast<arrow::MonthDayNanoIntervalBuilder&>(builder).Append(
          {static_cast<int32_t>(Pick(random, 2)), static_cast<int32_t>(Pick(random, 3) * 30), Pick(random, 3) * 1000}));
    default:
      Expect(arrow::Status::NotImplemented("no random ", builder.type()->ToString()));
  }
}

void AppendNested(arrow::ArrayBuilder& builder, Random& random) {
  switch (builder.type()->id()) {
    case arrow::Type::LIST:
      return AppendList<arrow::ListBuilder>(builder, Pick(random, 3), random);
    case arrow::Type::LARGE_LIST:
      return AppendList<arrow::LargeListBuilder>(builder, Pick(random, 3), random);
    case arrow::Type::LIST_VIEW:
      return AppendList<arrow::ListViewBuilder>(builder, Pick(random, 3), random);
    case arrow::Type::LARGE_LIST_VIEW:
      return AppendList<arrow::LargeListViewBuilder>(builder, Pick(random, 3), random);
    case arrow::Type::FIXED_SIZE_LIST:
      return AppendList<arrow::FixedSizeListBuilder>(builder, 2, random);
    case arrow::Type::STRUCT:
      return AppendStruct(builder, random);
    case arrow::Type::MAP:
      return AppendMap(builder, random);
    default:
      return AppendTime(builder, random);
  }
}

void AppendBytes(arrow::ArrayBuilder& builder, Random& random) {
  switch (builder.type()->id()) {
    case arrow::Type::STRING:
      return AppendText<arrow::StringBuilder>(builder, random);
    case arrow::Type::LARGE_STRING:
      return AppendText<arrow::LargeStringBuilder>(builder, random);
    case arrow::Type::STRING_VIEW:
      return AppendText<arrow::StringViewBuilder>(builder, random);
    case arrow::Type::BINARY:
      return AppendText<arrow::BinaryBuilder>(builder, random);
    case arrow::Type::LARGE_BINARY:
      return AppendText<arrow::LargeBinaryBuilder>(builder, random);
    case arrow::Type::BINARY_VIEW:
      return AppendText<arrow::BinaryViewBuilder>(builder, random);
    case arrow::Type::FIXED_SIZE_BINARY: {
      auto& fixed = checked_cast<arrow::FixedSizeBinaryBuilder&>(builder);
      return Expect(
          fixed.Append(std::string(static_cast<size_t>(fixed.byte_width()), static_cast<char>(Pick(random, 9)))));
    }
    case arrow::Type::RUN_END_ENCODED:
      return Expect(builder.AppendScalar(*arrow::MakeScalar(std::to_string(Pick(random, 2)))));
    default:
      return AppendNested(builder, random);
  }
}

void AppendValue(arrow::ArrayBuilder& builder, Random& random) {
  switch (builder.type()->id()) {
    case arrow::Type::NA:
      return Expect(builder.AppendNull());
    case arrow::Type::BOOL:
      return Expect(checked_cast<arrow::BooleanBuilder&>(builder).Append(Pick(random, 2) == 0));
    case arrow::Type::INT8:
      return AppendNumber<arrow::Int8Builder>(builder, random, -1);
    case arrow::Type::INT16:
      return AppendNumber<arrow::Int16Builder>(builder, random, -300);
    case arrow::Type::INT32:
      return AppendNumber<arrow::Int32Builder>(builder, random, 20'000'000);
    case arrow::Type::INT64:
      return AppendNumber<arrow::Int64Builder>(builder, random, int64_t{-1} << 40);
    case arrow::Type::UINT8:
      return AppendNumber<arrow::UInt8Builder>(builder, random, 2);
    case arrow::Type::UINT16:
      return AppendNumber<arrow::UInt16Builder>(builder, random, 600);
    case arrow::Type::UINT32:
      return AppendNumber<arrow::UInt32Builder>(builder, random, 40'000'000);
    case arrow::Type::UINT64:
      return AppendNumber<arrow::UInt64Builder>(builder, random, int64_t{1} << 56);
    case arrow::Type::FLOAT:
      return AppendFloat<arrow::FloatBuilder>(builder, random);
    case arrow::Type::DOUBLE:
      return AppendFloat<arrow::DoubleBuilder>(builder, random);
    case arrow::Type::DECIMAL32:
      return Expect(checked_cast<arrow::Decimal32Builder&>(builder).Append(arrow::Decimal32(Pick(random, 100) - 50)));
    case arrow::Type::DECIMAL64:
      return Expect(checked_cast<arrow::Decimal64Builder&>(builder).Append(arrow::Decimal64(Pick(random, 100) - 50)));
    case arrow::Type::DECIMAL128:
      return Expect(checked_cast<arrow::Decimal128Builder&>(builder).Append(arrow::Decimal128(Pick(random, 100) - 50)));
    default:
      return AppendBytes(builder, random);
  }
}

void Append(arrow::ArrayBuilder& builder, Random& random) {
  if (Pick(random, 6) == 0) return Expect(builder.AppendNull());
  AppendValue(builder, random);
}

void AddTimes(std::vector<std::shared_ptr<arrow::DataType>>& types) {
  using arrow::TimeUnit;
  types.insert(types.end(), {arrow::date32(), arrow::date64(), arrow::time32(TimeUnit::SECOND),
                             arrow::time32(TimeUnit::MILLI), arrow::time64(TimeUnit::MICRO),
                             arrow::time64(TimeUnit::NANO), arrow::month_interval(), arrow::month_day_nano_interval()});
  for (const auto unit : {TimeUnit::SECOND, TimeUnit::MILLI, TimeUnit::MICRO, TimeUnit::NANO}) {
    types.insert(types.end(), {arrow::timestamp(unit), arrow::timestamp(unit, "Europe/Berlin"), arrow::duration(unit)});
  }
}

void AddNested(std::vector<std::shared_ptr<arrow::DataType>>& types) {
  const auto pair = arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())});
  for (const auto& child : {arrow::int16(), arrow::utf8(), pair}) {
    types.insert(types.end(), {arrow::list(child), arrow::large_list(child), arrow::list_view(child),
                               arrow::large_list_view(child), arrow::fixed_size_list(child, 2)});
  }
  types.insert(types.end(), {pair, arrow::map(arrow::utf8(), arrow::int64()), arrow::list(arrow::list(arrow::utf8())),
                             arrow::struct_({arrow::field("l", arrow::list(arrow::int8())), arrow::field("s", pair)})});
}

}  // namespace

std::vector<std::shared_ptr<arrow::DataType>> KeyTypes() {
  std::vector<std::shared_ptr<arrow::DataType>> types{arrow::null(),
                                                      arrow::boolean(),
                                                      arrow::int8(),
                                                      arrow::int16(),
                                                      arrow::int32(),
                                                      arrow::int64(),
                                                      arrow::uint8(),
                                                      arrow::uint16(),
                                                      arrow::uint32(),
                                                      arrow::uint64(),
                                                      arrow::float32(),
                                                      arrow::float64(),
                                                      arrow::decimal32(9, 2),
                                                      arrow::decimal64(18, 3),
                                                      arrow::decimal128(4, 1),
                                                      arrow::decimal128(38, 4),
                                                      arrow::utf8(),
                                                      arrow::large_utf8(),
                                                      arrow::utf8_view(),
                                                      arrow::binary(),
                                                      arrow::large_binary(),
                                                      arrow::binary_view(),
                                                      arrow::fixed_size_binary(5),
                                                      arrow::dictionary(arrow::int8(), arrow::utf8()),
                                                      arrow::dictionary(arrow::int32(), arrow::utf8()),
                                                      arrow::run_end_encoded(arrow::int32(), arrow::utf8()),
                                                      arrow::extension::uuid(),
                                                      arrow::extension::bool8()};
  AddTimes(types);
  AddNested(types);
  return types;
}

namespace {

/// A dictionary with duplicates and NULLs, in which further NULLs point nowhere.
std::shared_ptr<arrow::Array> RandomDictionary(const arrow::DictionaryType& type, int64_t rows, bool is_sliced,
                                               Random& random) {
  constexpr int64_t kValues = 12;
  auto indices = arrow::MakeBuilder(type.index_type()).ValueOrDie();
  const int64_t around = is_sliced ? 11 : 0;
  for (int64_t row = 0; row < rows + 2 * around; row++) {
    if (Pick(random, 6) == 0) {
      Expect(indices->AppendNull());
    } else {
      const auto index = arrow::MakeScalar(type.index_type(), Pick(random, kValues)).ValueOrDie();
      Expect(indices->AppendScalar(*index));
    }
  }
  const auto values = RandomArray(type.value_type(), kValues, false, random);
  return arrow::DictionaryArray::FromArrays(arrow::dictionary(type.index_type(), type.value_type()),
                                            indices->Finish().ValueOrDie(), values)
      .ValueOrDie()
      ->Slice(around, rows);
}

}  // namespace

std::shared_ptr<arrow::Array> RandomArray(const std::shared_ptr<arrow::DataType>& type, int64_t rows, bool is_sliced,
                                          Random& random) {
  if (type->id() == arrow::Type::EXTENSION) {
    const auto& storage = checked_cast<const arrow::ExtensionType&>(*type).storage_type();
    return arrow::ExtensionType::WrapArray(type, RandomArray(storage, rows, is_sliced, random));
  }
  if (type->id() == arrow::Type::DICTIONARY) {
    return RandomDictionary(checked_cast<const arrow::DictionaryType&>(*type), rows, is_sliced, random);
  }
  const int64_t around = is_sliced ? 11 : 0;
  auto builder = arrow::MakeBuilder(type).ValueOrDie();
  for (int64_t row = 0; row < rows + 2 * around; row++) Append(*builder, random);
  return builder->Finish().ValueOrDie()->Slice(around, rows);
}

}  // namespace skein
