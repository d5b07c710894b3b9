#include "services/education/storage/activity_rows.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::education {
namespace {

namespace sql = common::sql;
using sql::Value;

#define RONGHE_ACTIVITY_COLUMNS                                                                                        \
  "activity_id, unit_uid, joint, kind, state, start_us, duration_minutes, host_member, credit, objective, attendees, " \
  "expected, recorded, present, amendments, texts, key_version, wrapped_key, version, revision, create_us, update_us"

constexpr sql::Query kFind{
    "activity_find", "SELECT " RONGHE_ACTIVITY_COLUMNS " FROM activity WHERE partition_id = ? AND activity_id = ?"};
constexpr sql::Query kInsert{"activity_insert",
                             "INSERT INTO activity (partition_id, month, " RONGHE_ACTIVITY_COLUMNS
                             ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kUpdate{
    "activity_update",
    "UPDATE activity SET month = ?, joint = ?, state = ?, start_us = ?, duration_minutes = ?, host_member = ?, credit "
    "= "
    "?, objective = ?, attendees = ?, expected = ?, recorded = ?, present = ?, amendments = ?, texts = ?, version = ?, "
    "revision = ?, update_us = ? WHERE partition_id = ? AND activity_id = ? AND version = ?"};
constexpr std::string_view kPage = "SELECT " RONGHE_ACTIVITY_COLUMNS " FROM activity WHERE partition_id = ? AND ";
#undef RONGHE_ACTIVITY_COLUMNS

template <typename Numbers, typename ToNumber>
std::string NumbersText(const Numbers& numbers, ToNumber to_number) {
  std::string text;
  for (const auto& one : numbers) text += fmt::format("{} ", to_number(one));
  return text;
}
std::string JointText(const Activity& activity) {
  return NumbersText(activity.joint, [](common::UnitUid unit) { return unit.value; });
}
std::string AttendeesText(const Activity& activity) {
  return NumbersText(activity.attendees, [](int64_t member) { return member; });
}

std::vector<int64_t> ReadNumbers(std::string_view text) {
  std::vector<int64_t> numbers;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; ++at) {
    int64_t number = 0;
    const auto parsed = std::from_chars(at, end, number);
    if (parsed.ec != std::errc()) break;
    numbers.push_back(number);
    at = parsed.ptr;  // the blank
  }
  return numbers;
}

absl::Status ReadRow(const sql::Row& row, const ActivityTexts& texts, ActivityRow& out) {
  StoredActivity& stored = out.stored;
  Activity& a = stored.activity;
  const auto number = [&](int column) { return static_cast<int>(row.Int(column)); };
  stored.id = ActivityId(row.Int(0));
  a.unit = common::UnitUid(row.Int(1));
  for (const int64_t uid : ReadNumbers(row.Text(2))) a.joint.emplace_back(uid);
  a.kind = static_cast<ActivityKind>(row.Int(3));
  a.state = static_cast<ActivityState>(row.Int(4));
  a.start = absl::FromUnixMicros(row.Int(5));
  a.duration_minutes = number(6);
  a.host = row.Int(7);
  a.credit_deci_hours = number(8);
  a.objective = row.Text(9);
  a.attendees = ReadNumbers(row.Text(10));
  a.expected = number(11);
  a.recorded = number(12);
  a.present = number(13);
  a.amendments = number(14);
  out.key = {row.Int(16), std::string(row.Bytes(17))};
  stored.version = row.Int(18);
  stored.revision = row.Int(19);
  stored.create_time = absl::FromUnixMicros(row.Int(20));
  stored.update_time = absl::FromUnixMicros(row.Int(21));
  return texts.Open(stored.id, out.key, row.Bytes(15), a);
}

// ` AND column IN (…)` of the values 1 to `greatest` that a mask allows; nothing where it allows all.
void AddMask(std::string_view column, uint32_t mask, int greatest, std::string& text) {
  std::string list;
  int allowed = 0;
  for (int value = 1; value <= greatest; ++value) {
    if ((mask >> value & 1u) == 0) continue;
    list += fmt::format("{}{}", list.empty() ? "" : ", ", value);
    ++allowed;
  }
  if (allowed < greatest) text += fmt::format(" AND {} IN ({})", column, list.empty() ? "0" : list);
}

}  // namespace

absl::StatusOr<std::optional<ActivityRow>> SelectActivity(sql::Session& session, const ActivityTexts& texts,
                                                          ActivityId id) {
  std::optional<ActivityRow> found;
  RONGHE_RETURN_IF_ERROR(session.Select(kFind, {PartitionOf(id), id.value},
                                        [&](const sql::Row& row) { return ReadRow(row, texts, found.emplace()); }));
  return found;
}

absl::StatusOr<std::vector<StoredActivity>> PageActivities(sql::Session& session, const ActivityTexts& texts,
                                                           const UnitsOfPartition& units, const ActivityFilter& filter,
                                                           const ActivityPosition& after, int limit) {
  std::vector<Value> args = {units.partition.value};
  const int padded = sql::PaddedCount(static_cast<int>(units.units.size()));
  std::string text = fmt::format("{}unit_uid IN ({})", kPage, sql::Placeholders(padded));
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(units.units[std::min<size_t>(static_cast<size_t>(i), units.units.size() - 1)].value);
  }
  AddMask("kind", filter.kinds, static_cast<int>(ActivityKind::kVolunteerService), text);
  AddMask("state", filter.states, static_cast<int>(ActivityState::kCancelled), text);
  if (filter.from != absl::InfinitePast()) {
    text += " AND start_us >= ?";
    args.emplace_back(absl::ToUnixMicros(filter.from));
  }
  if (filter.until != absl::InfiniteFuture()) {
    text += " AND start_us < ?";
    args.emplace_back(absl::ToUnixMicros(filter.until));
  }
  text += " AND (start_us, activity_id) < (?, ?) ORDER BY start_us DESC, activity_id DESC LIMIT ?";
  args.insert(args.end(), {after.start_us, after.id, int64_t{limit}});
  std::vector<StoredActivity> activities;
  const auto read = [&](const sql::Row& row) -> absl::Status {
    ActivityRow one;
    RONGHE_RETURN_IF_ERROR(ReadRow(row, texts, one));
    activities.push_back(std::move(one.stored));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(session.Select({"activity_page", text}, args, read));
  return activities;
}

absl::Status InsertActivity(sql::Session& session, const ActivityTexts& texts, const ActivityRow& row,
                            common::MonthNumber month) {
  const StoredActivity& stored = row.stored;
  const Activity& a = stored.activity;
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, texts.Seal(stored.id, row.key, a));
  const Value args[] = {PartitionOf(stored.id),
                        int64_t{month},
                        stored.id.value,
                        a.unit.value,
                        JointText(a),
                        static_cast<int64_t>(a.kind),
                        static_cast<int64_t>(a.state),
                        absl::ToUnixMicros(a.start),
                        int64_t{a.duration_minutes},
                        a.host,
                        int64_t{a.credit_deci_hours},
                        a.objective,
                        AttendeesText(a),
                        int64_t{a.expected},
                        int64_t{a.recorded},
                        int64_t{a.present},
                        int64_t{a.amendments},
                        sql::Blob{std::move(sealed)},
                        row.key.version,
                        sql::Blob{row.key.bytes},
                        stored.version,
                        stored.revision,
                        absl::ToUnixMicros(stored.create_time),
                        absl::ToUnixMicros(stored.update_time)};
  return session.Execute(kInsert, std::span<const Value>(args)).status();
}

absl::Status UpdateActivity(sql::Session& session, const ActivityTexts& texts, const ActivityRow& row,
                            common::MonthNumber month) {
  const StoredActivity& stored = row.stored;
  const Activity& a = stored.activity;
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, texts.Seal(stored.id, row.key, a));
  const Value args[] = {int64_t{month},
                        JointText(a),
                        static_cast<int64_t>(a.state),
                        absl::ToUnixMicros(a.start),
                        int64_t{a.duration_minutes},
                        a.host,
                        int64_t{a.credit_deci_hours},
                        a.objective,
                        AttendeesText(a),
                        int64_t{a.expected},
                        int64_t{a.recorded},
                        int64_t{a.present},
                        int64_t{a.amendments},
                        sql::Blob{std::move(sealed)},
                        stored.version,
                        stored.revision,
                        absl::ToUnixMicros(stored.update_time),
                        PartitionOf(stored.id),
                        stored.id.value,
                        stored.version - 1};
  RONGHE_ASSIGN_OR_RETURN(const int64_t rows, session.Execute(kUpdate, std::span<const Value>(args)));
  if (rows != 1) return common::Internal(fmt::format("activity {} is not at its version", stored.id.value));
  return absl::OkStatus();
}

}  // namespace ronghe::education
