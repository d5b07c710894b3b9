#include "services/rectification/app/problem_app.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/write_once.h"

namespace ronghe::rectification {
namespace {

constexpr int kMaxWorkingDays = 1000;

const char* const kUpdatable[] = {"person",      "category", "problem_class", "extent",
                                  "description", "measures", "due_date",      "working_days"};

// The paths that a request without a mask means.
std::vector<std::string> PathsOf(const ProblemUpdate& update, common::Violations& violations) {
  std::vector<std::string> paths;
  const Problem& sent = update.problem;
  for (const std::string& path : update.mask) {
    if (path == "*") return {std::begin(kUpdatable), std::end(kUpdatable)};
    if (std::find(std::begin(kUpdatable), std::end(kUpdatable), path) == std::end(kUpdatable)) {
      violations.Add("update_mask", "NOT_UPDATABLE", {path + " cannot be changed", path + " 不能修改"});
    }
    paths.push_back(path);
  }
  if (!update.mask.empty()) return paths;
  if (!update.person.empty()) paths.emplace_back("person");
  if (!sent.category.empty()) paths.emplace_back("category");
  if (sent.problem_class != ProblemClass::kUnspecified) paths.emplace_back("problem_class");
  if (sent.extent != ProblemExtent::kUnspecified) paths.emplace_back("extent");
  if (!sent.description.empty()) paths.emplace_back("description");
  if (!sent.measures.empty()) paths.emplace_back("measures");
  if (sent.due) paths.emplace_back("due_date");
  if (update.working_days != 0) paths.emplace_back("working_days");
  return paths;
}

}  // namespace

Person PersonOf(const common::Actor& actor) {
  return {actor.key, actor.principal_id, actor.member_id};
}

bool ProblemApp::Visible(const common::Call& call, const Problem& problem) const {
  return parts_.units.Covers(call.scope, parts_.units.AnswersFor(problem.unit));
}

Attempt ProblemApp::AttemptOf(const common::Call& call, const Problem& problem, absl::Time now) const {
  Attempt attempt;
  attempt.who = PersonOf(call.actor);
  attempt.responsible = parts_.rights.Holds(call.actor, Right::kWrite, parts_.units.AnswersFor(problem.unit));
  attempt.supervising = parts_.rights.Holds(call.actor, Right::kVerify, parts_.units.AnswersFor(problem.supervising));
  attempt.now = now;
  attempt.zone = parts_.calendar.zone();
  return attempt;
}

ProblemView ProblemApp::View(const common::Call& call, StoredProblem stored) const {
  ProblemView view;
  view.unit = parts_.units.AnswersFor(stored.problem.unit);
  view.supervising = parts_.units.AnswersFor(stored.problem.supervising);
  view.show_texts = parts_.rights.Holds(call.actor, Right::kReadTexts, view.unit);
  view.allowed = AllowedEvents(stored.problem, AttemptOf(call, stored.problem, parts_.calendar.clock().Now()));
  view.stored = std::move(stored);
  return view;
}

absl::StatusOr<ProblemView> ProblemApp::Get(const common::Call& call, const std::string& name) {
  const ProblemId id(common::IdFromName(name, "problems"));
  if (!id) return common::BadName(name, "name", "problems");
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredProblem> found, parts_.store.Find(id, call.deadline));
  if (!found || !Visible(call, found->problem)) return common::NotFound(name);
  return View(call, *std::move(found));
}

absl::StatusOr<common::UnitUid> ProblemApp::OwnerOf(std::string_view name, absl::Time deadline) {
  const ProblemId id(common::IdFromName(name, "problems"));
  if (!id) return common::BadName(name, "name", "problems");
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredProblem> found, parts_.store.Find(id, deadline));
  if (!found) return common::NotFound(std::string(name));
  return parts_.units.AnswersFor(found->problem.unit);
}

absl::StatusOr<ProblemView> ProblemApp::Run(common::PartitionId partition, const common::Call& call,
                                            const common::WriteOptions& options,
                                            absl::FunctionRef<absl::StatusOr<StoredProblem>(ProblemTxn&)> change) {
  const auto write = [&](absl::FunctionRef<absl::Status(ProblemTxn&)> body) {
    return parts_.store.Write(partition, call, body);
  };
  const auto changed = [&](ProblemTxn& txn, std::string& remember) -> absl::StatusOr<StoredProblem> {
    RONGHE_ASSIGN_OR_RETURN(StoredProblem stored, change(txn));
    remember = NameOf(stored.id);
    return stored;
  };
  const auto again = [](ProblemTxn& txn, const std::string& name) -> absl::StatusOr<StoredProblem> {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredProblem> done,
                            txn.Find(ProblemId(common::IdFromName(name, "problems"))));
    if (!done) return common::NotFound(name);
    return *std::move(done);
  };
  RONGHE_ASSIGN_OR_RETURN(StoredProblem stored,
                          (common::WriteOnce<StoredProblem, ProblemTxn>(options, write, changed, again)));
  if (!Visible(call, stored.problem)) return common::NotFound(NameOf(stored.id));
  return View(call, std::move(stored));
}

absl::StatusOr<ProblemView> ProblemApp::RunOn(
    const common::Call& call, const std::string& name, const common::WriteOptions& options,
    absl::FunctionRef<absl::StatusOr<ProblemStep>(const ProblemTxn&, Problem&, const std::string&)> change) {
  const ProblemId id(common::IdFromName(name, "problems"));
  if (!id) return common::BadName(name, "name", "problems");
  return Run(common::PartitionOf(id.value), call, options, [&](ProblemTxn& txn) -> absl::StatusOr<StoredProblem> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredProblem> before, txn.Find(id));
    // The wrapper has checked the unit that owned it when the call came.
    if (!before || !Visible(call, before->problem)) return common::NotFound(name);
    RONGHE_RETURN_IF_ERROR(common::CheckEtag(EtagOf(*before), options.etag));
    Problem after = before->problem;
    RONGHE_ASSIGN_OR_RETURN(ProblemStep step, change(txn, after, name));
    step.before = before->problem.state;
    step.after = after.state;
    step.by = PersonOf(call.actor);
    if (!step.due) step.due = after.due;
    return txn.Replace(*before, after, {&step, 1}, NextLook(after));
  });
}

absl::Status ProblemApp::SetDue(Problem& problem, const std::optional<absl::CivilDay>& due, int working_days,
                                std::string_view prefix) const {
  const absl::CivilDay today = parts_.calendar.Today();
  const std::string due_field = fmt::format("{}due_date", prefix);
  if (working_days != 0 && due) {
    return common::InvalidArgument(due_field, "CONFLICT",
                                   {"set either due_date or working_days", "due_date 与 working_days 只能填写一项"});
  }
  if (working_days < 0 || working_days > kMaxWorkingDays) {
    return common::InvalidArgument(fmt::format("{}working_days", prefix), "OUT_OF_RANGE",
                                   {"must lie between 1 and 1000", "应在 1 到 1000 之间"});
  }
  if (due && *due < today) {
    return common::InvalidArgument(due_field, "IN_PAST", {"must not be in the past", "不能早于今天"});
  }
  if (due) problem.due = due;
  if (working_days > 0) problem.due = parts_.work_calendar.After(today, working_days);
  return absl::OkStatus();
}

absl::Status ProblemApp::PlaceUnder(const std::string& supervising_unit, const common::UnitView& unit,
                                    Problem& problem) const {
  problem.supervising = unit.parent ? unit.parent : unit.uid;
  if (supervising_unit.empty()) return absl::OkStatus();
  constexpr char kField[] = "problem.supervising_unit";
  const std::optional<std::string> code = common::CodeIn(supervising_unit);
  if (!code) return common::InvalidArgument(kField, "BAD_NAME", common::kUnitForm);
  const std::optional<common::UnitView> above = parts_.units.FindByCode(*code);
  const bool right = above && parts_.units.IsWithin(unit.uid, above->uid) && (above->uid != unit.uid || !unit.parent);
  if (!right) {
    return common::InvalidArgument(kField, "NOT_ABOVE",
                                   {"must be a unit above the responsible one", "应为责任单位的上级组织"});
  }
  problem.supervising = above->uid;
  return absl::OkStatus();
}

void ProblemApp::CheckNew(Problem& problem, int working_days, std::string_view prefix,
                          common::Violations& violations) const {
  CheckProblem(problem, prefix, violations);
  if (!parts_.policy.HasCategory(problem.category)) {
    violations.Add(fmt::format("{}category", prefix), problem.category.empty() ? "REQUIRED" : "UNKNOWN_VALUE",
                   kUnknownCategory);
  }
  const std::optional<absl::CivilDay> due = std::exchange(problem.due, std::nullopt);
  violations.AddAll(SetDue(problem, due, working_days, prefix));
}

absl::StatusOr<Problem> ProblemApp::Placed(const common::Call& call, NewProblem fields,
                                           common::Violations violations) const {
  Problem& problem = fields.problem;
  if (problem.extent == ProblemExtent::kUnspecified) problem.extent = ProblemExtent::kIndividual;
  CheckNew(problem, fields.working_days, "problem.", violations);
  problem.person = common::ReadOptionalId(fields.person, "members", "problem.person", violations);
  problem.recurrence_of = common::ReadOptionalId(fields.recurrence_of, "problems", "problem.recurrence_of", violations);
  const std::optional<std::string> code = common::CodeIn(fields.unit);
  if (!code) violations.Add("problem.unit", fields.unit.empty() ? "REQUIRED" : "BAD_NAME", common::kUnitForm);
  const std::optional<common::UnitView> unit = code ? parts_.units.FindByCode(*code) : std::nullopt;
  if (unit) violations.AddAll(PlaceUnder(fields.supervising_unit, *unit, problem));
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (!unit || !parts_.units.Covers(call.scope, unit->uid)) return common::NotFound(fields.unit);
  RONGHE_RETURN_IF_ERROR(common::RefuseUnit(*unit, parts_.units));
  problem.unit = unit->uid;
  return std::move(problem);
}

absl::StatusOr<ProblemView> ProblemApp::Create(const common::Call& call, NewProblem fields,
                                               const common::WriteOptions& options) {
  RONGHE_ASSIGN_OR_RETURN(const Problem problem, Placed(call, std::move(fields), common::StartWith(options)));
  const std::optional<common::UnitView> unit = parts_.units.Find(problem.unit);
  if (!unit) return common::Internal("a unit has gone from the directory");
  return Run(unit->partition, call, options, [&](ProblemTxn& txn) { return Open(txn, problem, PersonOf(call.actor)); });
}

absl::StatusOr<StoredProblem> ProblemApp::Open(ProblemTxn& txn, const Problem& problem, const Person& by) const {
  const ProblemId id = txn.NewId();
  if (!problem.cause.empty()) {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<ProblemId> known,
                            txn.TakeKey(CauseKey(problem.source, problem.cause), id));
    if (known) {
      RONGHE_ASSIGN_OR_RETURN(std::optional<StoredProblem> existing, txn.Find(*known));
      if (!existing) return common::Internal("a key names a problem that is not there");
      return *std::move(existing);
    }
  }
  if (!problem.external_id.empty()) {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<ProblemId> known,
                            txn.TakeKey(ExternalKey(problem.external_source, problem.external_id), id));
    if (known) {
      return common::AlreadyExists("EXTERNAL_ID_KNOWN", NameOf(*known),
                                   {"a problem with this external id exists", "该外部编号的问题已存在"});
    }
  }
  if (problem.recurrence_of != 0) RONGHE_RETURN_IF_ERROR(CheckRecurrence(txn, problem));
  return InsertNew(txn, id, problem, by);
}

absl::Status ProblemApp::CheckRecurrence(ProblemTxn& txn, const Problem& problem) const {
  constexpr char kField[] = "problem.recurrence_of";
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredProblem> earlier, txn.Find(ProblemId(problem.recurrence_of)));
  if (!earlier || parts_.units.AnswersFor(earlier->problem.unit) != parts_.units.AnswersFor(problem.unit)) {
    return common::InvalidArgument(kField, "OTHER_UNIT",
                                   {"must be a problem of the same unit", "应为同一责任单位的问题"});
  }
  if (earlier->problem.state == ProblemState::kClosed) return absl::OkStatus();
  const std::string name = NameOf(earlier->id);
  const common::Text text{"the problem that it repeats is not closed", "所反弹的问题尚未销号"};
  return common::FailedPrecondition("NOT_CLOSED", text, {{"NOT_CLOSED", name, text}});
}

absl::StatusOr<StoredProblem> ProblemApp::InsertNew(ProblemTxn& txn, ProblemId id, const Problem& problem,
                                                    const Person& by) const {
  std::vector<ProblemStep> steps(problem.recurrence_of == 0 ? 1 : 2);
  for (ProblemStep& step : steps) {
    step.event = ProblemEvent::kRecur;
    step.before = step.after = problem.state;
    step.by = by;
    step.due = problem.due;
  }
  steps[0].event = ProblemEvent::kRegister;
  steps[0].before = ProblemState::kUnspecified;
  return txn.Insert(id, problem, steps, NextLook(problem));
}

absl::StatusOr<ProblemView> ProblemApp::Update(const common::Call& call, const std::string& name,
                                               const ProblemUpdate& update, const common::WriteOptions& options) {
  common::Violations form = common::StartWith(options);
  const std::vector<std::string> paths = PathsOf(update, form);
  const int64_t person = common::ReadOptionalId(update.person, "members", "problem.person", form);
  RONGHE_RETURN_IF_ERROR(form.ToStatus());
  const auto change = [&](const ProblemTxn& txn, Problem& problem,
                          const std::string& resource) -> absl::StatusOr<ProblemStep> {
    RONGHE_RETURN_IF_ERROR(
        Decide(problem, ProblemEvent::kUpdate, AttemptOf(call, problem, txn.now()), resource).status());
    const bool early = problem.state == ProblemState::kRegistered || problem.state == ProblemState::kReopened;
    common::Violations violations;
    const Problem& sent = update.problem;
    for (const std::string& path : paths) {
      if (path == "person") problem.person = person;
      if (path == "category") problem.category = sent.category;
      if (path == "problem_class") problem.problem_class = sent.problem_class;
      if (path == "extent") problem.extent = sent.extent;
      if (path == "description") problem.description = sent.description;
      if (path == "measures") problem.measures = sent.measures;
      if (path != "due_date" && path != "working_days") continue;
      if (!early) {
        violations.Add("update_mask", "NOT_UPDATABLE",
                       {"once assigned, the deadline changes by an extension", "交办后整改时限只能通过延期调整"});
      } else if (path == "due_date" && !sent.due) {
        problem.due = std::nullopt;
        problem.overdue = false;
      } else {
        const bool days = path == "working_days";
        violations.AddAll(SetDue(problem, days ? std::nullopt : sent.due, days ? update.working_days : 0, "problem."));
        problem.overdue = false;
        problem.escalation_steps = 0;
        problem.escalated_to = {};
      }
    }
    CheckProblem(problem, "problem.", violations);
    if (!parts_.policy.HasCategory(problem.category) && sent.category == problem.category) {
      violations.Add("problem.category", "UNKNOWN_VALUE", kUnknownCategory);
    }
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    ProblemStep step;
    step.event = ProblemEvent::kUpdate;
    return step;
  };
  return RunOn(call, name, options, change);
}

}  // namespace ronghe::rectification
