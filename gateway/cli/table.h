#pragma once

#include <string>
#include <vector>

namespace ronghe::gateway::cli {

// A table for people: columns aligned by what the characters take on a terminal, not by how many there are.
class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  // numbers
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Missing cells are empty; more cells than columns are dropped. Control characters are made harmless.
  void AddRow(std::vector<std::string> cells);
  size_t rows() const { return rows_.size(); }
  // With a heading and a line below it; no blanks at line ends. Every line ends in a newline.
  std::string Render() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ronghe::gateway::cli
