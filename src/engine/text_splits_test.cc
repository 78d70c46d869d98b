// Scans of CSV and JSON files, taken apart at the client and read by an engine, file by file.
#include "engine/text_splits.h"

#include <fstream>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "duckdb/function/table/read_csv.hpp"
#include "duckdb/parallel/thread_context.hpp"
#include "engine/fragment_fixture.h"
#include "engine/line_range.h"
#include "engine/split_source.h"
#include "engine/text_bind.h"

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

// A random table as text, mostly as machines write it, with what may go wrong in it; and how it is to be read.
struct RandomCsv {
  explicit RandomCsv(uint32_t seed) : random(seed) {
    const bool is_long = seed % 8 == 0;  // behind DuckDB's sample, too, which is of 2048 rows
    const auto columns = 1 + Below(4);
    const std::string delimiter = std::vector<std::string>{",", "|", ";", "\t", "::"}[Below(5)];
    const std::string line_end = Below(3) == 0 ? "\r\n" : "\n";
    if (delimiter == "::" || Below(4) == 0) options += ", delim = '" + delimiter + "'";
    if (is_long) options += ", sample_size = 1";
    if (Below(6) == 0) options += ", all_varchar = true";
    if (Below(10) == 0) text += "\xEF\xBB\xBF";
    if (const auto skipped = Below(12); skipped < 3) {
      options += ", skip = " + std::to_string(skipped);
      for (uint32_t line = 0; line < skipped; line++) text += "of no column" + line_end;
    }
    if (Below(2) == 0) {
      for (uint32_t column = 0; column < columns; column++) {
        text += (column > 0 ? delimiter : "") + "name" + std::to_string(column);
      }
      text += line_end;
    }
    const bool is_odd = Below(2) == 0;
    const auto rows = is_long ? 3000 + Below(2000) : 1 + Below(60);
    for (uint32_t row = 0; row < rows; row++) {
      const auto may_be_odd = is_odd && row > (is_long ? 2500 : 20) && Below(is_long ? 400 : 15) == 0;
      for (uint32_t column = 0; column < columns; column++) {
        text += (column > 0 ? delimiter : "") + Value(column, may_be_odd);
      }
      if (may_be_odd && Below(4) == 0) text += delimiter + "more";
      text += may_be_odd && Below(3) == 0
                  ? std::vector<std::string>{"\n", "\r\n", "\n\n", "\r\n\n", "\n\r\n", "\r"}[Below(6)]
                  : line_end;
    }
    if (Below(4) == 0) text.resize(text.size() - line_end.size());
  }

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random() % bound); }
  std::string Value(uint32_t column, bool is_odd) {
    static const std::vector<std::string> kOdd = {"\"", "\"open",    "\"a\"", "\xEF\xBB\xBFx", "\xC3", "a\rb",
                                                  "#",  "no number", ""};
    if (is_odd && Below(2) == 0) return kOdd[Below(static_cast<uint32_t>(kOdd.size()))];
    if (column % 2 == 0) return std::to_string(Below(1000000));
    return std::vector<std::string>{
        "", " ", "word", "two words", "\xC3\xA9t\xC3\xA9", " x ", "long" + std::string(Below(40), 'g')}[Below(7)];
  }

  std::mt19937 random;
  std::string text;
  std::string options;
};

class CutCsvTest : public TextSplitsTest {
 protected:
  CutCsvTest() { client_.context().db->GetFileSystem().RegisterSubSystem(MakeLineRangeFileSystem()); }

  static void Append(duckdb::DataChunk& chunk, std::vector<std::string>& rows) {
    for (duckdb::idx_t row = 0; row < chunk.size(); row++) {
      std::string text;
      for (duckdb::idx_t column = 0; column < chunk.ColumnCount(); column++) {
        text += "<" + chunk.GetValue(column, row).ToString() + ">";
      }
      rows.push_back(std::move(text));
    }
  }
  /// The rows, or the error as the only one.
  std::vector<std::string> ReadByDuckDb(const std::string& scan) {
    auto result = client_.connection().Query("SELECT * FROM " + scan);
    if (result->HasError()) return {result->GetErrorObject().RawMessage()};
    std::vector<std::string> rows;
    while (auto chunk = result->Fetch()) Append(*chunk, rows);
    return rows;
  }
  std::vector<std::string> ReadParts(const PlannedScan& planned, const std::vector<Split>& splits) {
    duckdb::ThreadContext thread(client_.context());
    duckdb::ExecutionContext execution(client_.context(), thread, nullptr);
    const auto source = MakeTextSource(client_.context(), planned.spec, nullptr);
    const auto reader = source->MakeReader(execution);
    duckdb::DataChunk chunk;
    chunk.Initialize(client_.context(), planned.spec.types);
    std::vector<std::string> rows;
    try {
      for (const auto& split : splits) {
        for (auto more = reader->Begin(split); more;) {
          chunk.Reset();
          more = reader->Next(chunk);
          if (more) Append(chunk, rows);
        }
      }
    } catch (const std::exception& error) {
      return {duckdb::ErrorData(error).RawMessage()};
    }
    return rows;
  }
  static std::vector<Split> SplitsAt(const std::string& path, std::vector<uint64_t> borders) {
    std::sort(borders.begin(), borders.end());
    std::vector<Split> splits;
    for (size_t i = 1; i < borders.size(); i++) {
      if (borders[i] == borders[i - 1]) continue;
      TextSplit text;
      text.path = path;
      text.begin = borders[i - 1];
      text.end = borders[i];
      text.is_read_in_parallel = true;
      Split split;
      split.id = static_cast<SplitId>(splits.size());
      split.payload = text.ToBytes();
      splits.push_back(std::move(split));
    }
    return splits;
  }
  /// Reads "r.csv" in parts, if it can be cut, and expects DuckDB's rows or DuckDB's error. Returns how many parts.
  size_t ExpectRowsOfParts(RandomCsv& csv) {
    WriteText("r.csv", csv.text);
    const auto scan = Csv("r.csv", csv.options);
    const auto expected = ReadByDuckDb(scan);
    client_.connection().BeginTransaction();
    size_t count = 0;
    try {
      auto plan = client_.Optimize("SELECT * FROM " + scan);
      auto& get = FindScan(*plan.root);
      const auto& bind_data = get.bind_data->Cast<duckdb::MultiFileBindData>();
      if (WhyNotCut(bind_data, 0, dir_.path("r.csv")).empty()) {
        const auto planned = PlanScan(client_.context(), get);
        const auto& options = bind_data.bind_data->Cast<duckdb::ReadCSVData>().options;
        auto left = options.GetSkipRows() + (options.dialect_options.header.GetValue() ? 1 : 0);
        size_t head = 0;
        for (; left > 0; left--) head = csv.text.find('\n', head) + 1;
        std::vector<uint64_t> borders = {0, csv.text.size()};
        for (auto i = csv.Below(8); i > 0 && head < csv.text.size(); i--) {
          auto border = head + csv.Below(static_cast<uint32_t>(csv.text.size() - head));
          // At a line that begins with a line's end, if there is one.
          const auto empty = csv.text.find(csv.Below(2) == 0 ? "\n\n" : "\n\r", border);
          if (empty != std::string::npos && csv.Below(2) == 0) border = empty + 1;
          borders.push_back(std::max<uint64_t>(1, border));
        }
        const auto splits = SplitsAt(dir_.path("r.csv"), borders);
        const auto found = ReadParts(planned, splits);
        EXPECT_EQ(found, expected) << scan << "\n" << csv.text.substr(0, 2000);
        count = splits.size();
      }
    } catch (const std::exception& error) {
      EXPECT_EQ(expected.size(), 1u) << error.what();
    }
    client_.connection().Rollback();
    return count;
  }
};

TEST_F(CutCsvTest, PartsOfRandomFilesGiveDuckDbsRowsAndErrors) {
  size_t parts = 0;
  for (uint32_t seed = 1; seed <= 400 && !HasFailure(); seed++) {
    SCOPED_TRACE(seed);
    RandomCsv csv(seed);
    parts += ExpectRowsOfParts(csv);
  }
  EXPECT_GT(parts, 800u);
}

TEST_F(CutCsvTest, ALargeFileWithoutQuotesIsCut) {
  client_.Ask("COPY (SELECT i, repeat('x', 1 + 2 * (i % 500)::INT) AS s FROM range(40000) r(i)) TO '" +
              dir_.path("big.csv") + "'");
  const auto sql =
      "SELECT count(*), sum(i), min(i), max(i), sum(length(s)), count(DISTINCT i), any_value(filename) FROM " +
      Csv("big.csv");
  const auto size = std::filesystem::file_size(dir_.path("big.csv"));
  EXPECT_EQ(MakeFragment(sql).splits[0].size(), (size + kTextSplitBytes - 1) / kTextSplitBytes);
  EXPECT_GE(size, 2 * kTextSplitBytes);
  ExpectAnswer(sql);
  ExpectAnswer("SELECT sum(i) FROM " + Csv("big.csv") + " WHERE i % 1000 = 7");
  ExpectAnswer("SELECT count(*), max(b) FROM " + Csv("big.csv", ", skip = 3, names = ['a', 'b'], header = false"));
  // Each of several files may have a dialect of its own.
  WriteText("big2.csv", "i,s\n1,x\n");
  EXPECT_EQ(MakeFragment("SELECT * FROM " + Csv("big*.csv")).splits[0].size(), 2u);
}

TEST_F(CutCsvTest, WhatJoinsLinesKeepsALargeFileWhole) {
  const std::string client = "one file, which the client reads with all its threads: ";
  client_.Ask("COPY (SELECT i, repeat('x', 500) AS s FROM range(40000) r(i)) TO '" + dir_.path("big.csv") + "'");
  EXPECT_EQ(WhyNot(Csv("big.csv")), "");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {", quote = '\"'", "a line may end inside of quotes"},
      {", escape = '!', quote = '\"'", "a line may end inside of quotes"},
      {", comment = '#'", "it may have comments"},
      {", strict_mode = false", "strict_mode is given"},
      {", null_padding = true", "null_padding is given"},
      {", ignore_errors = true", "errors are ignored"},
      {", encoding = 'latin-1'", "it is not in UTF-8"}};
  for (const auto& [options, reason] : cases) EXPECT_EQ(WhyNot(Csv("big.csv", options)), client + reason) << options;
  const std::string line(1900000, 'x');
  std::string head;
  for (int i = 0; i < 5; i++) head += line + "\n";
  std::string rows;
  for (int i = 0; i < 2000000; i++) rows += "1,2,3,4\n";
  WriteText("head.csv", head + rows);
  EXPECT_EQ(WhyNot(Csv("head.csv", ", skip = 5")),
            client + "what stands before its rows is large, or does not end as its lines do");
}

TEST_F(CutCsvTest, ACutFileThatChangedOrIsGoneIsNamed) {
  client_.Ask("COPY (SELECT i, repeat('x', 500) AS s FROM range(40000) r(i)) TO '" + dir_.path("big.csv") + "'");
  const auto fragment = MakeFragment("SELECT sum(i) FROM " + Csv("big.csv"));
  std::ofstream(dir_.path("big.csv"), std::ios::app) << "40001,x\n";
  ExpectError(Run(fragment).status, Fault::kWorld, "", Changed("big.csv"));
  std::filesystem::remove(dir_.path("big.csv"));
  ExpectError(Run(fragment).status, Fault::kWorld, "", "big.csv\": No such file");
}

TEST_F(CutCsvTest, AnErrorInACutFileNamesTheLineOfTheFile) {
  client_.Ask(
      "COPY (SELECT CASE WHEN i = 35000 THEN 'no' ELSE i::VARCHAR END AS i, repeat('x', 500) AS s "
      "FROM range(40000) r(i)) TO '" +
      dir_.path("big.csv") + "'");
  const auto sql = "SELECT sum(i) FROM " + Csv("big.csv");
  ASSERT_GT(MakeFragment(sql).splits[0].size(), 1u);
  auto alone = client_.connection().Query(sql);
  ASSERT_TRUE(alone->HasError());
  EXPECT_NE(alone->GetErrorObject().RawMessage().find("Line: 35002"), std::string::npos);
  ExpectError(Run(MakeFragment(sql)).status, Fault::kUser, "Conversion", alone->GetErrorObject().RawMessage());
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
