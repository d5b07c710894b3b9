#include "services/rectification/storage/problem_rows.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/common/sql/day_column.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/rectification/storage/problem_conditions.h"

namespace ronghe::rectification {
namespace {

namespace sql = common::sql;
using sql::Value;

// What a write sets, in the order of Values and ReadProblem.
constexpr std::string_view kColumns[] = {
    "unit_uid",
    "supervising_uid",
    "person_id",
    "source",
    "category",
    "extent",
    "class",
    "state",
    "cause",
    "external_source",
    "external_id",
    "due_day",
    "overdue",
    "paused_left",
    "extension_day",
    "extension_us",
    "extension_key",
    "extension_principal",
    "extension_member",
    "escalation_steps",
    "escalated_uid",
    "submitter_key",
    "submitter_principal",
    "submitter_member",
    "submit_us",
    "on_time",
    "returns",
    "recurrences",
    "close_us",
    "look_back_day",
    "look_backs",
    "texts",
    "version",
    "revision",
    "update_us",
};
constexpr std::string_view kFixedColumns =
    "problem_id, key_version, wrapped_key, create_us, order_id, recurrence_of, import_id";
constexpr int kFixed = 7;

constexpr std::string_view kStepColumns =
    "partition_id, problem_id, step_id, unit_uid, event, state_before, state_after, at_us, month, on_time, actor_key, "
    "actor_principal, actor_member, concerned_uid, due_day, texts";

Value TimeOrNull(const std::optional<absl::Time>& time) {
  return time ? Value(absl::ToUnixMicros(*time)) : Value(sql::Null{});
}
std::optional<absl::Time> TimeAt(const sql::Row& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return absl::FromUnixMicros(row.Int(column));
}

std::vector<Value> ValuesOf(const StoredProblem& stored, std::string sealed) {
  const Problem& p = stored.problem;
  const ExtensionRequest none{};
  const ExtensionRequest& asked = p.extension ? *p.extension : none;
  return {p.unit.value,
          p.supervising.value,
          p.person,
          static_cast<int64_t>(p.source),
          p.category,
          static_cast<int64_t>(p.extent),
          static_cast<int64_t>(p.problem_class),
          static_cast<int64_t>(p.state),
          p.cause,
          p.external_source,
          p.external_id,
          sql::DayOrNull(p.due),
          int64_t{p.overdue},
          p.paused_left ? Value(int64_t{*p.paused_left}) : Value(sql::Null{}),
          p.extension ? Value(common::DayNumber(asked.due)) : Value(sql::Null{}),
          p.extension ? absl::ToUnixMicros(asked.at) : int64_t{0},
          asked.by.key,
          asked.by.principal,
          asked.by.member,
          int64_t{p.escalation_steps},
          p.escalated_to.value,
          p.submitter.key,
          p.submitter.principal,
          p.submitter.member,
          TimeOrNull(p.submitted),
          int64_t{p.on_time},
          int64_t{p.returns},
          int64_t{p.recurrences},
          TimeOrNull(p.closed),
          sql::DayOrNull(p.look_back),
          int64_t{p.look_backs},
          sql::Blob{std::move(sealed)},
          stored.version,
          stored.revision,
          absl::ToUnixMicros(stored.update_time)};
}

// The columns from `at` on, without the texts.
void ReadProblem(const sql::Row& row, int at, Problem& p) {
  const auto number = [&](int column) { return row.Int(at + column); };
  p.unit = common::UnitUid(number(0));
  p.supervising = common::UnitUid(number(1));
  p.person = number(2);
  p.source = static_cast<ProblemSource>(number(3));
  p.category = row.Text(at + 4);
  p.extent = static_cast<ProblemExtent>(number(5));
  p.problem_class = static_cast<ProblemClass>(number(6));
  p.state = static_cast<ProblemState>(number(7));
  p.cause = row.Text(at + 8);
  p.external_source = row.Text(at + 9);
  p.external_id = row.Text(at + 10);
  p.due = sql::DayAt(row, at + 11);
  p.overdue = number(12) != 0;
  if (!row.IsNull(at + 13)) p.paused_left = static_cast<int>(number(13));
  if (const std::optional<absl::CivilDay> day = sql::DayAt(row, at + 14)) {
    p.extension = ExtensionRequest{
        *day, absl::FromUnixMicros(number(15)), {std::string(row.Text(at + 16)), number(17), number(18)}};
  }
  p.escalation_steps = static_cast<int>(number(19));
  p.escalated_to = common::UnitUid(number(20));
  p.submitter = {std::string(row.Text(at + 21)), number(22), number(23)};
  p.submitted = TimeAt(row, at + 24);
  p.on_time = number(25) != 0;
  p.returns = static_cast<int>(number(26));
  p.recurrences = static_cast<int>(number(27));
  p.closed = TimeAt(row, at + 28);
  p.look_back = sql::DayAt(row, at + 29);
  p.look_backs = static_cast<int>(number(30));
}
constexpr int kTextsAt = 31;
constexpr int kVersionAt = 32;

absl::Status ReadRow(const sql::Row& row, const ProblemTexts& texts, ProblemRow& out) {
  out.stored.id = ProblemId(row.Int(0));
  out.key = {row.Int(1), std::string(row.Bytes(2))};
  out.stored.create_time = absl::FromUnixMicros(row.Int(3));
  ReadProblem(row, kFixed, out.stored.problem);
  out.stored.problem.order = row.Int(4);
  out.stored.problem.recurrence_of = row.Int(5);
  out.stored.problem.import = row.Int(6);
  out.stored.version = row.Int(kFixed + kVersionAt);
  out.stored.revision = row.Int(kFixed + kVersionAt + 1);
  out.stored.update_time = absl::FromUnixMicros(row.Int(kFixed + kVersionAt + 2));
  return texts.Open(out.stored.id, {out.key, std::string(row.Bytes(kFixed + kTextsAt))}, out.stored.problem);
}

const std::string& SelectText() {
  static const std::string* const text = new std::string(
      fmt::format("SELECT {}, {} FROM problem WHERE partition_id = ? AND ", kFixedColumns, fmt::join(kColumns, ", ")));
  return *text;
}

}  // namespace

absl::StatusOr<std::optional<ProblemRow>> SelectProblem(sql::Session& session, const ProblemTexts& texts,
                                                        ProblemId id) {
  static const std::string* const text = new std::string(SelectText() + "problem_id = ?");
  std::optional<ProblemRow> found;
  const Value args[] = {common::PartitionOf(id.value).value, id.value};
  RONGHE_RETURN_IF_ERROR(session.Select({"problem_find", *text}, args,
                                        [&](const sql::Row& row) { return ReadRow(row, texts, found.emplace()); }));
  return found;
}

absl::StatusOr<std::vector<ProblemRow>> SelectProblems(sql::Session& session, const ProblemTexts& texts,
                                                       common::PartitionId partition, std::span<const ProblemId> ids) {
  std::vector<ProblemRow> found;
  if (ids.empty()) return found;
  std::vector<Value> args = {partition.value};
  std::string text = SelectText() + "problem_id IN (";
  for (const ProblemId id : ids) {
    text += args.size() == 1 ? "?" : ", ?";
    args.emplace_back(id.value);
  }
  text += ")";
  const auto read = [&](const sql::Row& row) { return ReadRow(row, texts, found.emplace_back()); };
  RONGHE_RETURN_IF_ERROR(session.Select({"problem_find_all", text}, args, read));
  return found;
}

absl::StatusOr<std::vector<StoredProblem>> PageProblems(sql::Session& session, const ProblemTexts& texts,
                                                        const UnitsOfPartition& units, const ProblemFilter& filter,
                                                        ProblemOrder order, const common::ListPosition& after,
                                                        int limit) {
  std::vector<Value> args = {units.partition.value};
  std::string text = SelectText() + UnitCondition(units.units, args);
  AddConditions(filter, text, args);
  const std::string_view key = OrderKey(order);
  text += fmt::format(" AND ({0}, problem_id) > (?, ?) ORDER BY {0}, problem_id LIMIT ?", key);
  args.emplace_back(after.key);
  args.emplace_back(after.id);
  args.emplace_back(int64_t{limit});
  std::vector<StoredProblem> problems;
  const auto read = [&](const sql::Row& row) -> absl::Status {
    ProblemRow one;
    RONGHE_RETURN_IF_ERROR(ReadRow(row, texts, one));
    problems.push_back(std::move(one.stored));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(session.Select({"problem_page", text}, args, read));
  return problems;
}

absl::StatusOr<std::vector<ProblemGroup>> GroupProblems(sql::Session& session, const UnitsOfPartition& units) {
  std::vector<Value> args = {units.partition.value};
  const std::string text = fmt::format(
      "SELECT unit_uid, category, source, state, overdue, COUNT(*) FROM problem WHERE partition_id = ? AND {} "
      "GROUP BY unit_uid, category, source, state, overdue ORDER BY unit_uid, category, source, state, overdue",
      UnitCondition(units.units, args));
  std::vector<ProblemGroup> groups;
  RONGHE_RETURN_IF_ERROR(session.Select({"problem_groups", text}, args, [&](const sql::Row& row) {
    groups.push_back({common::UnitUid(row.Int(0)), std::string(row.Text(1)), static_cast<ProblemSource>(row.Int(2)),
                      static_cast<ProblemState>(row.Int(3)), row.Int(4) != 0, row.Int(5)});
    return absl::OkStatus();
  }));
  return groups;
}

absl::Status InsertProblem(sql::Session& session, const ProblemTexts& texts, const ProblemRow& row) {
  static const std::string* const text = new std::string(
      fmt::format("INSERT INTO problem (partition_id, {}, {}) VALUES ({})", kFixedColumns, fmt::join(kColumns, ", "),
                  sql::Placeholders(1 + kFixed + static_cast<int>(std::size(kColumns)))));
  const ProblemId id = row.stored.id;
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, texts.Seal(id, row.key, row.stored.problem));
  std::vector<Value> args = {common::PartitionOf(id.value).value,
                             id.value,
                             row.key.version,
                             sql::Blob{row.key.bytes},
                             absl::ToUnixMicros(row.stored.create_time),
                             row.stored.problem.order,
                             row.stored.problem.recurrence_of,
                             row.stored.problem.import};
  for (Value& value : ValuesOf(row.stored, std::move(sealed))) args.push_back(std::move(value));
  return session.Execute({"problem_insert", *text}, std::span<const Value>(args)).status();
}

absl::Status UpdateProblem(sql::Session& session, const ProblemTexts& texts, const ProblemRow& row, bool same_texts) {
  const auto text_of = [](bool without_texts) {
    std::string sets;
    for (size_t i = 0; i < std::size(kColumns); ++i) {
      if (without_texts && i == static_cast<size_t>(kTextsAt)) continue;
      sets += fmt::format("{}{} = ?", sets.empty() ? "" : ", ", kColumns[i]);
    }
    return fmt::format("UPDATE problem SET {} WHERE partition_id = ? AND problem_id = ? AND version = ?", sets);
  };
  static const std::string* const whole = new std::string(text_of(false));
  static const std::string* const standing = new std::string(text_of(true));
  const ProblemId id = row.stored.id;
  std::string sealed;
  if (!same_texts) {
    RONGHE_ASSIGN_OR_RETURN(sealed, texts.Seal(id, row.key, row.stored.problem));
  }
  std::vector<Value> args = ValuesOf(row.stored, std::move(sealed));
  if (same_texts) args.erase(args.begin() + kTextsAt);
  args.emplace_back(common::PartitionOf(id.value).value);
  args.emplace_back(id.value);
  args.emplace_back(row.stored.version - 1);
  return session.Queue({"problem_update", same_texts ? *standing : *whole}, std::span<const Value>(args));
}

absl::Status InsertStep(sql::Session& session, const ProblemTexts& texts, const ProblemRow& problem,
                        const ProblemStep& step, common::MonthNumber month) {
  static const std::string* const text =
      new std::string(fmt::format("INSERT INTO problem_step ({}) VALUES ({})", kStepColumns, sql::Placeholders(16)));
  const ProblemId id = problem.stored.id;
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, texts.Seal(id, problem.key, step));
  const Value args[] = {common::PartitionOf(id.value).value,
                        id.value,
                        step.id,
                        problem.stored.problem.unit.value,
                        static_cast<int64_t>(step.event),
                        static_cast<int64_t>(step.before),
                        static_cast<int64_t>(step.after),
                        absl::ToUnixMicros(step.at),
                        int64_t{month},
                        int64_t{step.on_time},
                        step.by.key,
                        step.by.principal,
                        step.by.member,
                        step.concerned.value,
                        sql::DayOrNull(step.due),
                        sql::Blob{std::move(sealed)}};
  return session.Queue({"problem_step_insert", *text}, std::span<const Value>(args));
}

absl::StatusOr<std::vector<ProblemStep>> SelectSteps(sql::Session& session, const ProblemTexts& texts,
                                                     const ProblemRow& problem, int64_t after, int limit) {
  constexpr sql::Query kSteps{
      "problem_steps",
      "SELECT step_id, event, state_before, state_after, at_us, on_time, actor_key, actor_principal, actor_member, "
      "concerned_uid, due_day, texts FROM problem_step WHERE partition_id = ? AND problem_id = ? AND step_id > ? "
      "ORDER BY step_id LIMIT ?"};
  const ProblemId id = problem.stored.id;
  std::vector<ProblemStep> steps;
  const auto read = [&](const sql::Row& row) {
    ProblemStep& step = steps.emplace_back();
    step.id = row.Int(0);
    step.event = static_cast<ProblemEvent>(row.Int(1));
    step.before = static_cast<ProblemState>(row.Int(2));
    step.after = static_cast<ProblemState>(row.Int(3));
    step.at = absl::FromUnixMicros(row.Int(4));
    step.on_time = row.Int(5) != 0;
    step.by = {std::string(row.Text(6)), row.Int(7), row.Int(8)};
    step.concerned = common::UnitUid(row.Int(9));
    step.due = sql::DayAt(row, 10);
    return texts.Open(id, {problem.key, std::string(row.Bytes(11))}, step);
  };
  RONGHE_RETURN_IF_ERROR(
      session.Select(kSteps, {common::PartitionOf(id.value).value, id.value, after, int64_t{limit}}, read));
  return steps;
}

absl::StatusOr<std::optional<ProblemId>> TakeProblemKey(sql::Session& session, const std::string& key, ProblemId id) {
  constexpr sql::Query kTake{"problem_key_take",
                             "INSERT INTO problem_key (partition_id, name, problem_id) VALUES (?, ?, ?) "
                             "ON CONFLICT (partition_id, name) DO NOTHING"};
  constexpr sql::Query kRead{"problem_key_read",
                             "SELECT problem_id FROM problem_key WHERE partition_id = ? AND name = ?"};
  const int64_t registry = common::RegistryPartitionOf(key).value;
  RONGHE_ASSIGN_OR_RETURN(const int64_t taken, session.Execute(kTake, {registry, key, id.value}));
  if (taken == 1) return std::nullopt;
  std::optional<ProblemId> holder;
  RONGHE_RETURN_IF_ERROR(session.Select(kRead, {registry, key}, [&](const sql::Row& row) {
    holder = ProblemId(row.Int(0));
    return absl::OkStatus();
  }));
  if (!holder) return common::Internal("a key of a problem has gone");
  return holder;
}

absl::StatusOr<bool> TouchedSince(sql::Session& session, ProblemId id) {
  constexpr sql::Query kTouched{
      "problem_touched",
      "SELECT COUNT(*) FROM problem_step WHERE partition_id = ? AND problem_id = ? AND actor_key <> ''"};
  constexpr sql::Query kRepeated{"problem_repeated",
                                 "SELECT COUNT(*) FROM problem WHERE partition_id = ? AND recurrence_of = ?"};
  int64_t count = 0;
  const auto add = [&](const sql::Row& row) {
    count += row.Int(0);
    return absl::OkStatus();
  };
  const int64_t partition = common::PartitionOf(id.value).value;
  RONGHE_RETURN_IF_ERROR(session.Select(kTouched, {partition, id.value}, add));
  RONGHE_RETURN_IF_ERROR(session.Select(kRepeated, {partition, id.value}, add));
  return count != 0;
}

absl::Status DeleteProblem(sql::Session& session, ProblemId id, const std::string& key) {
  constexpr sql::Query kSteps{"problem_steps_delete",
                              "DELETE FROM problem_step WHERE partition_id = ? AND problem_id = ?"};
  constexpr sql::Query kProblem{"problem_delete", "DELETE FROM problem WHERE partition_id = ? AND problem_id = ?"};
  constexpr sql::Query kKey{"problem_key_delete",
                            "DELETE FROM problem_key WHERE partition_id = ? AND name = ? AND problem_id = ?"};
  const int64_t partition = common::PartitionOf(id.value).value;
  RONGHE_RETURN_IF_ERROR(session.Execute(kSteps, {partition, id.value}).status());
  RONGHE_RETURN_IF_ERROR(session.Execute(kProblem, {partition, id.value}).status());
  return session.Execute(kKey, {common::RegistryPartitionOf(key).value, key, id.value}).status();
}

}  // namespace ronghe::rectification
