#include "extension/sql_session.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "base/error.h"
#include "base/valid_text.h"
#include "duckdb.hpp"
#include "engine/error_bridge.h"
#include "extension/instance_state.h"
#include "extension/load.h"
#include "extension/name_completion.h"
#include "extension/result_printer.h"
#include "extension/statement_end.h"

namespace skein::core {
namespace {

// DuckDB's parser would stop at a zero byte without a word, and take others for what they are not.
arrow::Status CheckIsText(const std::string& sql) {
  const auto at = std::min(FirstInvalidByte(sql), sql.find('\0'));
  if (at >= sql.size()) return arrow::Status::OK();
  char byte[8];
  std::snprintf(byte, sizeof(byte), "0x%02x", static_cast<unsigned char>(sql[at]));
  const auto line = std::count(sql.begin(), sql.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  return UserError("the SQL is not text in UTF-8: line=" + std::to_string(line) + " byte=" + byte);
}

class DuckDbSession : public SqlSession {
 public:
  explicit DuckDbSession(const SqlSessionOptions& options)
      : database_(options.database.empty() ? nullptr : options.database.c_str()), format_(options.format) {
    LoadInto(*database_.instance);
    connection_ = std::make_unique<duckdb::Connection>(database_);
    state_ = &InstanceState::Get(*connection_->context);
    Set("skein_worker_binary", options.worker_binary);
    if (!options.cluster.empty()) Set("skein_cluster", options.cluster);
    Set("skein_mode", options.mode);
  }

  arrow::Status Run(const std::string& sql, std::ostream& out, const Watch& watch) override {
    ARROW_RETURN_NOT_OK(CheckIsText(sql));
    return CatchDuckDb([&]() -> arrow::Status {
      for (auto& statement : connection_->ExtractStatements(sql)) {
        ARROW_RETURN_NOT_OK(RunStatement(std::move(statement), out, watch));
      }
      return arrow::Status::OK();
    });
  }

  bool EndsStatement(const std::string& sql) const override { return core::EndsStatement(sql); }

  std::vector<std::string> NamesThatBegin(const std::string& prefix) override {
    std::vector<std::string> names;
    const auto status = CatchDuckDb([&] {
      duckdb::Connection own(database_);  // that of the statements may be in a transaction that has failed
      own.Query("SET skein_mode = 'local'");
      names = core::NamesThatBegin(own, prefix);
      return arrow::Status::OK();
    });
    return status.ok() ? names : std::vector<std::string>();
  }

  void SetFormat(OutputFormat format) override { format_ = format; }

  void Interrupt() override { connection_->Interrupt(); }

  std::optional<std::pair<int, int>> FinishedTasks() const override {
    const auto cluster = state_->cluster();
    if (!cluster) return std::nullopt;
    const auto queries = cluster->Queries();
    if (queries.empty() || queries.back().state != "running") return std::nullopt;
    std::pair<int, int> count{0, 0};
    for (const auto& task : cluster->Tasks()) {
      if (task.query != queries.back().query) continue;
      count.first += task.state == "finished";
      count.second++;
    }
    return count;
  }

 private:
  arrow::Status RunStatement(duckdb::unique_ptr<duckdb::SQLStatement> statement, std::ostream& out,
                             const Watch& watch) {
    auto watcher = watch();
    auto result = connection_->Query(std::move(statement));
    watcher.reset();
    // With the error's class, as DuckDB's own shell shows it.
    if (result->HasError()) return UserError(result->GetErrorObject().Message());
    if (result->properties.return_type == duckdb::StatementReturnType::QUERY_RESULT) {
      PrintResult(*connection_->context, result->Cast<duckdb::MaterializedQueryResult>(), format_, out);
    }
    return arrow::Status::OK();
  }

  void Set(const std::string& name, const std::string& value) {
    auto result = connection_->Query("SET " + name + " = " + duckdb::Value(value).ToSQLString());
    if (result->HasError()) result->ThrowError();
  }

  duckdb::DuckDB database_;
  std::unique_ptr<duckdb::Connection> connection_;
  InstanceState* state_ = nullptr;  // lives in database_
  OutputFormat format_;
};

}  // namespace

arrow::Result<std::unique_ptr<SqlSession>> SqlSession::Open(SqlSessionOptions options) {
  std::unique_ptr<SqlSession> session;
  ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
    session = std::make_unique<DuckDbSession>(options);
    return arrow::Status::OK();
  }));
  return session;
}

}  // namespace skein::core
