#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include "gateway/cli/csv.h"
#include "gateway/cli/row_mapper.h"
#include "gateway/cli/text_input.h"
#include "services/common/values/status.h"

namespace ronghe::gateway::cli {

// The rows of a CSV or NDJSON file as messages of one type. Not thread-safe.
class RowSource {
 public:
  // `format`: `csv`, `ndjson`, or empty: NDJSON for names that end in `.ndjson` or `.jsonl`. INVALID_ARGUMENT for a
  // file that cannot be read, is empty, or whose header does not fit. `columns`: `TITLE=FIELD` for what the file calls
  // a field; BAD_COLUMN for another form.
  static absl::StatusOr<std::unique_ptr<RowSource>> Open(const std::string& path, const std::string& format,
                                                         const google::protobuf::Message& prototype,
                                                         std::istream& standard_input,
                                                         const std::vector<std::string>& columns = {});

  struct Row {
    int64_t line = 0;
    std::unique_ptr<google::protobuf::Message> message;
    common::Violations violations;  // what could not be read; then the row is not to be sent
  };
  // nullopt at the end.
  absl::StatusOr<std::optional<Row>> Next();
  // Back to the first row.
  absl::Status Rewind();
  const TextInput& input() const { return *input_; }

 private:
  RowSource(std::unique_ptr<TextInput> input, bool json, const google::protobuf::Message& prototype)
      : input_(std::move(input)), json_(json), prototype_(prototype) {}
  absl::StatusOr<std::optional<Row>> NextJson();

  std::unique_ptr<TextInput> input_;
  const bool json_;
  const google::protobuf::Message& prototype_;
  std::map<std::string, std::string> columns_;  // field by the file's title
  std::unique_ptr<CsvReader> csv_;
  std::optional<RowMapper> mapper_;
  std::string pending_;  // NDJSON: text not yet consumed
  size_t at_ = 0;
  int64_t line_ = 0;
};

}  // namespace ronghe::gateway::cli
