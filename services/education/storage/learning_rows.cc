#include "services/education/storage/learning_rows.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::education {
namespace {

namespace sql = common::sql;
using sql::Value;

constexpr size_t kKeysAtOnce = 512;
constexpr int kMonthsOfYear = 100;

constexpr std::string_view kColumns[] = {"partition_id", "record_id", "member_id", "unit_uid", "source",   "platform",
                                         "external_id",  "course",    "day",       "month",    "credit",   "state",
                                         "counted",      "shadow",    "import_id", "replaces", "create_us"};
constexpr std::string_view kBrief =
    "record_id, member_id, unit_uid, source, platform, external_id, course, day, credit, counted";

LearningBrief ReadBrief(const sql::Row& row) {
  LearningBrief brief;
  brief.id = row.Int(0);
  LearningRecord& record = brief.record;
  record.member = row.Int(1);
  record.unit = common::UnitUid(row.Int(2));
  record.source = static_cast<LearningSource>(row.Int(3));
  record.platform = row.Text(4);
  record.external_id = row.Text(5);
  record.course = row.Text(6);
  record.day = common::DayFromNumber(row.Int(7));
  record.credit_deci_hours = static_cast<int>(row.Int(8));
  brief.counted = row.Int(9) != 0;
  return brief;
}

std::string KeyOf(const LearningRecord& record) {
  return fmt::format("{} {}", record.platform, record.external_id);
}

}  // namespace

void AddAmount(common::UnitUid unit, common::MonthNumber month, int64_t records, int64_t credit,
               LearningAmounts& amounts) {
  LearningAmount& amount = amounts[{unit, month}];
  amount.records += records;
  amount.credit += credit;
}

absl::StatusOr<std::vector<LearningBrief>> SelectKnown(sql::Session& session, common::PartitionId partition,
                                                       std::span<const LearningRecord* const> records) {
  std::vector<LearningBrief> known(records.size());
  std::unordered_map<std::string, size_t> places;
  places.reserve(records.size());
  for (size_t i = 0; i < records.size(); ++i) places.emplace(KeyOf(*records[i]), i);
  for (size_t at = 0; at < records.size(); at += kKeysAtOnce) {
    const size_t count = std::min(kKeysAtOnce, records.size() - at);
    const int padded = sql::PaddedCount(static_cast<int>(count));
    // Ids of different platforms may be the same; the rows say whose they are.
    const std::string text =
        fmt::format("SELECT {} FROM learning_record WHERE partition_id = ? AND shadow = 0 AND external_id IN ({})",
                    kBrief, sql::Placeholders(padded));
    std::vector<Value> args = {partition.value};
    args.reserve(padded + 1);
    for (int i = 0; i < padded; ++i) {
      args.emplace_back(records[at + std::min<size_t>(static_cast<size_t>(i), count - 1)]->external_id);
    }
    RONGHE_RETURN_IF_ERROR(session.Select({"learning_known", text}, args, [&](const sql::Row& row) {
      LearningBrief brief = ReadBrief(row);
      const auto place = places.find(KeyOf(brief.record));
      if (place != places.end()) known[place->second] = std::move(brief);
      return absl::OkStatus();
    }));
  }
  return known;
}

absl::StatusOr<std::vector<LearningBrief>> SelectCourses(sql::Session& session, common::PartitionId partition,
                                                         std::span<const CourseKey> keys) {
  // By member and year, through the index of lists; the few records of other courses are left out here.
  std::vector<std::pair<int64_t, int>> years;
  for (const CourseKey& key : keys) {
    if (years.empty() || years.back() != std::pair(key.member, key.year)) years.emplace_back(key.member, key.year);
  }
  std::sort(years.begin(), years.end(),
            [](const auto& a, const auto& b) { return std::pair(a.second, a.first) < std::pair(b.second, b.first); });
  years.erase(std::unique(years.begin(), years.end()), years.end());
  std::vector<LearningBrief> found;
  for (size_t at = 0; at < years.size();) {
    size_t end = at;
    while (end < years.size() && end - at < kKeysAtOnce && years[end].second == years[at].second) ++end;
    const int padded = sql::PaddedCount(static_cast<int>(end - at));
    const std::string text = fmt::format(
        "SELECT {} FROM learning_record WHERE partition_id = ? AND month BETWEEN ? AND ? AND member_id IN ({}) AND "
        "state = 1 AND course <> '' ORDER BY record_id",
        kBrief, sql::Placeholders(padded));
    const int64_t year = years[at].second;
    std::vector<Value> args = {partition.value, year * kMonthsOfYear + 1, year * kMonthsOfYear + 12};
    for (int i = 0; i < padded; ++i) {
      args.emplace_back(years[std::min(at + static_cast<size_t>(i), end - 1)].first);
    }
    RONGHE_RETURN_IF_ERROR(session.Select({"learning_courses", text}, args, [&](const sql::Row& row) {
      LearningBrief brief = ReadBrief(row);
      if (std::binary_search(keys.begin(), keys.end(), CourseOf(brief.record))) found.push_back(std::move(brief));
      return absl::OkStatus();
    }));
    at = end;
  }
  return found;
}

absl::Status InsertLearning(sql::Session& session, common::PartitionId partition, absl::Time now,
                            std::span<const LearningRow> rows) {
  const int64_t now_us = absl::ToUnixMicros(now);
  std::vector<std::vector<Value>> values;
  values.reserve(rows.size());
  for (const LearningRow& row : rows) {
    const LearningRecord& record = *row.record;
    std::vector<Value>& one = values.emplace_back();
    one.reserve(std::size(kColumns));
    one.emplace_back(partition.value);
    one.emplace_back(row.id);
    one.emplace_back(record.member);
    one.emplace_back(record.unit.value);
    one.emplace_back(static_cast<int64_t>(record.source));
    one.emplace_back(record.platform);
    one.emplace_back(record.external_id);
    one.emplace_back(record.course);
    one.emplace_back(common::DayNumber(record.day));
    one.emplace_back(int64_t{MonthOfDay(record.day)});
    one.emplace_back(int64_t{record.credit_deci_hours});
    one.emplace_back(static_cast<int64_t>(LearningState::kLive));
    one.emplace_back(int64_t{row.counted});
    one.emplace_back(int64_t{0});
    one.emplace_back(row.import);
    one.emplace_back(row.replaces);
    one.emplace_back(now_us);
  }
  return session.BulkInsert("learning_insert", "learning_record", kColumns, values);
}

absl::Status MarkCounted(sql::Session& session, common::PartitionId partition, std::span<const int64_t> ids,
                         bool counted) {
  for (size_t at = 0; at < ids.size(); at += kKeysAtOnce) {
    const size_t count = std::min(kKeysAtOnce, ids.size() - at);
    const int padded = sql::PaddedCount(static_cast<int>(count));
    const std::string text =
        fmt::format("UPDATE learning_record SET counted = ? WHERE partition_id = ? AND record_id IN ({})",
                    sql::Placeholders(padded));
    std::vector<Value> args = {int64_t{counted}, partition.value};
    for (int i = 0; i < padded; ++i) {
      args.emplace_back(ids[at + std::min<size_t>(static_cast<size_t>(i), count - 1)]);
    }
    RONGHE_RETURN_IF_ERROR(session.Execute({"learning_count", text}, std::span<const Value>(args)).status());
  }
  return absl::OkStatus();
}

absl::Status CountCourses(sql::Session& session, common::PartitionId partition, const LearningRules& rules,
                          std::span<const CourseKey> keys, std::span<LearningRow> fresh, LearningAmounts& amounts) {
  if (keys.empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const std::vector<LearningBrief> live, SelectCourses(session, partition, keys));
  std::vector<std::vector<CourseClaim>> claims(keys.size());
  const auto claim = [&](int64_t id, const LearningRecord& record) {
    const auto key = std::lower_bound(keys.begin(), keys.end(), CourseOf(record));
    const size_t place = static_cast<size_t>(key - keys.begin());
    claims[place].push_back({id, rules.RankOf(record.source, record.platform), record.day});
    return place;
  };
  std::vector<size_t> live_places;
  for (const LearningBrief& one : live) live_places.push_back(claim(one.id, one.record));
  std::vector<size_t> fresh_places(fresh.size());
  for (size_t i = 0; i < fresh.size(); ++i) {
    if (!fresh[i].record->course.empty()) fresh_places[i] = claim(fresh[i].id, *fresh[i].record);
  }
  std::vector<int64_t> winners(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!claims[i].empty()) winners[i] = WinnerOf(claims[i]);
  }
  for (size_t i = 0; i < fresh.size(); ++i) {
    if (!fresh[i].record->course.empty()) fresh[i].counted = winners[fresh_places[i]] == fresh[i].id;
  }
  std::vector<int64_t> changed[2];
  for (size_t i = 0; i < live.size(); ++i) {
    const bool counts = winners[live_places[i]] == live[i].id;
    if (counts == live[i].counted) continue;
    changed[counts ? 1 : 0].push_back(live[i].id);
    const LearningRecord& record = live[i].record;
    const int sign = counts ? 1 : -1;
    AddAmount(record.unit, MonthOfDay(record.day), sign, sign * record.credit_deci_hours, amounts);
  }
  RONGHE_RETURN_IF_ERROR(MarkCounted(session, partition, changed[0], false));
  return MarkCounted(session, partition, changed[1], true);
}

}  // namespace ronghe::education
