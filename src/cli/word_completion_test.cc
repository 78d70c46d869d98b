#include "cli/word_completion.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

std::vector<std::string> Names(const std::string& prefix) {
  std::vector<std::string> names;
  for (const std::string name : {"select", "semester", "SequenceNumber", "skein_workers", "sum"}) {
    bool is_one = name.size() >= prefix.size();
    for (size_t i = 0; is_one && i < prefix.size(); i++) is_one = std::tolower(name[i]) == std::tolower(prefix[i]);
    if (is_one) names.push_back(name);
  }
  return names;
}

TEST(WordCompletion, TypesTheRestOfTheOnlyName) {
  EXPECT_EQ(CompleteWord("sel", Names).added, "ect ");
  EXPECT_EQ(CompleteWord("FROM skein_w", Names).added, "orkers ");
  EXPECT_EQ(CompleteWord("t.sk", Names).added, "ein_workers ");
}

TEST(WordCompletion, FollowsCapitals) { EXPECT_EQ(CompleteWord("SEL", Names).added, "ECT "); }

TEST(WordCompletion, TypesWhatAllNamesShare) { EXPECT_EQ(CompleteWord("count(s", Names).added, ""); }

TEST(WordCompletion, ShowsTheNamesWhereTheyDiffer) {
  EXPECT_EQ(CompleteWord("se", Names).choices, "select  semester  SequenceNumber");
}

TEST(WordCompletion, SaysNothingOfWhatItDoesNotKnow) {
  EXPECT_EQ(CompleteWord("xyz", Names).added + CompleteWord("xyz", Names).choices, "");
  EXPECT_EQ(CompleteWord("", Names).choices + CompleteWord("a ", Names).choices, "");
}

}  // namespace
}  // namespace skein::core
