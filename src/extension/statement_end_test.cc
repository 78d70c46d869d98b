#include "extension/statement_end.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

TEST(StatementEnd, IsASemicolon) {
  EXPECT_TRUE(EndsStatement("SELECT 1;"));
  EXPECT_TRUE(EndsStatement("SELECT 1; SELECT 2 ;\n"));
  EXPECT_TRUE(EndsStatement("SELECT ';' -- why\n; /* done */ -- yes"));
  EXPECT_TRUE(EndsStatement(";"));
  EXPECT_FALSE(EndsStatement("SELECT 1"));
  EXPECT_FALSE(EndsStatement("SELECT 1; SELECT 2"));
  EXPECT_FALSE(EndsStatement(""));
}

TEST(StatementEnd, IsNotInQuotesOrComments) {
  for (const char* sql : {"SELECT 'a;", "SELECT \"a;", "SELECT $$ a;", "SELECT $x$ $$;", "SELECT E'\\';",
                          "SELECT 1 /* ;", "SELECT 1 -- ;", "SELECT 1 FROM -- ;\n", "SELECT 1; 'b;", "SELECT 1; /* b ;",
                          "SELECT 1; $$ ;", "SELECT 'it''s;"}) {
    EXPECT_FALSE(EndsStatement(sql)) << sql;
  }
}

TEST(StatementEnd, IsTheEndOfWhatCannotBeRead) { EXPECT_TRUE(EndsStatement("SELECT \"\";")); }

}  // namespace
}  // namespace skein::core
