// The functions that DuckDB has by itself, without anything that a user defined or loaded: those that every worker has,
// too.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "duckdb.hpp"
#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/function/function.hpp"

namespace skein::core {

class KnownFunctions {
 public:
  /// Asks an empty instance of the DuckDB in this process; takes some 10 ms, so keep the answer. Throws DuckDB's
  /// exceptions.
  static KnownFunctions OfDuckDb();

  /// Says whether DuckDB has the function that an expression calls, `entry` in the catalog of a session. Where somebody
  /// has given an overload to a name of DuckDB's, those with the arguments of its own are. Any thread.
  bool Has(const duckdb::CatalogEntry& entry, const duckdb::SimpleFunction& called) const;

 private:
  using Name = std::pair<duckdb::CatalogType, std::string>;
  struct Overloads {
    size_t count = 0;
    std::set<std::string> arguments;  // of each, as text
  };
  std::map<Name, Overloads> overloads_;
};

}  // namespace skein::core
