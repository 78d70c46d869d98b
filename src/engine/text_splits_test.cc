// Scans of CSV and JSON files, taken apart at the client and read by an engine, file by file.
#include "engine/text_splits.h"

#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "duckdb/parallel/thread_context.hpp"
#include "engine/fragment_fixture.h"
#include "engine/split_source.h"

namespace skein::core {
namespace {

duckdb::LogicalGet& FindScan(duckdb::LogicalOperator& plan) {
  if (plan.type == duckdb::LogicalOperatorType::LOGICAL_GET) return plan.Cast<duckdb::LogicalGet>();
  return FindScan(*plan.children.at(0));
}

class TextSplitsTest : public FragmentFixture {
 protected:
  TextSplitsTest() {
    for (int file = 0; file < 3; file++) {
      const auto rows = "(SELECT i, i % 7 AS g, 's' || i AS s FROM range(" + std::to_string(file * 500) + ", " +
                        std::to_string(file * 500 + 500) + ") r(i))";
      for (const std::string format : {"csv", "json"}) {
        client_.Ask("COPY " + rows + " TO '" + dir_.path("t" + std::to_string(file) + "." + format) + "'");
      }
    }
  }

  void WriteText(const std::string& name, const std::string& text) const {
    std::ofstream(dir_.path(name), std::ios::binary) << text;
  }
  std::string Csv(const std::string& pattern, const std::string& options = "") const {
    return "read_csv('" + dir_.path(pattern) + "'" + options + ")";
  }
  std::string Json(const std::string& pattern, const std::string& options = "") const {
    return "read_json('" + dir_.path(pattern) + "'" + options + ")";
  }
  std::string WhyNot(const std::string& source) {
    client_.connection().BeginTransaction();
    auto plan = client_.Optimize("SELECT * FROM " + source);
    const auto reason = WhyNotSplittable(FindScan(*plan.root));
    client_.connection().Rollback();
    return reason;
  }
  /// Reads the first file of `scan`, calls `change` after its first rows, and returns how many rows there were.
  size_t CountWith(const std::string& scan, const std::function<void()>& change) {
    client_.connection().BeginTransaction();
    auto plan = client_.Optimize("SELECT * FROM " + scan);
    const auto planned = PlanScan(client_.context(), FindScan(*plan.root));
    const auto splits = EnumerateSplits(client_.context(), planned);
    duckdb::ThreadContext thread(client_.context());
    duckdb::ExecutionContext execution(client_.context(), thread, nullptr);
    const auto source = MakeTextSource(client_.context(), planned.spec, nullptr);
    const auto reader = source->MakeReader(execution);
    duckdb::DataChunk chunk;
    chunk.Initialize(client_.context(), planned.spec.types);
    size_t count = 0;
    for (auto more = reader->Begin(splits[0]) && reader->Next(chunk); more; more = reader->Next(chunk)) {
      if (count == 0) change();
      count += chunk.size();
      chunk.Reset();
    }
    client_.connection().Rollback();
    return count;
  }
  std::string Changed(const std::string& name) const {
    return "file changed while the query ran: \"" + dir_.path(name) + "\" is not the version that was planned";
  }
};

TEST_F(TextSplitsTest, EachFileIsASplitAndPinned) {
  const auto fragment = MakeFragment("SELECT i FROM " + Csv("t*.csv"));
  ASSERT_EQ(fragment.splits[0].size(), 3u);
  for (size_t i = 0; i < 3; i++) {
    const auto text = TextSplit::FromBytes(fragment.splits[0][i].payload);
    EXPECT_EQ(text.path, dir_.path("t" + std::to_string(i) + ".csv"));
    EXPECT_EQ(text.file_index, i);
    EXPECT_EQ(text.file_size, std::filesystem::file_size(text.path));
    EXPECT_GT(text.modified_ns, 1'700'000'000'000'000'000);
    EXPECT_EQ(fragment.splits[0][i].id, i);
  }
}

TEST_F(TextSplitsTest, CsvAnswersAreDuckDbs) {
  ExpectAnswer("SELECT * FROM " + Csv("t*.csv"));
  ExpectAnswer("SELECT count(*) FROM " + Csv("t*.csv"));
  ExpectAnswer("SELECT s, g FROM " + Csv("t*.csv") + " WHERE i % 3 = 0");
  ExpectAnswer("SELECT g, sum(i), max(file_index) FROM " + Csv("t*.csv") + " GROUP BY g");
  ExpectAnswer("SELECT filename, count(*) FROM " + Csv("t*.csv", ", filename = true") + " GROUP BY ALL");
  ExpectAnswer("SELECT typeof(i), i FROM " + Csv("t*.csv", ", all_varchar = true"));
  ExpectAnswer("SELECT * FROM " + Csv("t*.csv",
                                      ", auto_detect = false, header = true, columns = {'a': 'DOUBLE', "
                                      "'b': 'SMALLINT', 'c': 'VARCHAR'}"));
}

TEST_F(TextSplitsTest, JsonAnswersAreDuckDbs) {
  ExpectAnswer("SELECT * FROM " + Json("t*.json"));
  ExpectAnswer("SELECT count(*) FROM " + Json("t*.json"));
  ExpectAnswer("SELECT s FROM " + Json("t*.json") + " WHERE i % 3 = 0");
  ExpectAnswer("SELECT filename, file_index, count(*) FROM " + Json("t*.json", ", filename = true") + " GROUP BY ALL");
  ExpectAnswer("SELECT * FROM " + Json("t*.json", ", columns = {s: 'VARCHAR', i: 'VARCHAR', x: 'INTEGER'}"));
  ExpectAnswer("SELECT * FROM read_json_objects('" + dir_.path("t*.json") + "')");
}

TEST_F(TextSplitsTest, OptionsThatDuckDbsSerializerForgetsTravel) {
  WriteText("n1.csv", "a;b\n1.000,5;x\n2.000,25;\n");
  WriteText("n2.csv", "a;b\n3.000,5;y\n");
  ExpectAnswer("SELECT a, b, b IS NULL FROM " + Csv("n?.csv",
                                                    ", thousands = '.', decimal_separator = ',', delim = ';', "
                                                    "types = {'a': 'DOUBLE'}, force_not_null = ['b']"));
  ExpectAnswer("SELECT typeof(a), a FROM " + Csv("n?.csv", ", delim = ';', auto_type_candidates = ['VARCHAR']"));
}

TEST_F(TextSplitsTest, FormatsOfDatesTravel) {
  WriteText("d1.json", "{\"d\": \"31/12/2023\", \"t\": \"2023-12-31T10:00:00\"}\n");
  WriteText("d2.json", "{\"d\": \"01/02/2024\", \"t\": \"2024-02-01T11:30:00\"}\n");
  ExpectAnswer("SELECT typeof(d), typeof(t), * FROM " + Json("d?.json", ", dateformat = '%d/%m/%Y'"));
  WriteText("d1.csv", "d,t\n31/12/2023,31/12/2023 10.00\n");
  WriteText("d2.csv", "d,t\n01/02/2024,01/02/2024 11.30\n");
  ExpectAnswer("SELECT typeof(d), typeof(t), * FROM " +
               Csv("d?.csv", ", dateformat = '%d/%m/%Y', timestampformat = '%d/%m/%Y %H.%M'"));
}

TEST_F(TextSplitsTest, ColumnsAreUnitedByName) {
  WriteText("u1.csv", "a,b\n1,x\n2,y\n");
  WriteText("u2.csv", "b;c\nz;2.5\n");
  WriteText("u3.csv", "a\nnone\n");
  ExpectAnswer("SELECT * FROM " + Csv("u?.csv", ", union_by_name = true"));
  ExpectAnswer("SELECT c FROM " + Csv("u?.csv", ", union_by_name = true") + " WHERE b = 'z'");
  ExpectAnswer("SELECT count(*) FROM " + Csv("u?.csv", ", union_by_name = true"));
}

TEST_F(TextSplitsTest, AnEmptyFileHasNoRows) {
  WriteText("t3.csv", "");
  WriteText("t4.csv", "i,g,s\n");
  WriteText("t3.json", "");
  ExpectAnswer("SELECT count(*), sum(i) FROM " + Csv("t*.csv"));
  ExpectAnswer("SELECT count(*), sum(i) FROM " + Json("t*.json"));
}

TEST_F(TextSplitsTest, AnErrorOfTheDataIsDuckDbs) {
  WriteText("t3.csv", "i,g,s\n1,2,x\nno,2,x\n");
  WriteText("t3.json", "{\"i\": 1}\n{\"i\": \n");
  // With their columns given, the files are not read before the query runs.
  const std::map<std::string, std::string> scans = {
      {Csv("t*.csv", ", columns = {'i': 'BIGINT', 'g': 'BIGINT', 's': 'VARCHAR'}"), "Conversion"},
      {Json("t*.json", ", columns = {i: 'BIGINT', s: 'VARCHAR'}"), "Invalid Input"}};
  for (const auto& [scan, type] : scans) {
    const auto sql = "SELECT sum(i) FROM " + scan;
    auto alone = client_.connection().Query(sql);
    ASSERT_TRUE(alone->HasError()) << sql;
    ExpectError(Run(MakeFragment(sql)).status, Fault::kUser, type, alone->GetErrorObject().RawMessage());
  }
}

TEST_F(TextSplitsTest, AFileThatChangedIsAnErrorThatNamesIt) {
  for (const std::string format : {"csv", "json"}) {
    const auto fragment = MakeFragment("SELECT sum(i) FROM '" + dir_.path("t*." + format) + "'");
    const auto name = "t1." + format;
    std::ofstream(dir_.path(name), std::ios::app) << "garbage that no reader takes\n";
    ExpectError(Run(fragment).status, Fault::kWorld, "", Changed(name));
  }
}

// More than the two thousand rows of a chunk, so that some are to be read after the change.
TEST_F(TextSplitsTest, AFileWrittenToWhileItIsReadIsNamed) {
  for (const std::string format : {"csv", "json"}) {
    const auto name = "t0." + format;
    client_.Ask("COPY (SELECT i, 1 AS g, 'x' AS s FROM range(10000) r(i)) TO '" + dir_.path(name) + "'");
    const auto append = [&] { std::ofstream(dir_.path(name), std::ios::app) << "\n"; };
    try {
      CountWith("'" + dir_.path("t*." + format) + "'", append);
      ADD_FAILURE() << name << " was read though it changed";
    } catch (const duckdb::IOException& error) {
      EXPECT_NE(std::string(error.what()).find(duckdb::StringUtil::Replace(Changed(name), "\"", "\\\"")),
                std::string::npos)
          << error.what();
      client_.connection().Rollback();
    }
  }
}

TEST_F(TextSplitsTest, AFileReplacedWhileItIsReadIsReadToItsEnd) {
  for (const std::string format : {"csv", "json"}) {
    const auto name = "t0." + format;
    client_.Ask("COPY (SELECT i, 1 AS g, 'x' AS s FROM range(10000) r(i)) TO '" + dir_.path(name) + "'");
    const auto replace = [&] {
      WriteText("other", "");
      std::filesystem::rename(dir_.path("other"), dir_.path(name));
    };
    EXPECT_EQ(CountWith("'" + dir_.path("t*." + format) + "'", replace), 10000u);
  }
}

TEST_F(TextSplitsTest, AFileThatIsGoneIsAnErrorThatNamesIt) {
  for (const std::string format : {"csv", "json"}) {
    const auto fragment = MakeFragment("SELECT sum(i) FROM '" + dir_.path("t*." + format) + "'");
    std::filesystem::remove(dir_.path("t1." + format));
    ExpectError(Run(fragment).status, Fault::kWorld, "", "t1." + format + "\": No such file");
  }
}

TEST_F(TextSplitsTest, NamesWhatTheClientReads) {
  EXPECT_EQ(WhyNot(Csv("t*.csv")), "");
  EXPECT_EQ(WhyNot(Json("t*.json")), "");
  EXPECT_EQ(WhyNot(Csv("t0.csv")), "one file, which the client reads with all its threads");
  EXPECT_EQ(WhyNot(Json("t0.json")), "one file, which the client reads with all its threads");
  EXPECT_EQ(WhyNot(Csv("t*.csv", ", store_rejects = true")), "rejected lines go into tables of the client");
}

TEST_F(TextSplitsTest, ALargeFileOfJsonLinesIsCut) {
  client_.Ask("COPY (SELECT i, repeat('x', 2 * (i % 500)::INT) AS s FROM range(50000) r(i)) TO '" +
              dir_.path("big.json") + "'");
  const auto sql =
      "SELECT count(*), sum(i), min(i), max(i), sum(length(s)), count(DISTINCT i), any_value(filename) FROM " +
      Json("big.json");
  const auto fragment = MakeFragment(sql);
  const auto size = std::filesystem::file_size(dir_.path("big.json"));
  ASSERT_EQ(fragment.splits[0].size(), (size + kTextSplitBytes - 1) / kTextSplitBytes);
  EXPECT_GE(fragment.splits[0].size(), 3u);
  EXPECT_EQ(TextSplit::FromBytes(fragment.splits[0].back().payload).end, size);
  ExpectAnswer(sql);
  ExpectAnswer("SELECT count(*), sum(length(json)) FROM read_json_objects('" + dir_.path("*.json") +
               "', format = 'nd')");
  ExpectAnswer("SELECT file_index, count(*) FROM " + Json("*.json") + " GROUP BY ALL");
}

TEST_F(TextSplitsTest, AnErrorInACutFileNamesTheLineOfTheFile) {
  client_.Ask(
      "COPY (SELECT CASE WHEN i = 40000 THEN 'no' ELSE i::VARCHAR END AS i, repeat('x', 500) AS s "
      "FROM range(50000) r(i)) TO '" +
      dir_.path("big.json") + "'");
  client_.Ask("COPY (SELECT 1 AS i, 'x' AS s) TO '" + dir_.path("c.json") + "'");
  const auto sql = "SELECT sum(i) FROM read_ndjson(['" + dir_.path("big.json") + "', '" + dir_.path("c.json") +
                   "'], columns = {i: 'BIGINT', s: 'VARCHAR'}, records = true)";
  ASSERT_GT(MakeFragment(sql).splits[0].size(), 3u);
  auto alone = client_.connection().Query(sql);
  ASSERT_TRUE(alone->HasError());
  EXPECT_NE(alone->GetErrorObject().RawMessage().find("line 4000"), std::string::npos);
  ExpectError(Run(MakeFragment(sql)).status, Fault::kUser, "Invalid Input", alone->GetErrorObject().RawMessage());
}

TEST_F(TextSplitsTest, APipeIsRefusedByName) {
  client_.connection().BeginTransaction();
  const std::vector<TextFile> files = {{"/dev/null", "", false}};
  EXPECT_THROW(EnumerateTextSplits(client_.context(), files), duckdb::InvalidInputException);
  client_.connection().Rollback();
}

}  // namespace
}  // namespace skein::core
