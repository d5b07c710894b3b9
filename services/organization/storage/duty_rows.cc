#include "services/organization/storage/duty_rows.h"

#include <map>
#include <string>

#include <fmt/format.h>

#include "services/organization/storage/record_table.h"

namespace ronghe::organization {

namespace sql = common::sql;
using sql::Value;

template <>
struct TableOf<StoredDuty> {
  static constexpr std::string_view kTable = "duty";
  static constexpr std::string_view kColumns[] = {"kind",      "title", "scope_text", "from_day",   "until_day",
                                                  "objective", "state", "end_reason", "due_through"};
  static constexpr size_t kKept = 0;
  static void Read(const sql::Row& row, int at, StoredDuty& duty) {
    duty.kind = static_cast<DutyKind>(row.Int(at));
    duty.title = row.Text(at + 1);
    duty.scope = row.Text(at + 2);
    duty.from = common::DayFromNumber(row.Int(at + 3));
    duty.until = DayAt(row, at + 4);
    duty.objective = row.Text(at + 5);
    duty.state = static_cast<DutyState>(row.Int(at + 6));
    duty.end_reason = row.Text(at + 7);
    duty.due_through = static_cast<common::MonthNumber>(row.Int(at + 8));
  }
  static std::vector<Value> Values(const StoredDuty& duty) {
    return {static_cast<int64_t>(duty.kind),
            duty.title,
            duty.scope,
            common::DayNumber(duty.from),
            DayOrNull(duty.until),
            duty.objective,
            static_cast<int64_t>(duty.state),
            duty.end_reason,
            int64_t{duty.due_through}};
  }
};

template <>
struct TableOf<StoredDutyResult> {
  static constexpr std::string_view kTable = "duty_result";
  static constexpr std::string_view kColumns[] = {"duty_id", "due_month", "state", "outcome", "summary"};
  static constexpr size_t kKept = 0;
  static void Read(const sql::Row& row, int at, StoredDutyResult& result) {
    result.duty = DutyId(row.Int(at));
    result.month = static_cast<common::MonthNumber>(row.Int(at + 1));
    result.state = static_cast<DutyResultState>(row.Int(at + 2));
    result.outcome = static_cast<DutyOutcome>(row.Int(at + 3));
    result.summary = row.Text(at + 4);
  }
  static std::vector<Value> Values(const StoredDutyResult& result) {
    return {result.duty.value, int64_t{result.month}, static_cast<int64_t>(result.state),
            static_cast<int64_t>(result.outcome), result.summary};
  }
};

namespace {

constexpr sql::Query kMemberDuties{"duty_of_member",
                                   "SELECT DISTINCT duty_id FROM duty_part WHERE partition_id = ? AND member_id = ? "
                                   "AND end_reason = 0 ORDER BY duty_id"};
constexpr std::string_view kParts =
    "SELECT duty_id, part, role, member_id, party_unit, outside, description, from_day, until_day, end_reason "
    "FROM duty_part WHERE partition_id = ? AND duty_id IN ({}) ORDER BY duty_id, part";
constexpr sql::Query kPutPart{
    "duty_part_put",
    "INSERT INTO duty_part (partition_id, duty_id, part, role, member_id, party_unit, outside, description, from_day, "
    "until_day, end_reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (partition_id, duty_id, part) DO "
    "UPDATE SET from_day = excluded.from_day, until_day = excluded.until_day, end_reason = excluded.end_reason"};
constexpr sql::Query kAmendments{"duty_amendments",
                                 "SELECT outcome, summary, reason, amend_us FROM duty_amendment WHERE partition_id = ? "
                                 "AND duty_result_id = ? ORDER BY version"};
constexpr sql::Query kAmend{"duty_amend",
                            "INSERT INTO duty_amendment (partition_id, duty_result_id, version, outcome, summary, "
                            "reason, amend_us) VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kCountOpen{
    "duty_count_unit", "SELECT COUNT(*) FROM duty WHERE partition_id = ? AND unit_uid = ? AND state IN (1, 2)"};
constexpr sql::Query kCountActive{
    "duty_count", "SELECT unit_uid, COUNT(*) FROM duty WHERE state = 2 GROUP BY unit_uid ORDER BY unit_uid"};
constexpr sql::Query kCountResults{
    "duty_result_count",
    "SELECT unit_uid, due_month, COUNT(*), CAST(COALESCE(SUM(CASE WHEN state = 2 THEN 1 ELSE 0 END), 0) AS BIGINT) "
    "FROM duty_result WHERE state IN (1, 2) GROUP BY unit_uid, due_month ORDER BY unit_uid, due_month"};
constexpr size_t kDutiesAtOnce = 512;

// Reads the parts of duties of one partition.
absl::Status AddParts(sql::Session& session, common::PartitionId partition, std::vector<StoredDuty>& duties) {
  std::map<int64_t, StoredDuty*> by_id;
  for (StoredDuty& duty : duties) by_id[duty.id.value] = &duty;
  for (std::span<const StoredDuty> left(duties); !left.empty();) {
    const std::span<const StoredDuty> some = left.first(std::min(left.size(), kDutiesAtOnce));
    left = left.subspan(some.size());
    const int padded = sql::PaddedCount(static_cast<int>(some.size()));
    const std::string text = fmt::format(fmt::runtime(kParts), sql::Placeholders(padded));
    std::vector<Value> args = {partition.value};
    for (int i = 0; i < padded; ++i) args.emplace_back(some[std::min<size_t>(i, some.size() - 1)].id.value);
    RONGHE_RETURN_IF_ERROR(session.Select({"duty_parts", text}, args, [&](const sql::Row& row) {
      StoredPart& part = by_id[row.Int(0)]->parts.emplace_back();
      part.part = row.Int(1);
      part.role = static_cast<DutyRole>(row.Int(2));
      part.member = MemberId(row.Int(3));
      part.unit = common::UnitUid(row.Int(4));
      part.outside = static_cast<OutsideParty>(row.Int(5));
      part.description = row.Text(6);
      part.days = {common::DayFromNumber(row.Int(7)), DayAt(row, 8)};
      part.end_reason = static_cast<PartEndReason>(row.Int(9));
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::Status PutParts(sql::Session& session, const StoredDuty& duty) {
  for (const StoredPart& part : duty.parts) {
    RONGHE_RETURN_IF_ERROR(
        session
            .Execute(kPutPart, {common::PartitionOf(duty.id.value).value, duty.id.value, part.part,
                                static_cast<int64_t>(part.role), part.member.value, part.unit.value,
                                static_cast<int64_t>(part.outside), part.description, common::DayNumber(part.days.from),
                                DayOrNull(part.days.until), static_cast<int64_t>(part.end_reason)})
            .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<StoredDuty>> SelectRecord(sql::Session& session, DutyId id) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredDuty> found, SelectById<StoredDuty>(session, id.value));
  if (!found) return found;
  std::vector<StoredDuty> one = {*std::move(found)};
  RONGHE_RETURN_IF_ERROR(AddParts(session, common::PartitionOf(id.value), one));
  return std::move(one.front());
}
absl::StatusOr<std::optional<StoredDutyResult>> SelectRecord(sql::Session& session, DutyResultId id) {
  return SelectById<StoredDutyResult>(session, id.value);
}

absl::StatusOr<std::vector<StoredDuty>> SelectDuties(sql::Session& session, common::PartitionId partition,
                                                     common::UnitUid unit) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredDuty> duties,
                          SelectBy<StoredDuty>(session, "unit_uid", partition, unit.value));
  RONGHE_RETURN_IF_ERROR(AddParts(session, partition, duties));
  return duties;
}

absl::StatusOr<std::vector<StoredDuty>> SelectDuties(sql::Session& session, common::PartitionId partition,
                                                     MemberId member) {
  std::vector<DutyId> ids;
  RONGHE_RETURN_IF_ERROR(session.Select(kMemberDuties, {partition.value, member.value}, [&](const sql::Row& row) {
    ids.emplace_back(row.Int(0));
    return absl::OkStatus();
  }));
  std::vector<StoredDuty> duties;
  for (const DutyId id : ids) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredDuty> duty, SelectRecord(session, id));
    if (duty) duties.push_back(*std::move(duty));
  }
  return duties;
}

absl::StatusOr<std::vector<StoredDutyResult>> SelectDutyResults(sql::Session& session, common::PartitionId partition,
                                                                DutyId duty) {
  return SelectBy<StoredDutyResult>(session, "duty_id", partition, duty.value);
}

absl::StatusOr<std::vector<DutyAmendment>> SelectDutyAmendments(sql::Session& session, DutyResultId id) {
  std::vector<DutyAmendment> amendments;
  const auto read = [&](const sql::Row& row) {
    amendments.push_back({static_cast<DutyOutcome>(row.Int(0)), std::string(row.Text(1)), std::string(row.Text(2)),
                          absl::FromUnixMicros(row.Int(3))});
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(session.Select(kAmendments, {common::PartitionOf(id.value).value, id.value}, read));
  return amendments;
}

absl::StatusOr<std::vector<StoredDuty>> PageDuties(sql::Session& session, const UnitsOfPartition& units,
                                                   const DutyFilter& filter, const RecordPosition& after, int limit) {
  std::string conditions;
  std::vector<Value> wanted;
  AddMask("kind", filter.kinds, static_cast<int>(DutyKind::kCommitment), conditions);
  AddMask("state", filter.states, static_cast<int>(DutyState::kCancelled), conditions);
  if (filter.member) {
    conditions +=
        " AND EXISTS (SELECT 1 FROM duty_part p WHERE p.partition_id = duty.partition_id AND "
        "p.duty_id = duty.duty_id AND p.member_id = ?)";
    wanted.emplace_back(filter.member.value);
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredDuty> duties,
                          Page<StoredDuty>(session, units, conditions, wanted, after, limit));
  RONGHE_RETURN_IF_ERROR(AddParts(session, units.partition, duties));
  return duties;
}

absl::StatusOr<std::vector<StoredDutyResult>> PageDutyResults(sql::Session& session, const UnitsOfPartition& units,
                                                              const DutyFilter& filter, const RecordPosition& after,
                                                              int limit) {
  std::string conditions;
  std::vector<Value> wanted;
  AddMask("state", filter.states, static_cast<int>(DutyResultState::kWaived), conditions);
  if (filter.month != 0) {
    conditions += " AND due_month = ?";
    wanted.emplace_back(int64_t{filter.month});
  }
  if (filter.duty) {
    conditions += " AND duty_id = ?";
    wanted.emplace_back(filter.duty.value);
  }
  return Page<StoredDutyResult>(session, units, conditions, wanted, after, limit);
}

absl::Status InsertRecord(sql::Session& session, const StoredDuty& duty) {
  RONGHE_RETURN_IF_ERROR(InsertStored(session, duty));
  return PutParts(session, duty);
}
absl::Status InsertRecord(sql::Session& session, const StoredDutyResult& result) {
  return InsertStored(session, result);
}
absl::Status UpdateRecord(sql::Session& session, const StoredDuty& duty) {
  RONGHE_RETURN_IF_ERROR(UpdateStored(session, duty));
  return PutParts(session, duty);
}
absl::Status UpdateRecord(sql::Session& session, const StoredDutyResult& result) {
  return UpdateStored(session, result);
}

absl::Status InsertAmendment(sql::Session& session, const StoredDutyResult& before, const std::string& reason,
                             absl::Time time) {
  return session
      .Execute(kAmend, {common::PartitionOf(before.id.value).value, before.id.value, before.info.version,
                        static_cast<int64_t>(before.outcome), before.summary, reason, absl::ToUnixMicros(time)})
      .status();
}

absl::StatusOr<int64_t> CountOpenDuties(sql::Session& session, common::PartitionId partition, common::UnitUid unit) {
  int64_t count = 0;
  const auto read = [&](const sql::Row& row) {
    count = row.Int(0);
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(session.SelectOne(kCountOpen, {partition.value, unit.value}, read).status());
  return count;
}

absl::Status CountDuties(sql::Session& session,
                         absl::FunctionRef<void(common::UnitUid, common::MonthNumber, const DutyCounts&)> each) {
  RONGHE_RETURN_IF_ERROR(session.Select(kCountActive, {}, [&](const sql::Row& row) {
    each(common::UnitUid(row.Int(0)), 0, {row.Int(1), 0, 0});
    return absl::OkStatus();
  }));
  return session.Select(kCountResults, {}, [&](const sql::Row& row) {
    each(common::UnitUid(row.Int(0)), static_cast<common::MonthNumber>(row.Int(1)), {0, row.Int(2), row.Int(3)});
    return absl::OkStatus();
  });
}

}  // namespace ronghe::organization
