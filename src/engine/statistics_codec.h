// Lists of column statistics, where each may be missing, on the wire. DuckDB reads statistics only where their type is
// known, so it goes before them.
#pragma once

#include "duckdb.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"

namespace skein::core {

using StatisticsList = duckdb::vector<duckdb::unique_ptr<duckdb::BaseStatistics>>;

StatisticsList CopyStatistics(const StatisticsList& list);
void WriteStatistics(duckdb::Serializer& serializer, duckdb::field_id_t field, const char* name,
                     const StatisticsList& list);
StatisticsList ReadStatistics(duckdb::Deserializer& deserializer, duckdb::field_id_t field, const char* name);

}  // namespace skein::core
