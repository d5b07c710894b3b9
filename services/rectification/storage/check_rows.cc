#include "services/rectification/storage/check_rows.h"

#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/rectification/storage/problem_conditions.h"

namespace ronghe::rectification {
namespace {

namespace sql = common::sql;
using sql::Value;

#define RONGHE_CHECK_COLUMNS                                                                                  \
  "check_id, round_id, checklist_id, checklist_version, unit_uid, state, due_day, overdue, on_time, failed, " \
  "submit_us, "                                                                                               \
  "actor_key, actor_principal, actor_member, texts, key_version, wrapped_key, version, revision, update_us"

// Numbers, each followed by a blank.
template <typename Number>
std::string Joined(const std::vector<Number>& numbers) {
  std::string text;
  for (const Number& one : numbers) text += fmt::format("{} ", one);
  return text;
}
std::vector<int64_t> Split(std::string_view text) {
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

// Texts are sealed as a problem's are; all ids come from one sequence.
ProblemId SealedAs(SelfCheckId id) {
  return ProblemId(id.value);
}

constexpr char kAnswers[] = "answers";
constexpr size_t kPartsOfAnswer = 5;

absl::StatusOr<std::string> SealAnswers(const ProblemTexts& texts, const CheckRow& row) {
  std::vector<std::string> parts;
  for (const CheckAnswer& one : row.stored.check.answers) {
    parts.insert(parts.end(), {one.item, fmt::format("{}", static_cast<int>(one.value)), one.basis, one.description,
                               fmt::format("{}", one.problem)});
  }
  if (parts.empty()) return std::string();
  return texts.SealParts(SealedAs(row.stored.id), row.key, kAnswers, parts);
}

absl::Status OpenAnswers(const ProblemTexts& texts, std::string sealed, CheckRow& row) {
  if (sealed.empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(std::vector<std::string> parts,
                          texts.OpenParts(SealedAs(row.stored.id), {row.key, std::move(sealed)}, kAnswers));
  if (parts.size() % kPartsOfAnswer != 0) return common::Internal("answers are malformed");
  for (size_t i = 0; i < parts.size(); i += kPartsOfAnswer) {
    CheckAnswer& answer = row.stored.check.answers.emplace_back();
    answer.item = std::move(parts[i]);
    answer.value = static_cast<CheckAnswerValue>(std::atoi(parts[i + 1].c_str()));
    answer.basis = std::move(parts[i + 2]);
    answer.description = std::move(parts[i + 3]);
    answer.problem = std::atoll(parts[i + 4].c_str());
  }
  return absl::OkStatus();
}

// Everything but the answers.
void ReadCheck(const sql::Row& row, CheckRow& out) {
  StoredCheck& stored = out.stored;
  stored.id = SelfCheckId(row.Int(0));
  SelfCheck& check = stored.check;
  check.round = CheckRoundId(row.Int(1));
  check.checklist = ChecklistId(row.Int(2));
  check.version = static_cast<int>(row.Int(3));
  check.unit = common::UnitUid(row.Int(4));
  check.state = static_cast<SelfCheckState>(row.Int(5));
  check.due = common::DayFromNumber(row.Int(6));
  check.overdue = row.Int(7) != 0;
  check.on_time = row.Int(8) != 0;
  check.failed = static_cast<int>(row.Int(9));
  if (!row.IsNull(10)) check.submitted = absl::FromUnixMicros(row.Int(10));
  check.submitter = {std::string(row.Text(11)), row.Int(12), row.Int(13)};
  out.key = {row.Int(15), std::string(row.Bytes(16))};
  stored.version = row.Int(17);
  stored.revision = row.Int(18);
  stored.update_time = absl::FromUnixMicros(row.Int(19));
}

absl::Status InsertItems(sql::Session& session, const StoredChecklist& stored) {
  constexpr sql::Query kInsert{"checklist_item_insert",
                               "INSERT INTO checklist_item (partition_id, checklist_id, version, place, code, title, "
                               "basis, category, class, working_days) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  int64_t place = 0;
  for (const ChecklistItem& item : stored.checklist.items) {
    const Value args[] = {common::PartitionOf(stored.id.value).value,
                          stored.id.value,
                          int64_t{stored.version},
                          place++,
                          item.code,
                          item.title,
                          item.basis,
                          item.category,
                          static_cast<int64_t>(item.problem_class),
                          int64_t{item.working_days}};
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, std::span<const Value>(args)).status());
  }
  return absl::OkStatus();
}

void ReadChecklist(const sql::Row& row, StoredChecklist& out) {
  out.id = ChecklistId(row.Int(0));
  out.checklist.unit = common::UnitUid(row.Int(1));
  out.checklist.title = row.Text(2);
  for (const int64_t kind : Split(row.Text(3))) out.checklist.kinds.push_back(static_cast<int>(kind));
  out.version = static_cast<int>(row.Int(4));
  out.revision = row.Int(5);
  out.create_time = absl::FromUnixMicros(row.Int(6));
  out.update_time = absl::FromUnixMicros(row.Int(7));
}

}  // namespace

absl::StatusOr<std::optional<StoredChecklist>> SelectChecklist(sql::Session& session, ChecklistId id, int version) {
  constexpr sql::Query kFind{"checklist_find",
                             "SELECT checklist_id, unit_uid, title, kinds, version, revision, create_us, update_us "
                             "FROM checklist WHERE partition_id = ? AND checklist_id = ?"};
  constexpr sql::Query kItems{"checklist_items",
                              "SELECT code, title, basis, category, class, working_days FROM checklist_item "
                              "WHERE partition_id = ? AND checklist_id = ? AND version = ? ORDER BY place"};
  const int64_t partition = common::PartitionOf(id.value).value;
  std::optional<StoredChecklist> found;
  RONGHE_RETURN_IF_ERROR(session.Select(kFind, {partition, id.value}, [&](const sql::Row& row) {
    ReadChecklist(row, found.emplace());
    return absl::OkStatus();
  }));
  if (!found) return found;
  if (version != 0) found->version = version;
  RONGHE_RETURN_IF_ERROR(
      session.Select(kItems, {partition, id.value, int64_t{found->version}}, [&](const sql::Row& row) {
        found->checklist.items.push_back({std::string(row.Text(0)), std::string(row.Text(1)), std::string(row.Text(2)),
                                          std::string(row.Text(3)), static_cast<ProblemClass>(row.Int(4)),
                                          static_cast<int>(row.Int(5))});
        return absl::OkStatus();
      }));
  if (found->checklist.items.empty()) return std::nullopt;  // no such version
  return found;
}

absl::StatusOr<std::vector<StoredChecklist>> SelectChecklists(sql::Session& session, common::PartitionId partition,
                                                              common::UnitUid unit) {
  constexpr sql::Query kList{"checklist_list",
                             "SELECT checklist_id, unit_uid, title, kinds, version, revision, create_us, update_us "
                             "FROM checklist WHERE partition_id = ? AND unit_uid = ? ORDER BY checklist_id"};
  std::vector<StoredChecklist> found;
  RONGHE_RETURN_IF_ERROR(session.Select(kList, {partition.value, unit.value}, [&](const sql::Row& row) {
    ReadChecklist(row, found.emplace_back());
    return absl::OkStatus();
  }));
  return found;
}

absl::Status InsertChecklistRow(sql::Session& session, const StoredChecklist& stored) {
  constexpr sql::Query kInsert{"checklist_insert",
                               "INSERT INTO checklist (partition_id, checklist_id, unit_uid, title, kinds, version, "
                               "revision, create_us, update_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  const Value args[] = {common::PartitionOf(stored.id.value).value,
                        stored.id.value,
                        stored.checklist.unit.value,
                        stored.checklist.title,
                        Joined(stored.checklist.kinds),
                        int64_t{stored.version},
                        stored.revision,
                        absl::ToUnixMicros(stored.create_time),
                        absl::ToUnixMicros(stored.update_time)};
  RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, std::span<const Value>(args)).status());
  return InsertItems(session, stored);
}

absl::Status UpdateChecklistRow(sql::Session& session, const StoredChecklist& stored) {
  constexpr sql::Query kUpdate{"checklist_update",
                               "UPDATE checklist SET title = ?, kinds = ?, version = ?, revision = ?, update_us = ? "
                               "WHERE partition_id = ? AND checklist_id = ? AND version = ?"};
  const Value args[] = {stored.checklist.title,
                        Joined(stored.checklist.kinds),
                        int64_t{stored.version},
                        stored.revision,
                        absl::ToUnixMicros(stored.update_time),
                        common::PartitionOf(stored.id.value).value,
                        stored.id.value,
                        int64_t{stored.version - 1}};
  RONGHE_ASSIGN_OR_RETURN(const int64_t rows, session.Execute(kUpdate, std::span<const Value>(args)));
  if (rows != 1) return common::Internal("a checklist is not at its version");
  return InsertItems(session, stored);
}

absl::StatusOr<std::optional<StoredRound>> SelectRound(sql::Session& session, CheckRoundId id) {
  constexpr sql::Query kFind{"check_round_find",
                             "SELECT round_id, checklist_id, checklist_version, unit_uid, units, due_day, revision, "
                             "create_us FROM check_round WHERE partition_id = ? AND round_id = ?"};
  std::optional<StoredRound> found;
  RONGHE_RETURN_IF_ERROR(
      session.Select(kFind, {common::PartitionOf(id.value).value, id.value}, [&](const sql::Row& row) {
        StoredRound& stored = found.emplace();
        stored.id = CheckRoundId(row.Int(0));
        stored.round.checklist = ChecklistId(row.Int(1));
        stored.round.version = static_cast<int>(row.Int(2));
        stored.round.unit = common::UnitUid(row.Int(3));
        for (const int64_t unit : Split(row.Text(4))) stored.round.units.emplace_back(unit);
        stored.round.due = common::DayFromNumber(row.Int(5));
        stored.revision = row.Int(6);
        stored.create_time = absl::FromUnixMicros(row.Int(7));
        return absl::OkStatus();
      }));
  return found;
}

absl::Status InsertRoundRow(sql::Session& session, const StoredRound& stored) {
  constexpr sql::Query kInsert{"check_round_insert",
                               "INSERT INTO check_round (partition_id, round_id, checklist_id, checklist_version, "
                               "unit_uid, units, due_day, revision, create_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  std::vector<int64_t> units;
  for (const common::UnitUid unit : stored.round.units) units.push_back(unit.value);
  const Value args[] = {common::PartitionOf(stored.id.value).value,
                        stored.id.value,
                        stored.round.checklist.value,
                        int64_t{stored.round.version},
                        stored.round.unit.value,
                        Joined(units),
                        common::DayNumber(stored.round.due),
                        stored.revision,
                        absl::ToUnixMicros(stored.create_time)};
  return session.Execute(kInsert, std::span<const Value>(args)).status();
}

absl::StatusOr<std::optional<CheckRow>> SelectCheck(sql::Session& session, const ProblemTexts& texts, SelfCheckId id) {
  constexpr sql::Query kFind{"self_check_find",
                             "SELECT " RONGHE_CHECK_COLUMNS " FROM self_check WHERE partition_id = ? AND check_id = ?"};
  std::optional<CheckRow> found;
  const auto read = [&](const sql::Row& row) {
    ReadCheck(row, found.emplace());
    return OpenAnswers(texts, std::string(row.Bytes(14)), *found);
  };
  RONGHE_RETURN_IF_ERROR(session.Select(kFind, {common::PartitionOf(id.value).value, id.value}, read));
  return found;
}

absl::Status InsertCheckRow(sql::Session& session, const CheckRow& row) {
  constexpr sql::Query kInsert{"self_check_insert",
                               "INSERT INTO self_check (partition_id, " RONGHE_CHECK_COLUMNS
                               ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  const SelfCheck& check = row.stored.check;
  const Value args[] = {common::PartitionOf(row.stored.id.value).value,
                        row.stored.id.value,
                        check.round.value,
                        check.checklist.value,
                        int64_t{check.version},
                        check.unit.value,
                        static_cast<int64_t>(check.state),
                        common::DayNumber(check.due),
                        int64_t{check.overdue},
                        int64_t{check.on_time},
                        int64_t{check.failed},
                        Value(sql::Null{}),
                        std::string(),
                        int64_t{0},
                        int64_t{0},
                        sql::Blob{""},
                        row.key.version,
                        sql::Blob{row.key.bytes},
                        row.stored.version,
                        row.stored.revision,
                        absl::ToUnixMicros(row.stored.update_time)};
  return session.Execute(kInsert, std::span<const Value>(args)).status();
}

absl::Status UpdateCheckRow(sql::Session& session, const ProblemTexts& texts, const CheckRow& row) {
  constexpr sql::Query kUpdate{
      "self_check_update",
      "UPDATE self_check SET state = ?, overdue = ?, on_time = ?, failed = ?, submit_us = ?, actor_key = ?, "
      "actor_principal = ?, actor_member = ?, texts = ?, version = ?, revision = ?, update_us = ? "
      "WHERE partition_id = ? AND check_id = ? AND version = ?"};
  const SelfCheck& check = row.stored.check;
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, SealAnswers(texts, row));
  const Value args[] = {static_cast<int64_t>(check.state),
                        int64_t{check.overdue},
                        int64_t{check.on_time},
                        int64_t{check.failed},
                        check.submitted ? Value(absl::ToUnixMicros(*check.submitted)) : Value(sql::Null{}),
                        check.submitter.key,
                        check.submitter.principal,
                        check.submitter.member,
                        sql::Blob{std::move(sealed)},
                        row.stored.version,
                        row.stored.revision,
                        absl::ToUnixMicros(row.stored.update_time),
                        common::PartitionOf(row.stored.id.value).value,
                        row.stored.id.value,
                        row.stored.version - 1};
  RONGHE_ASSIGN_OR_RETURN(const int64_t rows, session.Execute(kUpdate, std::span<const Value>(args)));
  if (rows != 1) return common::Internal("a self-check is not at its version");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredCheck>> PageChecks(sql::Session& session, const UnitsOfPartition& units,
                                                    const CheckFilter& filter, const common::ListPosition& after,
                                                    int limit) {
  std::vector<Value> args = {units.partition.value};
  std::string text =
      "SELECT " RONGHE_CHECK_COLUMNS " FROM self_check WHERE partition_id = ? AND " + UnitCondition(units.units, args);
  if (filter.state) text += fmt::format(" AND state = {}", static_cast<int>(*filter.state));
  if (filter.overdue) text += *filter.overdue ? " AND overdue = 1" : " AND overdue = 0";
  if (filter.round) {
    text += " AND round_id = ?";
    args.emplace_back(filter.round.value);
  }
  text += " AND (due_day, check_id) > (?, ?) ORDER BY due_day, check_id LIMIT ?";
  args.emplace_back(after.key);
  args.emplace_back(after.id);
  args.emplace_back(int64_t{limit});
  std::vector<StoredCheck> checks;
  RONGHE_RETURN_IF_ERROR(session.Select({"self_check_page", text}, args, [&](const sql::Row& row) {
    CheckRow one;
    ReadCheck(row, one);
    checks.push_back(std::move(one.stored));
    return absl::OkStatus();
  }));
  return checks;
}

absl::Status CountChecks(sql::Session& session, common::PartitionId partition, CheckRoundId round,
                         std::map<common::UnitUid, CheckCounts>& counts) {
  const std::string text = fmt::format(
      "SELECT unit_uid, COUNT(*), CAST(COALESCE(SUM(CASE WHEN state = 2 THEN 1 ELSE 0 END), 0) AS BIGINT), "
      "CAST(COALESCE(SUM(overdue), 0) AS BIGINT), CAST(COALESCE(SUM(failed), 0) AS BIGINT) FROM self_check "
      "WHERE partition_id = ?{} GROUP BY unit_uid ORDER BY unit_uid",
      round ? " AND round_id = ?" : "");
  std::vector<Value> args = {partition.value};
  if (round) args.emplace_back(round.value);
  return session.Select({"self_check_count", text}, args, [&](const sql::Row& row) {
    counts[common::UnitUid(row.Int(0))].Add({static_cast<int>(row.Int(1)), static_cast<int>(row.Int(2)),
                                             static_cast<int>(row.Int(3)), static_cast<int>(row.Int(4))});
    return absl::OkStatus();
  });
}
#undef RONGHE_CHECK_COLUMNS

}  // namespace ronghe::rectification
