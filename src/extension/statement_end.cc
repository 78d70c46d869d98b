#include "extension/statement_end.h"

#include "duckdb.hpp"
#include "duckdb/parser/parser.hpp"

namespace skein::core {
namespace {

/// Skips blanks and whole comments from `at`. DuckDB's tokens leave out comments, and strings without an end, too.
size_t SkipComments(const std::string& sql, size_t at) {
  while (at < sql.size()) {
    const size_t begin = at;
    at = sql.find_first_not_of(" \t\r\n\f\v", at);
    if (at == std::string::npos) return sql.size();
    if (sql.compare(at, 2, "--") == 0) at = std::min(sql.find('\n', at), sql.size());
    if (sql.compare(at, 2, "/*") == 0) {
      const size_t end = sql.find("*/", at + 2);
      if (end != std::string::npos) at = end + 2;
    }
    if (at == begin) return at;
  }
  return at;
}

/// Where DuckDB finds no token at all, more text would not help; where it finds no statement or no end, it may.
bool HasNoToken(const std::string& sql) {
  try {
    duckdb::Parser().ParseQuery(sql);
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return text.find("unterminated") == std::string::npos && text.find("syntax error") == std::string::npos;
  }
  return false;
}

}  // namespace

bool EndsStatement(const std::string& sql) {
  const auto tokens = duckdb::Parser::Tokenize(sql);
  const bool is_last_semicolon = !tokens.empty() && sql[tokens.back().start] == ';' &&
                                 tokens.back().type == duckdb::SimplifiedTokenType::SIMPLIFIED_TOKEN_OPERATOR;
  if (is_last_semicolon && SkipComments(sql, tokens.back().start + 1) == sql.size()) return true;
  const size_t last = sql.find_last_not_of(" \t\r\n");
  return last != std::string::npos && sql[last] == ';' && HasNoToken(sql);
}

}  // namespace skein::core
