#include "services/organization/storage/unit_rows.h"

#include <algorithm>

#include <absl/strings/str_replace.h>

#include "services/common/values/clock.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

sql::Value DayValue(std::optional<absl::CivilDay> day) {
  if (!day) return sql::Null();
  return common::DayNumber(*day);
}

// Long lists are rare and not worth padding.
size_t Padded(size_t count) {
  return std::max(count, static_cast<size_t>(sql::PaddedCount(static_cast<int>(count))));
}

template <typename T, typename ToValue>
void Append(std::vector<sql::Value>& args, std::span<const T> values, ToValue to_value) {
  for (const T& value : values) args.emplace_back(to_value(value));
  for (size_t i = values.size(); i < Padded(values.size()); ++i) args.emplace_back(to_value(values.back()));
}

}  // namespace

std::string_view CurrentUnitColumns() {
  return "u.uid, u.code, u.unit_partition, u.parent_uid, p.code, u.level, u.kind, u.state, u.title, u.short_title, "
         "u.division_code, u.sector, u.established_day, u.first_day, u.from_day, u.recorded_us, u.revision";
}

std::string_view VersionColumns() {
  return "v.uid, u.code, u.unit_partition, v.parent_uid, p.code, v.level, v.kind, v.state, v.title, v.short_title, "
         "v.division_code, v.sector, v.established_day, u.first_day, v.from_day, v.recorded_us, v.revision, "
         "v.until_day";
}

std::string_view CurrentUnitTables() {
  return "unit u LEFT JOIN unit p ON p.partition_id = u.partition_id AND p.uid = u.parent_uid";
}

std::string_view VersionTables() {
  return "unit_version v JOIN unit u ON u.partition_id = v.partition_id AND u.uid = v.uid "
         "LEFT JOIN unit p ON p.partition_id = v.partition_id AND p.uid = v.parent_uid";
}

Unit UnitOf(const sql::Row& row) {
  Unit::Stored stored;
  stored.uid = common::UnitUid(row.Int(0));
  stored.fields.code = row.Text(1);
  stored.partition = common::PartitionId(row.Int(2));
  stored.parent.uid = common::UnitUid(row.Int(3));
  stored.parent.code = row.Text(4);
  stored.fields.level = static_cast<Level>(row.Int(5));
  stored.fields.kind = static_cast<UnitKind>(row.Int(6));
  stored.state = static_cast<UnitState>(row.Int(7));
  stored.fields.title = row.Text(8);
  stored.fields.short_title = row.Text(9);
  stored.fields.division_code = row.Text(10);
  stored.fields.sector = row.Text(11);
  if (!row.IsNull(12)) stored.fields.established = common::DayFromNumber(row.Int(12));
  stored.first = common::DayFromNumber(row.Int(13));
  stored.from = common::DayFromNumber(row.Int(14));
  stored.recorded = absl::FromUnixMicros(row.Int(15));
  stored.revision = row.Int(16);
  return Unit::Restore(std::move(stored));
}

int64_t UntilOf(const sql::Row& row) {
  return row.Int(17);
}

std::span<const std::string_view> UnitTableColumns() {
  static constexpr std::string_view kColumns[] = {
      "partition_id", "uid",         "code",          "unit_partition", "first_day",      "from_day",
      "recorded_us",  "revision",    "parent_uid",    "level",          "kind",           "state",
      "title",        "short_title", "division_code", "sector",         "established_day"};
  return kColumns;
}

std::span<const std::string_view> VersionTableColumns() {
  static constexpr std::string_view kColumns[] = {"partition_id",  "uid",           "from_day", "recorded_us",
                                                  "superseded_us", "until_day",     "revision", "parent_uid",
                                                  "level",         "kind",          "state",    "title",
                                                  "short_title",   "division_code", "sector",   "established_day"};
  return kColumns;
}

std::vector<sql::Value> UnitTableRow(const Unit& unit) {
  const UnitFields& fields = unit.fields();
  return {int64_t{0},
          unit.uid().value,
          fields.code,
          unit.partition().value,
          common::DayNumber(unit.first()),
          common::DayNumber(unit.from()),
          absl::ToUnixMicros(unit.recorded()),
          unit.revision(),
          unit.parent().uid.value,
          static_cast<int64_t>(fields.level),
          static_cast<int64_t>(fields.kind),
          static_cast<int64_t>(unit.state()),
          fields.title,
          fields.short_title,
          fields.division_code,
          fields.sector,
          DayValue(fields.established)};
}

std::vector<sql::Value> VersionTableRow(const Unit& unit) {
  const UnitFields& fields = unit.fields();
  return {int64_t{0},
          unit.uid().value,
          common::DayNumber(unit.from()),
          absl::ToUnixMicros(unit.recorded()),
          kForever,
          kForever,
          unit.revision(),
          unit.parent().uid.value,
          static_cast<int64_t>(fields.level),
          static_cast<int64_t>(fields.kind),
          static_cast<int64_t>(unit.state()),
          fields.title,
          fields.short_title,
          fields.division_code,
          fields.sector,
          DayValue(fields.established)};
}

void AppendPadded(std::vector<sql::Value>& args, std::span<const common::UnitUid> uids) {
  Append(args, uids, [](common::UnitUid uid) { return sql::Value(uid.value); });
}

void AppendPadded(std::vector<sql::Value>& args, std::span<const std::string> texts) {
  Append(args, texts, [](const std::string& text) { return sql::Value(text); });
}

std::string WithPlaceholders(std::string_view text, size_t count) {
  std::string placeholders = sql::Placeholders(static_cast<int>(Padded(count)));
  return absl::StrReplaceAll({text.data(), text.size()}, {{"{}", placeholders}});
}

}  // namespace ronghe::organization
