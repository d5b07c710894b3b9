#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "gateway/cli/text_input.h"

struct csv_parser;

namespace ronghe::gateway::cli {

// A row of a file, and where it begins.
struct CsvRow {
  int64_t line = 0;  // from 1
  std::vector<std::string> cells;
  bool malformed = false;  // quotes in wrong places; the cells are not to be used
};

// Reads comma-separated (or, by the look of the first line, tab-separated) rows as RFC 4180 has them; `\n`, `\r\n` and
// `\r` end a line, empty lines are skipped. A malformed row is returned as such and reading goes on at the next line.
// Not thread-safe.
class CsvReader {
 public:
  explicit CsvReader(TextInput& input);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // nullopt at the end. INVALID_ARGUMENT, reason QUOTE_NOT_CLOSED, for a quote that swallows more than a megabyte.
  absl::StatusOr<std::optional<CsvRow>> Next();

 private:
  static void OnCell(void* data, size_t size, void* self);
  static void OnRow(int terminator, void* self);
  void Begin();
  void Feed(std::string_view text);
  void Malformed();

  TextInput& input_;
  std::unique_ptr<csv_parser> parser_;
  char delimiter_ = 0;
  std::deque<CsvRow> rows_;
  std::vector<std::string> cells_;
  int64_t line_ = 1;          // where the next row begins
  int64_t lines_inside_ = 0;  // line ends inside quotes of the row being read
  bool after_cr_ = false;
  bool skipping_ = false;  // to the end of a malformed line
  bool finished_ = false;
};

// A cell as RFC 4180 quotes it.
std::string CsvCell(std::string_view text);
// As CsvCell, with cells that a spreadsheet would take for a formula made plain text by an apostrophe in front.
std::string SafeCsvCell(std::string_view text);
std::string CsvLine(const std::vector<std::string>& cells, bool safe);

}  // namespace ronghe::gateway::cli
