#include "engine/range_function.h"

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace skein::core {
namespace {

class RangeFunction : public testing::Test {
 protected:
  /// The only value of the answer.
  std::string Ask(const std::string& sql) {
    const auto row = client_.Ask(sql).at(0);
    return row.substr(0, row.size() - 1);  // without the mark of a column's end
  }
  ClientDuckDb client_;
};

TEST_F(RangeFunction, CountsTheSplittersThatAreNotAboveTheKey) {
  EXPECT_EQ(Ask("SELECT list(skein_range_index([10, 20, 20, 30]::BIGINT[], k::BIGINT) ORDER BY k) "
                "FROM (VALUES (5), (10), (15), (20), (25), (30), (99)) v(k)"),
            "[0, 1, 1, 3, 3, 4, 4]");
}

TEST_F(RangeFunction, ComparesBytesWithoutASign) {
  EXPECT_EQ(Ask("SELECT skein_range_index(['\\x01'::BLOB, '\\x80'::BLOB, '\\xFF'::BLOB], '\\x81'::BLOB)"), "2");
}

TEST_F(RangeFunction, IsZeroWithoutSplitters) {
  EXPECT_EQ(Ask("SELECT skein_range_index(NULL::BIGINT[], 7::BIGINT) + skein_range_index([]::BIGINT[], 7::BIGINT)"),
            "0");
}

TEST_F(RangeFunction, TakesADifferentListInEachRow) {
  EXPECT_EQ(Ask("SELECT list(skein_range_index(range(i), 3::BIGINT) ORDER BY i) FROM range(6) r(i)"),
            "[0, 1, 2, 3, 4, 4]");
}

TEST_F(RangeFunction, FollowsTheSortKeysOfMixedDirections) {
  // Rows cut by the key of (4, 'b') lie on the side that the sort puts them.
  EXPECT_EQ(Ask("SELECT count(*) FROM (SELECT skein_range_index([create_sort_key(4::BIGINT, 'DESC NULLS FIRST', 'b', "
                "'ASC NULLS "
                "LAST')], create_sort_key(n, 'DESC NULLS FIRST', t, 'ASC NULLS LAST')) AS r, n, t "
                "FROM range(9) a(n), (VALUES ('a'), ('b'), ('c'), (NULL)) b(t)) "
                "WHERE (r = 1) <> (n < 4 OR (n = 4 AND coalesce(t, 'z') >= 'b'))"),
            "0");
}

}  // namespace
}  // namespace skein::core
