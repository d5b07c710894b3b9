#include "services/organization/app/record_query.h"

#include <charconv>

#include <fmt/format.h>

namespace ronghe::organization {

std::string PositionText(const RecordPosition& position) {
  return fmt::format("{}.{}", position.unit.value, position.id);
}

absl::StatusOr<RecordPosition> ReadRecordPosition(const std::string& text) {
  RecordPosition position;
  if (text.empty()) return position;
  const char* const end = text.data() + text.size();
  const auto unit = std::from_chars(text.data(), end, position.unit.value);
  if (unit.ec == std::errc() && unit.ptr != end && *unit.ptr == '.') {
    const auto id = std::from_chars(unit.ptr + 1, end, position.id);
    if (id.ec == std::errc() && id.ptr == end) return position;
  }
  return common::Internal("a signed page token has another form");
}

std::string TextOf(const ListRecordsQuery& query, std::string_view collection) {
  return fmt::format("{}\n{}\n{}\n{}", collection, query.parent, query.subtree, query.filter);
}

absl::Status UnknownFilterValue(const common::Condition& condition) {
  return common::InvalidArgument(
      "filter", "UNKNOWN_VALUE",
      {fmt::format("{} has no such value", condition.field), fmt::format("{} 没有该取值", condition.field)});
}

}  // namespace ronghe::organization
