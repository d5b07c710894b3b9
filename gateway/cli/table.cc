#include "gateway/cli/table.h"

#include <algorithm>

#include "gateway/cli/width.h"

namespace ronghe::gateway::cli {
namespace {

constexpr char kGap[] = "  ";

void AppendRow(std::string& out, const std::vector<std::string>& cells, const std::vector<Table::Column>& columns,
               const std::vector<int>& widths) {
  std::string line;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) line += kGap;
    const std::string padding(static_cast<size_t>(std::max(0, widths[i] - DisplayWidth(cells[i]))), ' ');
    line += columns[i].right ? padding + cells[i] : cells[i] + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line;
  out += '\n';
}

}  // namespace

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Render() const {
  std::vector<std::string> titles;
  std::vector<int> widths;
  for (const Column& column : columns_) {
    titles.push_back(Printable(column.title));
    widths.push_back(DisplayWidth(titles.back()));
  }
  for (const auto& row : rows_) {
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string out;
  AppendRow(out, titles, columns_, widths);
  for (size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) out += kGap;
    for (int k = 0; k < widths[i]; ++k) out += "─";
  }
  out += '\n';
  for (const auto& row : rows_) AppendRow(out, row, columns_, widths);
  return out;
}

}  // namespace ronghe::gateway::cli
