#include "engine/checked_vector.h"

#include <algorithm>
#include <vector>

#include "duckdb/common/exception.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

namespace skein::core {
namespace {

using duckdb::Deserializer;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;
using duckdb::Vector;
using duckdb::VectorType;

void Require(bool is_right, const char* what) {
  if (!is_right) throw duckdb::SerializationException("block holds %s", what);
}

VectorType ReadVectorType(Deserializer& deserializer) {
  return deserializer.ReadPropertyWithExplicitDefault<VectorType>(90, "vector_type", VectorType::FLAT_VECTOR);
}

void ReadFlat(Deserializer& deserializer, Vector& vector, idx_t count);

/// What stands inside of a constant or a dictionary is never compressed again.
void ReadInnerFlat(Deserializer& deserializer, Vector& vector, idx_t count) {
  Require(ReadVectorType(deserializer) == VectorType::FLAT_VECTOR, "a vector compressed twice");
  ReadFlat(deserializer, vector, count);
}

void ReadDictionary(Deserializer& deserializer, Vector& vector, idx_t count) {
  duckdb::SelectionVector positions(count);
  deserializer.ReadProperty(91, "sel_vector", reinterpret_cast<duckdb::data_ptr_t>(positions.data()),
                            sizeof(duckdb::sel_t) * count);
  const auto size = deserializer.ReadProperty<idx_t>(92, "dict_count");
  Require(size <= count, "a dictionary of more values than rows");
  const auto* begin = positions.data();
  Require(std::all_of(begin, begin + count, [&](auto at) { return at < size; }),
          "a position outside of its dictionary");
  ReadInnerFlat(deserializer, vector, size);
  vector.Slice(positions, count);
}

void ReadSequence(Deserializer& deserializer, Vector& vector, idx_t count) {
  const auto start = deserializer.ReadProperty<int64_t>(91, "seq_start");
  const auto increment = deserializer.ReadProperty<int64_t>(92, "seq_increment");
  const auto type = vector.GetType().InternalType();
  Require(type == PhysicalType::INT8 || type == PhysicalType::INT16 || type == PhysicalType::INT32 ||
              type == PhysicalType::INT64,
          "a sequence of what cannot be counted");
  vector.Sequence(start, increment, count);
}

template <typename Number>
bool AreBelow(Vector& vector, idx_t count, idx_t limit) {
  const auto* values = FlatVector::GetData<Number>(vector);
  const auto& validity = FlatVector::Validity(vector);
  for (idx_t row = 0; row < count; row++) {
    if (validity.RowIsValid(row) && values[row] >= limit) return false;
  }
  return true;
}

void CheckEnum(Vector& vector, idx_t count) {
  const auto limit = duckdb::EnumType::GetSize(vector.GetType());
  const auto type = vector.GetType().InternalType();
  const bool is_known = type == PhysicalType::UINT8    ? AreBelow<uint8_t>(vector, count, limit)
                        : type == PhysicalType::UINT16 ? AreBelow<uint16_t>(vector, count, limit)
                                                       : AreBelow<uint32_t>(vector, count, limit);
  Require(is_known, "a value that its ENUM does not have");
}

void ReadFixedSize(Deserializer& deserializer, Vector& vector, idx_t count) {
  const idx_t bytes = duckdb::GetTypeIdSize(vector.GetType().InternalType()) * count;
  auto values = duckdb::make_unsafe_uniq_array_uninitialized<duckdb::data_t>(bytes);
  deserializer.ReadProperty(102, "data", values.get(), bytes);
  duckdb::VectorOperations::ReadFromStorage(values.get(), count, vector);
  if (vector.GetType().id() == LogicalTypeId::ENUM) CheckEnum(vector, count);
}

/// The fewest bytes that DuckDB's functions expect of a value.
idx_t LeastBytes(const duckdb::LogicalType& type) {
  if (type.id() == LogicalTypeId::BIT) return 2;
  return type.id() == LogicalTypeId::BIGNUM ? 4 : 0;
}

void ReadStrings(Deserializer& deserializer, Vector& vector, idx_t count) {
  auto* strings = FlatVector::GetData<duckdb::string_t>(vector);
  const auto& validity = FlatVector::Validity(vector);
  const idx_t least = LeastBytes(vector.GetType());
  idx_t read = 0;
  deserializer.ReadList(102, "data", [&](Deserializer::List& list, idx_t row) {
    Require(row < count, "more values than rows");
    const auto text = list.ReadElement<std::string>();
    read++;
    if (!validity.RowIsValid(row)) return;
    Require(text.size() >= least, "a value of too few bytes");
    strings[row] = duckdb::StringVector::AddStringOrBlob(vector, text);
  });
  Require(read == count, "fewer values than rows");
}

void ReadStruct(Deserializer& deserializer, Vector& vector, idx_t count) {
  auto& fields = duckdb::StructVector::GetEntries(vector);
  idx_t read = 0;
  deserializer.ReadList(103, "children", [&](Deserializer::List& list, idx_t field) {
    Require(field < fields.size(), "more fields than its type");
    list.ReadObject([&](Deserializer& object) { ReadCheckedVector(object, *fields[field], count); });
    read++;
  });
  Require(read == fields.size(), "fewer fields than its type");
  if (vector.GetType().id() != LogicalTypeId::UNION) return;
  Vector tags(*fields[0]);
  tags.Flatten(count);
  Require(AreBelow<uint8_t>(tags, count, fields.size() - 1), "a tag that its UNION does not have");
}

void ReadLists(Deserializer& deserializer, Vector& vector, idx_t count) {
  const auto size = deserializer.ReadProperty<uint64_t>(104, "list_size");
  auto* lists = FlatVector::GetData<duckdb::list_entry_t>(vector);
  idx_t read = 0;
  deserializer.ReadList(105, "entries", [&](Deserializer::List& list, idx_t row) {
    Require(row < count, "more lists than rows");
    list.ReadObject([&](Deserializer& object) {
      lists[row].offset = object.ReadProperty<uint64_t>(100, "offset");
      lists[row].length = object.ReadProperty<uint64_t>(101, "length");
    });
    Require(lists[row].offset <= size && lists[row].length <= size - lists[row].offset, "a list outside of its values");
    read++;
  });
  Require(read == count, "fewer lists than rows");
  duckdb::ListVector::Reserve(vector, size);
  duckdb::ListVector::SetListSize(vector, size);
  deserializer.ReadObject(106, "child", [&](Deserializer& object) {
    ReadCheckedVector(object, duckdb::ListVector::GetEntry(vector), size);
  });
}

void ReadArrays(Deserializer& deserializer, Vector& vector, idx_t count) {
  const auto size = deserializer.ReadProperty<uint64_t>(103, "array_size");
  Require(size == duckdb::ArrayType::GetSize(vector.GetType()), "arrays of another size than its type");
  deserializer.ReadObject(104, "child", [&](Deserializer& object) {
    ReadCheckedVector(object, duckdb::ArrayVector::GetEntry(vector), size * count);
  });
}

void ReadValidity(Deserializer& deserializer, Vector& vector, idx_t count) {
  auto& validity = FlatVector::Validity(vector);
  const auto capacity = std::max<idx_t>(count, STANDARD_VECTOR_SIZE);
  validity.Reset(capacity);
  if (!deserializer.ReadProperty<bool>(100, "has_validity_mask")) return;
  validity.Initialize(capacity);
  deserializer.ReadProperty(101, "validity", duckdb::data_ptr_cast(validity.GetData()),
                            validity.ValidityMaskSize(count));
}

void ReadFlat(Deserializer& deserializer, Vector& vector, idx_t count) {
  const auto type = vector.GetType().InternalType();
  if (vector.GetType().id() == LogicalTypeId::GEOMETRY) {
    const auto format = deserializer.ReadProperty<duckdb::GeometryStorageType>(99, "geometry_format");
    Require(format == duckdb::GeometryStorageType::WKB, "a geometry in another format");
  }
  ReadValidity(deserializer, vector, count);
  if (duckdb::TypeIsConstantSize(type)) return ReadFixedSize(deserializer, vector, count);
  if (type == PhysicalType::STRUCT) return ReadStruct(deserializer, vector, count);
  if (type == PhysicalType::LIST) return ReadLists(deserializer, vector, count);
  if (type == PhysicalType::ARRAY) return ReadArrays(deserializer, vector, count);
  Require(type == PhysicalType::VARCHAR, "a type that is not known");
  ReadStrings(deserializer, vector, count);
}

}  // namespace

void ReadCheckedVector(Deserializer& deserializer, Vector& vector, idx_t count) {
  switch (ReadVectorType(deserializer)) {
    case VectorType::FLAT_VECTOR:
      return ReadFlat(deserializer, vector, count);
    case VectorType::CONSTANT_VECTOR:
      Require(count > 0, "a constant of no rows");
      ReadInnerFlat(deserializer, vector, 1);
      return vector.SetVectorType(VectorType::CONSTANT_VECTOR);
    case VectorType::DICTIONARY_VECTOR:
      return ReadDictionary(deserializer, vector, count);
    case VectorType::SEQUENCE_VECTOR:
      return ReadSequence(deserializer, vector, count);
    default:
      Require(false, "a kind of vector that does not travel");
  }
}

}  // namespace skein::core
