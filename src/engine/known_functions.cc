#include "engine/known_functions.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"

namespace skein::core {
namespace {

using duckdb::CatalogType;

std::string TextOf(const duckdb::vector<duckdb::LogicalType>& arguments) {
  std::string text;
  for (const auto& argument : arguments) text += argument.ToString() + ",";
  return text;
}

template <class Set>
std::set<std::string> OverloadsIn(const Set& functions) {
  std::set<std::string> overloads;
  for (const auto& function : functions.functions) {
    overloads.insert(TextOf(function.arguments) + (function.HasVarArgs() ? function.varargs.ToString() + "..." : ""));
  }
  return overloads;
}

std::set<std::string> OverloadsOf(const duckdb::CatalogEntry& entry) {
  if (entry.type == CatalogType::SCALAR_FUNCTION_ENTRY) {
    return OverloadsIn(entry.Cast<duckdb::ScalarFunctionCatalogEntry>().functions);
  }
  return OverloadsIn(entry.Cast<duckdb::AggregateFunctionCatalogEntry>().functions);
}

}  // namespace

KnownFunctions KnownFunctions::OfDuckDb() {
  duckdb::DBConfig config;
  config.SetOptionByName("threads", duckdb::Value::BIGINT(1));
  duckdb::DuckDB database(nullptr, &config);
  duckdb::Connection connection(database);
  KnownFunctions known;
  connection.context->RunFunctionInTransaction([&] {
    auto& context = *connection.context;
    auto& schema = duckdb::Catalog::GetSystemCatalog(context).GetSchema(context, DEFAULT_SCHEMA);
    for (const auto type : {CatalogType::SCALAR_FUNCTION_ENTRY, CatalogType::AGGREGATE_FUNCTION_ENTRY}) {
      schema.Scan(context, type, [&](duckdb::CatalogEntry& entry) {
        if (entry.type == type) known.overloads_[{type, entry.name}] = OverloadsOf(entry);
      });
    }
  });
  return known;
}

bool KnownFunctions::Has(const duckdb::CatalogEntry& entry, const duckdb::SimpleFunction& called) const {
  const auto found = overloads_.find({entry.type, entry.name});
  if (found == overloads_.end()) return false;
  const auto overloads = OverloadsOf(entry);
  if (overloads == found->second) return true;
  const auto varargs = called.HasVarArgs() ? called.varargs.ToString() + "..." : "";
  const auto& arguments = called.original_arguments.empty() ? called.arguments : called.original_arguments;
  return found->second.contains(TextOf(arguments) + varargs);
}

}  // namespace skein::core
