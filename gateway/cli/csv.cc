#include "gateway/cli/csv.h"

#include <algorithm>

#include <csv.h>
#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::gateway::cli {
namespace {

constexpr size_t kLongestCell = 1 << 20;
constexpr size_t kGrowth = 64 << 10;

int64_t LineEnds(std::string_view text) {
  int64_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++count;
  }
  return count;
}

}  // namespace

CsvReader::CsvReader(TextInput& input) : input_(input), parser_(std::make_unique<csv_parser>()) {
  Begin();
}

CsvReader::~CsvReader() {
  csv_free(parser_.get());
}

void CsvReader::Begin() {
  // Every line end is reported, so that lines can be counted.
  csv_init(parser_.get(), CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
  // A cell's room grows by so much at a time; the default, 128 bytes, makes long cells very slow.
  csv_set_blk_size(parser_.get(), kGrowth);
  if (delimiter_ != 0) csv_set_delim(parser_.get(), static_cast<unsigned char>(delimiter_));
}

void CsvReader::OnCell(void* data, size_t size, void* self) {
  auto& reader = *static_cast<CsvReader*>(self);
  reader.cells_.emplace_back(static_cast<const char*>(data), size);
  reader.lines_inside_ += LineEnds(reader.cells_.back());
}

void CsvReader::OnRow(int terminator, void* self) {
  auto& reader = *static_cast<CsvReader*>(self);
  const bool empty = reader.cells_.empty();
  const bool second_half = empty && terminator == '\n' && reader.after_cr_;
  reader.after_cr_ = terminator == '\r';
  if (second_half) return;
  const int64_t line = reader.line_;
  reader.line_ += 1 + reader.lines_inside_;
  reader.lines_inside_ = 0;
  if (empty) return;
  const bool blank = reader.cells_.size() == 1 && reader.cells_[0].empty();
  if (!blank) reader.rows_.push_back({line, std::move(reader.cells_), false});
  reader.cells_.clear();
}

// The rest of the line belongs to a row that cannot be read.
void CsvReader::Malformed() {
  const char* entry = reinterpret_cast<const char*>(parser_->entry_buf);
  const std::string_view open(entry == nullptr ? "" : entry, entry == nullptr ? 0 : parser_->entry_pos);
  rows_.push_back({line_, {}, true});
  line_ += lines_inside_ + LineEnds(open);
  lines_inside_ = 0;
  cells_.clear();
  csv_free(parser_.get());
  Begin();
}

void CsvReader::Feed(std::string_view text) {
  while (!text.empty()) {
    if (skipping_) {
      const size_t end = text.find_first_of("\r\n");
      if (end == std::string_view::npos) return;
      after_cr_ = text[end] == '\r';
      ++line_;
      text.remove_prefix(end + 1);
      skipping_ = false;
      continue;
    }
    const size_t used = csv_parse(parser_.get(), text.data(), text.size(), OnCell, OnRow, this);
    if (used == text.size()) return;
    Malformed();
    text.remove_prefix(used);
    skipping_ = true;
  }
}

absl::StatusOr<std::optional<CsvRow>> CsvReader::Next() {
  std::string text;
  while (rows_.empty() && !finished_) {
    text.clear();
    if (input_.Read(text)) {
      if (delimiter_ == 0) {
        const std::string_view first = std::string_view(text).substr(0, text.find_first_of("\r\n"));
        const bool tabs = first.find('\t') != std::string_view::npos && first.find(',') == std::string_view::npos;
        delimiter_ = tabs ? '\t' : ',';
        csv_set_delim(parser_.get(), static_cast<unsigned char>(delimiter_));
        // A tab that separates is no blank to be trimmed.
        if (tabs) csv_set_space_func(parser_.get(), [](unsigned char c) { return c == ' ' ? 1 : 0; });
      }
      Feed(text);
      if (parser_->entry_pos > kLongestCell) {
        return common::InvalidArgument(
            "file", "QUOTE_NOT_CLOSED",
            {fmt::format("line {}: a quotation mark is opened and not closed within a megabyte", line_),
             fmt::format("第 {} 行：引号未闭合", line_)});
      }
      continue;
    }
    finished_ = true;
    if (!skipping_ && csv_fini(parser_.get(), OnCell, OnRow, this) != 0) Malformed();
  }
  if (rows_.empty()) return std::nullopt;
  std::optional<CsvRow> row = std::move(rows_.front());
  rows_.pop_front();
  return row;
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n\t") == std::string_view::npos && !text.starts_with(' ') && !text.ends_with(' ')) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string SafeCsvCell(std::string_view text) {
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    return CsvCell(fmt::format("'{}", text));
  }
  return CsvCell(text);
}

std::string CsvLine(const std::vector<std::string>& cells, bool safe) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    line += safe ? SafeCsvCell(cells[i]) : CsvCell(cells[i]);
  }
  return line + "\r\n";
}

}  // namespace ronghe::gateway::cli
