// Wrong bytes in blocks and fragments: an error or other rows, never more.

#include <vector>

#include <gtest/gtest.h>

#include "base/byte_mutator.h"
#include "engine/error_bridge.h"
#include "engine/fragment_fixture.h"

namespace skein::core {
namespace {

constexpr int kBlockRounds = 200, kFragmentRounds = 200;

class BlockFuzz : public testing::Test {
 protected:
  BlockFuzz() { client_.connection().BeginTransaction(); }

  /// Encodes the rows of `sql`, then reads mutated copies, and each value of what comes out.
  void Fuzz(const std::string& sql, BlockCodec codec) {
    SCOPED_TRACE(sql);
    auto result = client_.connection().Query(sql);
    ASSERT_FALSE(result->HasError()) << result->GetError();
    auto encoder = BlockEncoder::Make(client_.context(), result->types);
    while (auto chunk = result->Fetch()) encoder->Append(*chunk);
    const auto block = encoder->Finish().ValueOrDie();
    ASSERT_EQ(block.codec, codec);
    ByteMutator mutator(2);
    for (int round = 0; round < FuzzRounds(kBlockRounds); round++) {
      auto wrong = block;
      wrong.data = arrow::Buffer::FromString(mutator.Mutate(block.data->ToString()));
      if (mutator.Below(8) == 0) wrong.rows = mutator.Below(5000);
      refused_ += !Read(wrong, result->types).ok();
    }
  }

  arrow::Status Read(const Block& block, const duckdb::vector<duckdb::LogicalType>& types) {
    auto decoder = BlockDecoder::Make(client_.context(), block.codec, types);
    ARROW_RETURN_NOT_OK(decoder->Start(block));
    while (true) {
      duckdb::DataChunk chunk;
      chunk.Initialize(client_.context(), types);
      ARROW_ASSIGN_OR_RAISE(const bool has_rows, decoder->Next(chunk));
      if (!has_rows) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
        AppendRows(chunk, rows_);
        rows_.clear();
        return arrow::Status::OK();
      }));
    }
  }

  ClientDuckDb client_;
  std::vector<std::string> rows_;
  int refused_ = 0;
};

TEST_F(BlockFuzz, ArrowBlocksAreReadOrRefused) {
  Fuzz("SELECT i, i::INTEGER, i::DOUBLE, i::HUGEINT, i::DECIMAL(9, 2) FROM range(3000) t(i)", BlockCodec::kArrowIpc);
  Fuzz(
      "SELECT CASE WHEN i % 3 > 0 THEN repeat('s', (i % 40)::INTEGER) END, i % 2 = 0, DATE '2000-01-01' + i::INTEGER "
      "FROM range(3000) t(i)",
      BlockCodec::kArrowIpc);
  EXPECT_GT(refused_, 0);
}

TEST_F(BlockFuzz, ChunkBlocksAreReadOrRefused) {
  Fuzz("SELECT i::UHUGEINT, INTERVAL 1 DAY, i::VARCHAR::ENUM('0', '1') FROM range(2) t(i)", BlockCodec::kDuckDbChunk);
  Fuzz("SELECT CASE WHEN i % 3 > 0 THEN [i, NULL, i + 1] END, {'a': i, 'b': [i::VARCHAR]} FROM range(300) t(i)",
       BlockCodec::kDuckDbChunk);
  Fuzz("SELECT MAP {i::VARCHAR: [i]}, array_value(i, i + 1, NULL), [[i], []], '101'::BIT FROM range(300) t(i)",
       BlockCodec::kDuckDbChunk);
  Fuzz("SELECT CASE WHEN i % 2 = 0 THEN union_value(a := i) END, i::BIGNUM FROM range(300) t(i)",
       BlockCodec::kDuckDbChunk);
  EXPECT_GT(refused_, 0);
}

class FragmentFuzz : public FragmentFixture {
 protected:
  /// Decodes mutated copies of the statement's fragment, as a worker does before it runs one.
  int CountRefused(const std::string& sql) {
    const auto fragment = MakeFragment(sql);
    ByteMutator mutator(3);
    int refused = 0;
    for (int round = 0; round < FuzzRounds(kFragmentRounds); round++) {
      const auto wrong = mutator.Mutate(fragment.bytes);
      client_.connection().BeginTransaction();
      refused += !CatchDuckDb([&] {
                    DecodeFragment(client_.connection(), wrong);
                    return arrow::Status::OK();
                  }).ok();
      client_.connection().Rollback();
    }
    return refused;
  }

  /// Runs the right fragment with wrong splits.
  int CountRefusedSplits(const std::string& sql) {
    const auto fragment = MakeFragment(sql);
    ByteMutator mutator(4);
    int refused = 0;
    for (int round = 0; round < FuzzRounds(kFragmentRounds); round++) {
      auto wrong = fragment;
      auto& split = wrong.splits[0][mutator.Below(wrong.splits[0].size())];
      split.payload = mutator.Mutate(split.payload);
      refused += !Run(wrong).status.ok();
    }
    EXPECT_TRUE(Run(fragment).status.ok());
    return refused;
  }
};

TEST_F(FragmentFuzz, FragmentsAreDecodedOrRefused) {
  EXPECT_GT(CountRefused("SELECT g, sum(i), max(s) FROM t WHERE n > 2 GROUP BY g"), 0);
  EXPECT_GT(CountRefused("SELECT a.s, b.i FROM t a JOIN t b USING (i) WHERE a.n < b.g ORDER BY a.i LIMIT 7"), 0);
}

TEST_F(FragmentFuzz, SplitsAreReadOrRefused) { EXPECT_GT(CountRefusedSplits("SELECT g, i FROM t WHERE n > 2"), 0); }

}  // namespace
}  // namespace skein::core
