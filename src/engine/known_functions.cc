#include "engine/known_functions.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"

namespace skein::core {
namespace {

using duckdb::CatalogType;

std::string TextOf(const duckdb::SimpleFunction& function, const duckdb::vector<duckdb::LogicalType>& arguments) {
  std::string text;
  for (const auto& argument : arguments) text += argument.ToString() + ",";
  return function.HasVarArgs() ? text + function.varargs.ToString() + "..." : text;
}

template <class Set>
std::set<std::string> ArgumentsIn(const Set& functions) {
  std::set<std::string> arguments;
  for (const auto& function : functions.functions) arguments.insert(TextOf(function, function.arguments));
  return arguments;
}

std::set<std::string> ArgumentsOf(const duckdb::CatalogEntry& entry) {
  if (entry.type == CatalogType::SCALAR_FUNCTION_ENTRY) {
    return ArgumentsIn(entry.Cast<duckdb::ScalarFunctionCatalogEntry>().functions);
  }
  return ArgumentsIn(entry.Cast<duckdb::AggregateFunctionCatalogEntry>().functions);
}

size_t CountOverloads(const duckdb::CatalogEntry& entry) {
  if (entry.type == CatalogType::SCALAR_FUNCTION_ENTRY) {
    return entry.Cast<duckdb::ScalarFunctionCatalogEntry>().functions.functions.size();
  }
  return entry.Cast<duckdb::AggregateFunctionCatalogEntry>().functions.functions.size();
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
        if (entry.type != type) return;
        auto& overloads = known.overloads_[{type, entry.name}];
        overloads.count = CountOverloads(entry);
        overloads.arguments = ArgumentsOf(entry);
      });
    }
  });
  return known;
}

bool KnownFunctions::Has(const duckdb::CatalogEntry& entry, const duckdb::SimpleFunction& called) const {
  const auto found = overloads_.find({entry.type, entry.name});
  if (found == overloads_.end()) return false;
  // DuckDB adds an overload, and refuses one with the arguments of another.
  if (CountOverloads(entry) == found->second.count) return true;
  const auto& arguments = called.original_arguments.empty() ? called.arguments : called.original_arguments;
  return found->second.arguments.contains(TextOf(called, arguments));
}

}  // namespace skein::core
