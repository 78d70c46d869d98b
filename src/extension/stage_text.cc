#include "extension/stage_text.h"

#include <map>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace skein::core {
namespace {

using Json = nlohmann::json;

const std::map<std::string, ExchangeKind>& Outputs() {
  static const std::map<std::string, ExchangeKind> outputs = {{"gather", ExchangeKind::kGather},
                                                              {"hash", ExchangeKind::kHash},
                                                              {"range", ExchangeKind::kRange},
                                                              {"broadcast", ExchangeKind::kBroadcast},
                                                              {"round-robin", ExchangeKind::kRoundRobin}};
  return outputs;
}

uint32_t ReadNumber(const Json& value) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > UINT32_MAX) {
    throw std::invalid_argument(value.dump() + " is not a number of a stage or of tasks");
  }
  return value.get<uint32_t>();
}

StageSpec ReadStage(const Json& json) {
  if (!json.is_object()) throw std::invalid_argument("each stage is an object");
  StageSpec stage;
  for (const auto& [key, value] : json.items()) {
    if (key == "id") {
      stage.id = ReadNumber(value);
    } else if (key == "sql") {
      stage.sql = value.get<std::string>();
    } else if (key == "tasks") {
      stage.tasks = ReadNumber(value);
    } else if (key == "depends_on") {
      for (const auto& one : value) stage.dependencies.push_back(ReadNumber(one));
    } else if (key == "output") {
      stage.output = Outputs().at(value.get<std::string>());
    } else if (key == "keys") {
      stage.keys = value.get<std::vector<std::string>>();
    } else if (key == "boundaries") {
      stage.boundaries = value.get<std::vector<std::string>>();
    } else {
      throw std::invalid_argument("'" + key + "' is not known");
    }
  }
  if (!json.contains("id") || !json.contains("sql")) throw std::invalid_argument("a stage has an id and sql");
  return stage;
}

}  // namespace

std::string WriteStages(const std::vector<StageSpec>& stages) {
  auto all = Json::array();
  for (const auto& stage : stages) {
    all.push_back({{"id", stage.id},
                   {"sql", stage.sql},
                   {"tasks", stage.tasks},
                   {"depends_on", stage.dependencies},
                   {"output", ToString(stage.output)},
                   {"keys", stage.keys},
                   {"boundaries", stage.boundaries}});
  }
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);  // what is no text becomes a wrong name
}

arrow::Result<std::vector<StageSpec>> ReadStages(const std::string& text) {
  try {
    std::vector<StageSpec> stages;
    const auto all = Json::parse(text);
    if (!all.is_array()) throw std::invalid_argument("they are an array");
    for (const auto& json : all) stages.push_back(ReadStage(json));
    return stages;
  } catch (const std::out_of_range&) {
    return UserError("stages: \"output\" is one of gather, hash, range, broadcast, round-robin", "Invalid Input");
  } catch (const std::exception& error) {
    return UserError("stages: " + std::string(error.what()), "Invalid Input");
  }
}

}  // namespace skein::core
