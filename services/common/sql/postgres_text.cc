#include <array>
#include <charconv>

#include <fmt/format.h>

#include "services/common/sql/postgres_connection.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {
namespace {

std::string Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

// What happened, from fields that hold no values. The server's sentence is only told for faults of the statement itself
// (class 42), where it speaks of names; that of a data exception quotes the data.
std::string Describe(const PGresult* result, const std::string& state) {
  std::string text = "SQLSTATE " + state;
  for (int field : {PG_DIAG_TABLE_NAME, PG_DIAG_COLUMN_NAME, PG_DIAG_CONSTRAINT_NAME}) {
    if (std::string name = Field(result, field); !name.empty()) text += " " + name;
  }
  if (state.starts_with("42")) text += ": " + Field(result, PG_DIAG_MESSAGE_PRIMARY);
  return text;
}

void AppendEscaped(std::string_view value, std::string& text) {
  for (char c : value) {
    switch (c) {
      case '\\':
        text += "\\\\";
        break;
      case '\t':
        text += "\\t";
        break;
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      default:
        text += c;
    }
  }
}

void AppendHex(std::string_view bytes, std::string& text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text += "\\\\x";  // the backslash is escaped, the digits are bytea's
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
}

}  // namespace

absl::Status PgToStatus(std::string_view name, const PGresult* result) {
  std::string state = Field(result, PG_DIAG_SQLSTATE);
  std::string text = Describe(result, state);
  auto is = [&](std::string_view prefix) { return state.starts_with(prefix); };
  if (is("40") || is("55P03")) return Conflict(name, text);
  if (is("57014")) return DeadlineExceeded();
  if (is("23505")) return UniqueViolated(name, text);
  if (is("53")) return DatabaseFull(text);
  if (is("08P01")) return StatementFailed(name, text);  // parameters do not match the statement
  if (state.empty() || is("25006") || is("57P") || is("08") || is("58")) {
    return DatabaseUnavailable(fmt::format("{}: {}", name, text));
  }
  return StatementFailed(name, text);
}

std::string NumberPlaceholders(std::string_view text) {
  std::string numbered;
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    size_t end = std::string_view::npos;
    if (c == '\'' || c == '"') end = text.find(c, i + 1);
    if (c == '-' && text.substr(i, 2) == "--") end = text.find('\n', i);
    if (end != std::string_view::npos) {
      numbered += text.substr(i, end + 1 - i);
      i = end;
    } else if (c == '?') {
      numbered += fmt::format("${}", ++count);
    } else {
      numbered += c;
    }
  }
  return numbered;
}

void AppendCopyRow(std::span<const Value> row, std::string& text) {
  bool first = true;
  for (const Value& value : row) {
    if (!first) text += '\t';
    first = false;
    if (const auto* number = std::get_if<int64_t>(&value)) {
      std::array<char, 24> digits;
      text.append(digits.data(), std::to_chars(digits.begin(), digits.end(), *number).ptr);
    } else if (const auto* string = std::get_if<std::string>(&value)) {
      AppendEscaped(*string, text);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      AppendHex(blob->bytes, text);
    } else {
      text += "\\N";
    }
  }
  text += '\n';
}

}  // namespace ronghe::common::sql
