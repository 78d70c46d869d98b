// What the SQL of a stage sees of the stages that it reads, while it is planned: registered with the connection for so
// long. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "duckdb.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/main/client_context_state.hpp"

namespace skein::core {

struct StageColumns {
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<std::string> names;
  duckdb::idx_t estimated_rows = 0;
};

class StageInputs : public duckdb::ClientContextState {
 public:
  static constexpr const char* kName = "skein_stage_inputs";
  std::map<uint32_t, StageColumns> columns;  // by stage
};

struct StageInputData : public duckdb::TableFunctionData {
  uint32_t stage = 0;
  duckdb::idx_t estimated_rows = 0;
};

}  // namespace skein::core
