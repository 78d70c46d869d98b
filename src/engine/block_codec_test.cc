#include "engine/block_codec.h"

#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "duckdb/common/value_operations/value_operations.hpp"
#include "engine/engine_fixture.h"

namespace skein::core {
namespace {

using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::Value;
using Types = duckdb::vector<LogicalType>;
using Rows = std::vector<duckdb::vector<Value>>;

Rows ValuesOf(DataChunk& chunk) {
  Rows rows;
  for (idx_t row = 0; row < chunk.size(); row++) {
    duckdb::vector<Value> values;
    for (idx_t column = 0; column < chunk.ColumnCount(); column++) values.push_back(chunk.GetValue(column, row));
    rows.push_back(std::move(values));
  }
  return rows;
}

void ExpectSame(const Rows& expected, const Rows& actual) {
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t row = 0; row < expected.size(); row++) {
    ASSERT_EQ(expected[row].size(), actual[row].size());
    for (size_t column = 0; column < expected[row].size(); column++) {
      const auto& want = expected[row][column];
      const auto& have = actual[row][column];
      ASSERT_EQ(want.type(), have.type());
      ASSERT_EQ(want.ToString(), have.ToString()) << "row " << row << " column " << column;
      ASSERT_TRUE(duckdb::ValueOperations::NotDistinctFrom(want, have)) << want.ToString();
    }
  }
}

class BlockCodecTest : public testing::Test {
 protected:
  BlockCodecTest() { client_.connection().BeginTransaction(); }

  duckdb::ClientContext& context() { return client_.context(); }

  Block Encode(DataChunk& chunk) {
    auto encoder = BlockEncoder::Make(context(), chunk.GetTypes());
    encoder->Append(chunk);
    auto block = encoder->Finish();
    EXPECT_TRUE(block.ok()) << block.status().ToString();
    return *block;
  }

  arrow::Result<Rows> Decode(const Block& block, const Types& types) {
    Rows rows;
    auto decoder = BlockDecoder::Make(context(), block.codec, types);
    ARROW_RETURN_NOT_OK(decoder->Start(block));
    while (true) {
      DataChunk chunk;
      if (!types.empty()) chunk.Initialize(context(), types);
      ARROW_ASSIGN_OR_RAISE(const bool has_rows, decoder->Next(chunk));
      if (!has_rows) return rows;
      for (auto& row : ValuesOf(chunk)) rows.push_back(std::move(row));
    }
  }

  void ExpectRoundTrip(DataChunk& chunk) {
    const auto block = Encode(chunk);
    EXPECT_EQ(block.rows, chunk.size());
    EXPECT_EQ(block.checksum, ChecksumOf(*block.data));
    auto decoded = Decode(block, chunk.GetTypes());
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    ExpectSame(ValuesOf(chunk), *decoded);
  }

  /// Runs `sql` and puts each of its chunks through a block.
  void ExpectRoundTrip(const std::string& sql) {
    SCOPED_TRACE(sql);
    auto result = client_.connection().Query(sql);
    ASSERT_FALSE(result->HasError()) << result->GetError();
    idx_t rows = 0;
    while (auto chunk = result->Fetch()) {
      rows += chunk->size();
      ExpectRoundTrip(*chunk);
    }
    ASSERT_GT(rows, 0u);
  }

  std::vector<std::string> TestColumns() {
    auto names = client_.Ask("SELECT column_name FROM (DESCRIBE FROM test_all_types())");
    for (auto& name : names) name.pop_back();
    return names;
  }

  DataChunk& MakeChunk(const std::string& sql) {
    results_.push_back(client_.connection().Query(sql)->Fetch());
    return *results_.back();
  }

  ClientDuckDb client_;
  std::vector<duckdb::unique_ptr<DataChunk>> results_;
};

TEST_F(BlockCodecTest, CarriesAllTypesTogether) { ExpectRoundTrip("FROM test_all_types()"); }

TEST_F(BlockCodecTest, CarriesEachTypeAlone) {
  const auto names = TestColumns();
  ASSERT_GT(names.size(), 50u);
  for (const auto& name : names) ExpectRoundTrip("SELECT \"" + name + "\" FROM test_all_types()");
}

TEST_F(BlockCodecTest, CarriesListsStructsAndMapsOfEachType) {
  for (const auto& name : TestColumns()) {
    const auto column = "\"" + name + "\"";
    ExpectRoundTrip("SELECT [" + column + ", NULL], {'a': " + column + "}, MAP {1: " + column +
                    "} FROM test_all_types()");
  }
}

TEST_F(BlockCodecTest, CarriesTheEndsOfWideTypes) {
  ExpectRoundTrip(
      "SELECT unnest(['-170141183460469231731687303715884105728'::HUGEINT, 0, NULL, "
      "'170141183460469231731687303715884105727'::HUGEINT])");
  ExpectRoundTrip("SELECT unnest([0::UHUGEINT, '340282366920938463463374607431768211455'::UHUGEINT, NULL])");
  ExpectRoundTrip(
      "SELECT unnest(['00000000-0000-0000-0000-000000000000'::UUID, "
      "'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID, NULL])");
  ExpectRoundTrip(
      "SELECT INTERVAL '83 years 3 months 999 days 00:16:39.999999', "
      "to_microseconds(9223372036854775807), to_microseconds(-9223372036854775807), to_months(-2147483647)");
  ExpectRoundTrip(
      "SELECT unnest(['infinity'::TIMESTAMP, '-infinity'::TIMESTAMP, NULL]), "
      "unnest(['infinity'::DATE, '-infinity'::DATE, '5877642-06-25 (BC)'::DATE])");
  ExpectRoundTrip("SELECT unnest(['00:00:00+15:59:59'::TIMETZ, '24:00:00-15:59:59'::TIMETZ, NULL])");
}

TEST_F(BlockCodecTest, CarriesDecimalsOfEachWidth) {
  for (const auto* type : {"DECIMAL(1,0)", "DECIMAL(4,1)", "DECIMAL(9,4)", "DECIMAL(18,6)", "DECIMAL(38,10)"}) {
    ExpectRoundTrip(std::string("SELECT unnest([NULL, 0, -1, 9])::") + type);
  }
  ExpectRoundTrip(
      "SELECT '99999999999999999999999999999999999999'::DECIMAL(38,0), 999.9::DECIMAL(4,1), "
      "-99999.9999::DECIMAL(9,4), -999999999999.999999::DECIMAL(18,6)");
}

TEST_F(BlockCodecTest, CarriesFloatsThatAreNoNumbers) {
  ExpectRoundTrip(
      "SELECT unnest(['nan', 'inf', '-inf', '-0.0', '1e308', NULL])::DOUBLE, "
      "unnest(['nan', 'inf', '-inf', '-0.0', '1e-40', NULL])::FLOAT");
}

TEST_F(BlockCodecTest, CarriesStringsAndBlobs) {
  ExpectRoundTrip("SELECT unnest(['', 'a', NULL, 'exactly12byt', 'thirteen byte', repeat('ü', 5000), chr(0) || 'x'])");
  ExpectRoundTrip("SELECT unnest([''::BLOB, '\\x00\\xFF'::BLOB, NULL])");
  ExpectRoundTrip("SELECT unnest(['', 'Ä', NULL]) COLLATE NOCASE");
}

TEST_F(BlockCodecTest, CarriesTypesWithNames) {
  client_.Ask("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TYPE size AS STRUCT(width INT, height INT)");
  ExpectRoundTrip("SELECT unnest(['sad', 'happy', NULL])::mood");
  ExpectRoundTrip("SELECT unnest(['sad', 'happy', NULL])::mood AS m, [m], {'m': m}, 1::INTEGER");
  ExpectRoundTrip("SELECT {'width': 1, 'height': NULL}::size");
  ExpectRoundTrip("SELECT unnest(['{\"a\": 1}', NULL, '[]'])::JSON");
  ExpectRoundTrip("SELECT unnest(['0', '0101', NULL, '111111111'])::BIT");
}

TEST_F(BlockCodecTest, CarriesUnionsMapsAndArrays) {
  ExpectRoundTrip("SELECT union_value(num := 2) UNION ALL BY NAME SELECT union_value(num := NULL)");
  ExpectRoundTrip(
      "SELECT u::UNION(num INTEGER, str VARCHAR) FROM (VALUES (1::UNION(num INTEGER, str VARCHAR)), "
      "('x'::UNION(num INTEGER, str VARCHAR)), (NULL)) t(u)");
  ExpectRoundTrip("SELECT unnest([MAP {'a': 1, 'b': NULL}, MAP {}, NULL])");
  ExpectRoundTrip("SELECT unnest([[1, 2, 3]::INT[3], NULL, [4, NULL, 6]::INT[3]])");
  ExpectRoundTrip("SELECT unnest([[], [[]], [[NULL], ['a']], NULL])");
  ExpectRoundTrip("SELECT NULL, 1");
}

TEST_F(BlockCodecTest, CarriesRowsWithoutColumns) {
  DataChunk chunk;
  chunk.SetCardinality(1500);
  auto encoder = BlockEncoder::Make(context(), {});
  encoder->Append(chunk);
  encoder->Append(chunk);
  auto block = encoder->Finish();
  ASSERT_TRUE(block.ok()) << block.status().ToString();
  EXPECT_EQ(block->rows, 3000u);
  auto decoded = Decode(*block, {});
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(decoded->size(), 3000u);
}

// Both codecs: the second statement has a type that Arrow does not carry.
const char* const kBothCodecs[] = {
    "SELECT i, 's' || (i % 7) AS s, i % 3 = 0 AS b, nullif(i % 5, 0) AS n FROM range(2000) r(i)",
    "SELECT i, 's' || (i % 7) AS s, [i, NULL] AS l, i::UHUGEINT AS h FROM range(2000) r(i)"};

TEST_F(BlockCodecTest, UsesArrowWhereItIsExact) {
  EXPECT_EQ(Encode(MakeChunk(kBothCodecs[0])).codec, BlockCodec::kArrowIpc);
  EXPECT_EQ(Encode(MakeChunk(kBothCodecs[1])).codec, BlockCodec::kDuckDbChunk);
}

// Columns of test_all_types() that Arrow carries exactly. Whoever adds one to this list proves it by the round trips.
TEST_F(BlockCodecTest, UsesArrowForExactlyTheseTypes) {
  const std::set<std::string> in_arrow = {
      "bool", "tinyint", "smallint", "int",       "bigint",  "hugeint", "utinyint", "usmallint", "uint",    "ubigint",
      "date", "float",   "double",   "timestamp", "dec_4_1", "dec_9_4", "dec_18_6", "dec38_10",  "varchar", "blob"};
  std::set<std::string> found;
  for (const auto& name : TestColumns()) {
    if (Encode(MakeChunk("SELECT \"" + name + "\" FROM test_all_types()")).codec == BlockCodec::kArrowIpc) {
      found.insert(name);
    }
  }
  EXPECT_EQ(found, in_arrow);
}

TEST_F(BlockCodecTest, CarriesSlicedRows) {
  for (const auto* sql : kBothCodecs) {
    auto& chunk = MakeChunk(sql);
    duckdb::SelectionVector odd(STANDARD_VECTOR_SIZE);
    for (idx_t i = 0; i < 1000; i++) odd.set_index(i, 1999 - 2 * i);
    chunk.Slice(odd, 1000);
    ASSERT_EQ(chunk.data[0].GetVectorType(), duckdb::VectorType::DICTIONARY_VECTOR);
    ExpectRoundTrip(chunk);
  }
}

TEST_F(BlockCodecTest, CarriesConstantAndSequenceVectors) {
  DataChunk chunk;
  chunk.Initialize(context(), {LogicalType::BIGINT, LogicalType::VARCHAR, LogicalType::INTEGER, LogicalType::BIGINT});
  chunk.data[0].Sequence(7, 3, 1700);
  chunk.data[1].Reference(Value("always the same, and not short"));
  chunk.data[2].Reference(Value(LogicalType::INTEGER));
  chunk.data[3].Reference(Value::BIGINT(42));
  chunk.SetCardinality(1700);
  ExpectRoundTrip(chunk);
}

TEST_F(BlockCodecTest, PutsSeveralChunksIntoABlock) {
  for (const auto* sql : kBothCodecs) {
    auto& chunk = MakeChunk(sql);
    auto encoder = BlockEncoder::Make(context(), chunk.GetTypes());
    auto expected = ValuesOf(chunk);
    encoder->Append(chunk);
    encoder->Append(chunk);
    auto block = encoder->Finish();
    ASSERT_TRUE(block.ok() && encoder->IsEmpty());
    auto decoded = Decode(*block, chunk.GetTypes());
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    for (size_t i = 0; i < 2000; i++) expected.push_back(expected[i]);
    ExpectSame(expected, *decoded);
  }
}

TEST_F(BlockCodecTest, StartsAnewAfterEachBlock) {
  for (const auto* sql : kBothCodecs) {
    auto& chunk = MakeChunk(sql);
    auto encoder = BlockEncoder::Make(context(), chunk.GetTypes());
    for (int i = 0; i < 3; i++) {
      encoder->Append(chunk);
      auto block = encoder->Finish();
      ASSERT_TRUE(block.ok()) << block.status().ToString();
      ExpectSame(ValuesOf(chunk), *Decode(*block, chunk.GetTypes()));
    }
  }
}

TEST_F(BlockCodecTest, OneDecoderReadsManyBlocks) {
  for (const auto* sql : kBothCodecs) {
    auto& chunk = MakeChunk(sql);
    const auto block = Encode(chunk);
    auto decoder = BlockDecoder::Make(context(), block.codec, chunk.GetTypes());
    for (int i = 0; i < 3; i++) {
      ASSERT_TRUE(decoder->Start(block).ok());
      DataChunk out;
      out.Initialize(context(), chunk.GetTypes());
      ASSERT_TRUE(*decoder->Next(out));
      ExpectSame(ValuesOf(chunk), ValuesOf(out));
      ASSERT_FALSE(*decoder->Next(out));
    }
  }
}

TEST_F(BlockCodecTest, CutsBlocksAtAboutOneMegabyte) {
  for (const auto* sql : {"SELECT repeat('x', 1000) || i FROM range(2000) r(i)",
                          "SELECT [i, i + 1] AS l, repeat('x', 1000) FROM range(2000) r(i)"}) {
    auto& chunk = MakeChunk(sql);
    auto encoder = BlockEncoder::Make(context(), chunk.GetTypes());
    EXPECT_FALSE(encoder->IsFull());
    encoder->Append(chunk);
    EXPECT_TRUE(encoder->IsFull());
    auto block = encoder->Finish();
    ASSERT_TRUE(block.ok());
    EXPECT_GT(block->data->size(), int64_t{1} << 20);
    EXPECT_LT(block->data->size(), int64_t{4} << 20);
    EXPECT_FALSE(encoder->IsFull());
  }
}

TEST_F(BlockCodecTest, RowsAreOnlyCountedAsFullByTheirBytes) {
  auto& chunk = MakeChunk("SELECT i::TINYINT FROM range(100) r(i)");
  auto encoder = BlockEncoder::Make(context(), chunk.GetTypes());
  idx_t chunks = 0;
  for (; !encoder->IsFull() && chunks < 100000; chunks++) encoder->Append(chunk);
  auto block = encoder->Finish();
  ASSERT_TRUE(block.ok());
  EXPECT_GT(block->data->size(), int64_t{1} << 18);
  EXPECT_LT(block->data->size(), int64_t{1} << 21);
}

Block WithBytes(Block block, std::string bytes) {
  block.data = arrow::Buffer::FromString(std::move(bytes));
  return block;
}

TEST_F(BlockCodecTest, ReadsBytesAtAnyAddress) {
  auto& chunk = MakeChunk(kBothCodecs[0]);
  const auto block = Encode(chunk);
  const auto whole = arrow::Buffer::FromString("x" + block.data->ToString());
  auto shifted = block;
  shifted.data = arrow::SliceBuffer(whole, 1);
  ExpectSame(ValuesOf(chunk), *Decode(shifted, chunk.GetTypes()));
}

TEST_F(BlockCodecTest, RefusesTruncatedBlocks) {
  for (const auto* sql : kBothCodecs) {
    auto& chunk = MakeChunk(sql);
    const auto block = Encode(chunk);
    const auto bytes = block.data->ToString();
    for (size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 200) {
      EXPECT_FALSE(Decode(WithBytes(block, bytes.substr(0, size)), chunk.GetTypes()).ok()) << size;
    }
  }
}

TEST_F(BlockCodecTest, RefusesAnotherNumberOfRows) {
  for (const auto* sql : kBothCodecs) {
    auto& chunk = MakeChunk(sql);
    auto block = Encode(chunk);
    for (uint64_t rows : {1, 1999, 2001}) {
      block.rows = rows;
      const auto decoded = Decode(block, chunk.GetTypes());
      ASSERT_FALSE(decoded.ok()) << rows;
      ASSERT_NE(DetailOf(decoded.status()), nullptr) << decoded.status().ToString();
    }
  }
}

TEST_F(BlockCodecTest, RefusesColumnsOfOtherTypes) {
  auto& chunk = MakeChunk("SELECT [i] AS l FROM range(10) r(i)");
  EXPECT_FALSE(Decode(Encode(chunk), {LogicalType::LIST(LogicalType::INTEGER)}).ok());
  auto& integers = MakeChunk("SELECT i::INTEGER AS l FROM range(10) r(i)");
  EXPECT_FALSE(Decode(Encode(integers), {LogicalType::INTEGER, LogicalType::INTEGER}).ok());
  EXPECT_FALSE(Decode(Encode(integers), {LogicalType::HUGEINT}).ok());
}

// The exchange checks the checksum before it hands out a block, so this is the second line of defence: whatever the
// message's header claims about its buffers, nothing outside of them is read. (The offsets of strings are trusted.)
TEST_F(BlockCodecTest, SurvivesAnyFlippedByteInTheHeader) {
  auto& chunk = MakeChunk("SELECT i, i % 3 = 0 AS b, nullif(i % 5, 0) AS n, i::HUGEINT AS h FROM range(2000) r(i)");
  const auto block = Encode(chunk);
  const auto bytes = block.data->ToString();
  int32_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data() + 4, sizeof(header_bytes));
  ASSERT_LT(static_cast<size_t>(header_bytes), bytes.size());
  int refused = 0, total = 0;
  for (int at = 0; at < 8 + header_bytes; at++) {
    for (const auto mask : {0x01, 0x10, 0x80, 0xff}) {
      auto broken = bytes;
      broken[at] = static_cast<char>(broken[at] ^ mask);
      refused += Decode(WithBytes(block, broken), chunk.GetTypes()).ok() ? 0 : 1;
      total++;
    }
  }
  EXPECT_GT(refused, total / 4);
}

}  // namespace
}  // namespace skein::core
