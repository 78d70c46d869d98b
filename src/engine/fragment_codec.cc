#include "engine/fragment_codec.h"

#include "engine/plan_bytes.h"
#include "engine/side_car.h"

namespace skein::core {

std::string EncodeFragment(duckdb::ClientContext& context, duckdb::LogicalOperator& plan) {
  const auto side_car = SideCar::Collect(context, plan);
  return WriteBytes([&](duckdb::Serializer& serializer) {
    serializer.WriteObject(100, "side_car", [&](duckdb::Serializer& object) { side_car.Serialize(object); });
    serializer.WriteObject(101, "plan", [&](duckdb::Serializer& object) { plan.Serialize(object); });
  });
}

duckdb::unique_ptr<duckdb::LogicalOperator> DecodeFragment(duckdb::Connection& connection, const std::string& bytes) {
  duckdb::unique_ptr<duckdb::LogicalOperator> plan;
  ReadBytes(bytes, [&](duckdb::BinaryDeserializer& deserializer) {
    duckdb::bound_parameter_map_t no_parameters;
    SideCar side_car;
    deserializer.Set<duckdb::ClientContext&>(*connection.context);
    deserializer.Set<duckdb::bound_parameter_map_t&>(no_parameters);
    deserializer.ReadObject(100, "side_car",
                            [&](duckdb::Deserializer& object) { side_car = SideCar::Deserialize(object); });
    side_car.ApplySettings(connection);
    deserializer.ReadObject(101, "plan",
                            [&](duckdb::Deserializer& object) { plan = duckdb::LogicalOperator::Deserialize(object); });
    side_car.ApplyStatistics(*plan);
  });
  plan->ResolveOperatorTypes();
  return plan;
}

}  // namespace skein::core
