#include "engine/statistics_codec.h"

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"

namespace skein::core {

StatisticsList CopyStatistics(const StatisticsList& list) {
  StatisticsList copy;
  for (const auto& stats : list) copy.push_back(stats ? stats->ToUnique() : nullptr);
  return copy;
}

void WriteStatistics(duckdb::Serializer& serializer, duckdb::field_id_t field, const char* name,
                     const StatisticsList& list) {
  serializer.WriteList(field, name, list.size(), [&](duckdb::Serializer::List& entries, duckdb::idx_t i) {
    const auto& stats = list[i];
    entries.WriteObject([&](duckdb::Serializer& entry) {
      entry.WriteProperty(100, "type", stats ? stats->GetType() : duckdb::LogicalType(duckdb::LogicalTypeId::INVALID));
      if (stats) entry.WriteProperty(101, "stats", *stats);
    });
  });
}

StatisticsList ReadStatistics(duckdb::Deserializer& deserializer, duckdb::field_id_t field, const char* name) {
  StatisticsList list;
  deserializer.ReadList(field, name, [&](duckdb::Deserializer::List& entries, duckdb::idx_t) {
    entries.ReadObject([&](duckdb::Deserializer& entry) {
      const auto type = entry.ReadProperty<duckdb::LogicalType>(100, "type");
      list.push_back(nullptr);
      if (type.id() == duckdb::LogicalTypeId::INVALID) return;
      entry.Set<const duckdb::LogicalType&>(type);
      list.back() = entry.ReadProperty<duckdb::BaseStatistics>(101, "stats").ToUnique();
      entry.Unset<duckdb::LogicalType>();
    });
  });
  return list;
}

}  // namespace skein::core
