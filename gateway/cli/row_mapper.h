#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "services/common/values/status.h"

namespace ronghe::gateway::cli {

// Puts a text into a field: enum values by label (Chinese or English), name or short name; dates as 2020-01-31,
// 2020/1/31, 2020.1.31, 20200131 or 2020年1月31日; names of units also as bare codes. An empty text leaves the field
// unset. Adds to `violations` (BAD_ENCODING, UNKNOWN_VALUE, BAD_DATE, BAD_NUMBER) what cannot be read; personal values
// are not repeated there.
void SetField(google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field, std::string_view text,
              common::Violations& violations);

// The fields that a file or a command line may set: labelled, not output-only.
std::vector<const google::protobuf::FieldDescriptor*> InputFields(const google::protobuf::Descriptor* type);

// The field with this name, JSON name or label in either language; case, blanks, `_` and `*` (which forms put on
// required columns) do not matter. nullptr if there is none.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor* type, std::string_view title);

// Turns rows of a file into messages, by the titles in its first row. Immutable.
class RowMapper {
 public:
  // INVALID_ARGUMENT with all faults at once: UNKNOWN_COLUMN, DUPLICATE_COLUMN, and MISSING_COLUMN for required fields.
  // Columns of output-only fields are known and ignored.
  static absl::StatusOr<RowMapper> Create(const google::protobuf::Descriptor* type,
                                          const std::vector<std::string>& titles);
  // Fills `message` from the cells of a row and returns what is wrong, TOO_MANY_CELLS among it; missing cells are
  // empty.
  common::Violations Fill(const std::vector<std::string>& cells, google::protobuf::Message& message) const;

 private:
  std::vector<const google::protobuf::FieldDescriptor*> fields_;  // nullptr: ignored
};

// Fills `message` from a JSON object whose keys are field names, or `columns`, which are names for fields; dates as
// text or as {"year", "month", "day"}; repeated messages as arrays of objects.
common::Violations FillFromJson(std::string_view line, google::protobuf::Message& message,
                                const std::map<std::string, std::string>& columns = {});

}  // namespace ronghe::gateway::cli
