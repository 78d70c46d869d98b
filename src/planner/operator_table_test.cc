// The table of operators is complete, and docs/operators.md says what it says.
#include "planner/operator_table.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "duckdb/common/enum_util.hpp"

namespace skein::core {
namespace {

const std::filesystem::path kSource = SKEIN_SOURCE_FOLDER;

// Every name that DuckDB gives to an operator.
std::set<duckdb::LogicalOperatorType> AllTypes() {
  std::set<duckdb::LogicalOperatorType> types;
  for (int number = 0; number <= UINT8_MAX; number++) {
    const auto type = static_cast<duckdb::LogicalOperatorType>(number);
    try {
      duckdb::EnumUtil::ToChars(type);
    } catch (const std::exception&) {
      continue;  // no operator has this number
    }
    types.insert(type);
  }
  return types;
}

TEST(OperatorTable, HasEveryOperatorOfDuckDbOnce) {
  std::multiset<duckdb::LogicalOperatorType> in_table;
  for (const auto& rule : OperatorRules()) in_table.insert(rule.type);
  const auto all = AllTypes();
  EXPECT_GT(all.size(), 60U);
  EXPECT_TRUE(std::equal(in_table.begin(), in_table.end(), all.begin(), all.end()));
}

TEST(OperatorTable, GivesEachOperatorOfTheClusterARule) {
  for (const auto& rule : OperatorRules()) {
    EXPECT_EQ(rule.place != nullptr, rule.placement == Placement::kCluster) << duckdb::EnumUtil::ToString(rule.type);
  }
}

TEST(OperatorTable, NamesTestsThatExistForEachOperatorOfAQuery) {
  for (const auto& rule : OperatorRules()) {
    if (rule.placement == Placement::kNever) continue;
    std::istringstream tests(rule.tests);
    std::string path;
    int count = 0;
    for (; tests >> path; count++) EXPECT_TRUE(std::filesystem::exists(kSource / path)) << path;
    EXPECT_GT(count, 0) << duckdb::EnumUtil::ToString(rule.type);
  }
}

// SKEIN_WRITE_DOCS=1 writes the document anew.
TEST(OperatorTable, IsWhatTheDocumentSays) {
  const auto path = kSource / "docs" / "operators.md";
  if (std::getenv("SKEIN_WRITE_DOCS") != nullptr) std::ofstream(path) << OperatorsDocument();
  std::ostringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(written.str(), OperatorsDocument()) << "write it anew: SKEIN_WRITE_DOCS=1 build/release/planner_test";
}

}  // namespace
}  // namespace skein::core
