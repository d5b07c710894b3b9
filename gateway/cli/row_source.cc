#include "gateway/cli/row_source.h"

namespace ronghe::gateway::cli {
namespace {

constexpr size_t kLongestLine = 1 << 20;

absl::Status Empty() {
  return common::InvalidArgument("file", "EMPTY_FILE", {"the file has no rows", "文件中没有数据行"});
}

}  // namespace

absl::StatusOr<std::unique_ptr<RowSource>> RowSource::Open(const std::string& path, const std::string& format,
                                                           const google::protobuf::Message& prototype,
                                                           std::istream& standard_input,
                                                           const std::vector<std::string>& columns) {
  RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<TextInput> input, TextInput::Open(path, standard_input));
  const bool json = format == "ndjson" || (format.empty() && (path.ends_with(".ndjson") || path.ends_with(".jsonl")));
  std::unique_ptr<RowSource> source(new RowSource(std::move(input), json, prototype));
  for (const std::string& column : columns) {
    const size_t equals = column.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == column.size()) {
      return common::InvalidArgument("column", "BAD_COLUMN", {"write TITLE=FIELD", "请写作 列名=字段"});
    }
    source->columns_[column.substr(0, equals)] = column.substr(equals + 1);
  }
  RONGHE_RETURN_IF_ERROR(source->Rewind());
  return source;
}

absl::Status RowSource::Rewind() {
  input_->Rewind();
  pending_.clear();
  at_ = 0;
  line_ = 0;
  if (json_) return absl::OkStatus();
  csv_ = std::make_unique<CsvReader>(*input_);
  RONGHE_ASSIGN_OR_RETURN(std::optional<CsvRow> header, csv_->Next());
  if (!header.has_value()) return Empty();
  if (header->malformed) {
    return common::InvalidArgument("header", "BAD_QUOTES", {"quotation marks in wrong places", "引号位置有误"});
  }
  if (!mapper_.has_value()) {
    for (std::string& title : header->cells) {
      if (const auto mapped = columns_.find(title); mapped != columns_.end()) title = mapped->second;
    }
    RONGHE_ASSIGN_OR_RETURN(mapper_, RowMapper::Create(prototype_.GetDescriptor(), header->cells));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RowSource::Row>> RowSource::Next() {
  if (json_) return NextJson();
  RONGHE_ASSIGN_OR_RETURN(std::optional<CsvRow> cells, csv_->Next());
  if (!cells.has_value()) return std::optional<Row>();
  Row row;
  row.line = cells->line;
  row.message.reset(prototype_.New());
  if (cells->malformed) {
    row.violations.Add("", "BAD_QUOTES", {"quotation marks in wrong places", "引号位置有误"});
  } else {
    row.violations = mapper_->Fill(cells->cells, *row.message);
  }
  return std::optional<Row>(std::move(row));
}

absl::StatusOr<std::optional<RowSource::Row>> RowSource::NextJson() {
  while (true) {
    size_t end = pending_.find('\n', at_);
    bool last = false;
    while (end == std::string::npos && !last) {
      pending_.erase(0, at_);
      at_ = 0;
      const size_t searched = pending_.size();
      if (searched > kLongestLine) {
        return common::InvalidArgument("file", "LINE_TOO_LONG",
                                       {"a line is longer than a megabyte", "有一行超过 1 MB"});
      }
      last = !input_->Read(pending_);
      end = pending_.find('\n', searched);
    }
    if (end == std::string::npos && at_ == pending_.size()) return std::optional<Row>();
    const std::string text = pending_.substr(at_, end == std::string::npos ? end : end - at_);
    at_ = end == std::string::npos ? pending_.size() : end + 1;
    ++line_;
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    Row row;
    row.line = line_;
    row.message.reset(prototype_.New());
    row.violations = FillFromJson(text, *row.message, columns_);
    return std::optional<Row>(std::move(row));
  }
}

}  // namespace ronghe::gateway::cli
