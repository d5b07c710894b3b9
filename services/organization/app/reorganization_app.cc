#include "services/organization/app/reorganization_app.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/organization/app/owner_registry.h"
#include "services/organization/app/structure_checks.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxTitle = 200;
constexpr int kBatch = 200;

// How a field of a step is called in the request of a single change: `merge.sources` is `sources`.
std::string FieldOfSingle(const std::string& field) {
  constexpr std::string_view kNewUnit = "establish.unit.";
  if (field.starts_with(kNewUnit)) return "establish." + field.substr(kNewUnit.size());
  return field.substr(field.find('.') + 1);
}

void CheckSteps(const ReorganizationOrder& order, const Rules& rules, absl::CivilDay today,
                common::Violations& violations) {
  if (order.steps.empty()) violations.Add("steps", "REQUIRED", {"is required", "必填"});
  if (order.steps.size() > kMaxSteps) {
    violations.Add("steps", "TOO_MANY", {"at most 500 steps at once", "一次最多 500 个步骤"});
    return;
  }
  for (size_t i = 0; i < order.steps.size(); ++i) {
    if (!order.single) {
      CheckStep(order.steps[i], rules, today, fmt::format("steps[{}].", i), violations);
      continue;
    }
    common::Violations found;
    CheckStep(order.steps[i], rules, today, "", found);
    for (const common::Violation& violation : found.list()) {
      violations.Add(FieldOfSingle(violation.field), violation.reason, violation.text);
    }
  }
}

absl::Status Refusal(const ReorganizationOutcome& outcome, bool several) {
  std::vector<common::Blocker> blockers;
  for (const StepBlocker& refused : outcome.blockers) {
    if (refused.blocker.reason == "NOT_FOUND") return common::NotFound(refused.blocker.subject);
    common::Blocker blocker = refused.blocker;
    if (several) {
      blocker.text = {fmt::format("step {}: {}", refused.step + 1, blocker.text.en),
                      fmt::format("第 {} 步：{}", refused.step + 1, blocker.text.zh)};
    }
    blockers.push_back(std::move(blocker));
  }
  return RefuseIf(std::move(blockers));
}

bool NamesUnknown(const ReorganizationOutcome& outcome) {
  return std::any_of(outcome.blockers.begin(), outcome.blockers.end(),
                     [](const StepBlocker& b) { return b.blocker.reason == "NOT_FOUND"; });
}

// The units that are closed as long as the order is scheduled.
std::vector<std::string> ClosedBy(const std::vector<Step>& steps) {
  std::vector<std::string> names;
  for (const Step& step : steps) {
    const auto* dissolve = std::get_if<DissolveStep>(&step);
    if (dissolve != nullptr && dissolve->closing) names.push_back(dissolve->unit);
  }
  return names;
}

absl::StatusOr<uint32_t> StatesOf(const std::string& filter) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<common::Condition> conditions, common::ParseFilter(filter, {"state"}));
  uint32_t states = ~0u;
  for (const common::Condition& condition : conditions) {
    const std::optional<ReorganizationState> state = ReorganizationStateFromName(condition.value);
    if (!state) {
      return common::InvalidArgument("filter", "UNKNOWN_VALUE", {"has an unknown value for state", "state 的取值未知"});
    }
    const uint32_t bit = 1u << static_cast<int>(*state);
    states &= condition.negated ? ~bit : bit;
  }
  return states;
}

}  // namespace

// An order that is well formed.
struct ReorganizationApp::Plan {
  const std::vector<Step>& steps;
  bool several = false;
  std::string title;
  common::UnitUid owner;
  absl::CivilDay day;
  bool ahead = false;
};

ChangeAuthority ReorganizationApp::AuthorityOf(const common::Call& call) const {
  return {.actor = call.actor.key, .roots = call.scope.everything, .covers = [this, &call](common::UnitUid unit) {
            return parts_.tree.Covers(call.scope, unit);
          }};
}

absl::StatusOr<ReorganizationApp::Plan> ReorganizationApp::Check(const common::Call& call,
                                                                 const ReorganizationOrder& order,
                                                                 const WriteOptions& options) {
  const absl::CivilDay today = parts_.calendar.Today();
  common::Violations violations = StartWith(options);
  CheckText({"title", 0, kMaxTitle}, order.title, violations);
  absl::StatusOr<absl::CivilDay> day = EffectiveDay(options.effective, parts_.calendar, parts_.rules, kMaxDaysAhead);
  violations.AddAll(day.status());
  if (order.parent != common::kAllUnits && !order.single)
    violations.AddAll(CodeFromName(order.parent, "parent").status());
  CheckSteps(order, parts_.rules.On(day.value_or(today)), today, violations);
  if (day.ok() && *day <= today && !ClosedBy(order.steps).empty()) {
    violations.Add("effective_date", "CLOSING_NEEDS_A_LATER_DAY",
                   {"a unit is closed until a later day", "先停后撤须指定今天以后的日期"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  Plan plan{order.steps, !order.single, order.title, {}, *day, *day > today};
  if (order.parent != common::kAllUnits) {
    RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(order.parent, "parent"));
    const std::optional<TreeUnit> unit = parts_.tree.FindByCode(code);
    if (!unit || !parts_.tree.Covers(call.scope, unit->uid)) return common::NotFound(order.parent);
    plan.owner = unit->uid;
  } else if (!call.scope.everything && !call.scope.units.empty()) {
    plan.owner = call.scope.units.front();
  }
  return plan;
}

absl::StatusOr<Reorganization> ReorganizationApp::Run(const common::Call& call, const ReorganizationOrder& order,
                                                      const WriteOptions& options) {
  RONGHE_ASSIGN_OR_RETURN(const Plan plan, Check(call, order, options));
  if (options.validate_only) return Try(call, plan);
  RONGHE_ASSIGN_OR_RETURN(Reorganization done, Write(call, plan, options));
  parts_.gate.MakeVisible(done.revision, call.deadline);
  return done;
}

absl::StatusOr<Reorganization> ReorganizationApp::Try(const common::Call& call, const Plan& plan) {
  ReorganizationOutcome outcome;
  RONGHE_RETURN_IF_ERROR(parts_.store
                             .Write(call, true,
                                    [&](UnitTxn& txn) -> absl::Status {
                                      StructureChange change(txn, parts_.rules.On(plan.day), plan.day,
                                                             parts_.calendar.Today(), AuthorityOf(call));
                                      RONGHE_ASSIGN_OR_RETURN(outcome, change.Run(plan.steps));
                                      return absl::OkStatus();
                                    })
                             .status());
  if (NamesUnknown(outcome)) return Refusal(outcome, plan.several);
  Reorganization tried{.title = plan.title, .owner = plan.owner, .day = plan.day};
  tried.state = !outcome.blockers.empty() ? ReorganizationState::kFailed
                : plan.ahead              ? ReorganizationState::kScheduled
                                          : ReorganizationState::kEffective;
  tried.steps = parts_.codec.Encode(plan.steps);
  tried.outcome = parts_.codec.Encode(outcome);
  return tried;
}

absl::StatusOr<Reorganization> ReorganizationApp::Done(UnitTxn& txn, const DoneBefore& done) {
  const int64_t id = IdFromName(done.resource, "reorganizations");
  RONGHE_ASSIGN_OR_RETURN(std::optional<Reorganization> found, txn.FindReorganization(id));
  if (!found) return common::NotFound(done.resource);
  return *std::move(found);
}

absl::StatusOr<Reorganization> ReorganizationApp::Write(const common::Call& call, const Plan& plan,
                                                        const WriteOptions& options) {
  Reorganization next{.title = plan.title, .owner = plan.owner, .day = plan.day, .actor = call.actor.key};
  next.steps = parts_.codec.Encode(plan.steps);
  if (plan.ahead) {
    RONGHE_ASSIGN_OR_RETURN(const Reorganization foreseen, Try(call, plan));
    next.outcome = foreseen.outcome;
    next.state = ReorganizationState::kScheduled;
  }
  std::optional<Reorganization> result;
  const auto body = [&](UnitTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<DoneBefore> done, txn.Claim(options.key));
    if (done) {
      RONGHE_ASSIGN_OR_RETURN(result, Done(txn, *done));
      return absl::OkStatus();
    }
    if (!plan.ahead) {
      StructureChange change(txn, parts_.rules.On(plan.day), plan.day, parts_.calendar.Today(), AuthorityOf(call));
      RONGHE_ASSIGN_OR_RETURN(const ReorganizationOutcome outcome, change.Run(plan.steps));
      RONGHE_RETURN_IF_ERROR(Refusal(outcome, plan.several));
      next.outcome = parts_.codec.Encode(outcome);
      next.state = ReorganizationState::kEffective;
      next.ended = txn.now();
    }
    const absl::CivilDay today = parts_.calendar.Today();
    StructureChange closing(txn, parts_.rules.On(today), today, today, AuthorityOf(call));
    for (const std::string& name : ClosedBy(plan.steps)) RONGHE_RETURN_IF_ERROR(closing.Close(name).status());
    RONGHE_ASSIGN_OR_RETURN(result, txn.Record(next));
    txn.Remember(result->name());
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(parts_.store.Write(call, false, body).status());
  return *std::move(result);
}

absl::StatusOr<Reorganization> ReorganizationApp::Get(const common::Call& call, int64_t id) {
  std::optional<Reorganization> found;
  RONGHE_RETURN_IF_ERROR(parts_.store.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, reader.FindReorganization(id));
    return absl::OkStatus();
  }));
  if (!found || !parts_.tree.Covers(call.scope, found->owner)) {
    return common::NotFound(fmt::format("reorganizations/{}", id));
  }
  return *std::move(found);
}

absl::StatusOr<common::Page<Reorganization>> ReorganizationApp::List(const common::Call& call,
                                                                     const ListReorganizationsQuery& query) {
  RONGHE_ASSIGN_OR_RETURN(const int size, common::PageSize(query.page_size));
  RONGHE_ASSIGN_OR_RETURN(const uint32_t states, StatesOf(query.filter));
  const std::string text = fmt::format("reorganizations\n{}\n{}", query.parent, query.filter);
  RONGHE_ASSIGN_OR_RETURN(const std::string position, common::ReadPageToken(parts_.signer, text, query.page_token));
  common::UnitUid under;
  if (query.parent != common::kAllUnits) {
    RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(query.parent, "parent"));
    const std::optional<TreeUnit> unit = parts_.tree.FindByCode(code);
    if (!unit) return common::NotFound(query.parent);
    under = unit->uid;
  }
  int64_t before = 0;
  std::from_chars(position.data(), position.data() + position.size(), before);
  common::Page<Reorganization> page;
  for (;;) {
    std::vector<Reorganization> some;
    RONGHE_RETURN_IF_ERROR(parts_.store.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(some, reader.Reorganizations(before, states, kBatch));
      return absl::OkStatus();
    }));
    for (Reorganization& one : some) {
      before = one.id;
      if (!parts_.tree.Covers(call.scope, one.owner)) continue;
      if (under && !parts_.tree.IsWithin(one.owner, under)) continue;
      page.items.push_back(std::move(one));
      if (static_cast<int>(page.items.size()) < size) continue;
      page.next = common::MakePageToken(parts_.signer, text, fmt::format("{}", before));
      return page;
    }
    if (static_cast<int>(some.size()) < kBatch) return page;
  }
}

absl::Status ReorganizationApp::Reopen(UnitTxn& txn, const Reorganization& ended) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<Step> steps, parts_.codec.Decode(ended.steps));
  const absl::CivilDay today = parts_.calendar.Today();
  StructureChange change(txn, parts_.rules.On(today), today, today, {.actor = ended.actor});
  for (const std::string& name : ClosedBy(steps)) RONGHE_RETURN_IF_ERROR(change.Reopen(name));
  return absl::OkStatus();
}

absl::StatusOr<Reorganization> ReorganizationApp::Cancel(const common::Call& call, int64_t id,
                                                         const WriteOptions& options) {
  RONGHE_RETURN_IF_ERROR(StartWith(options).ToStatus());
  const std::string name = fmt::format("reorganizations/{}", id);
  std::optional<Reorganization> result;
  const auto body = [&](UnitTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<DoneBefore> done, txn.Claim(options.key));
    RONGHE_ASSIGN_OR_RETURN(result, txn.FindReorganization(id));
    if (!result || !parts_.tree.Covers(call.scope, result->owner)) return common::NotFound(name);
    if (done) return absl::OkStatus();
    RONGHE_RETURN_IF_ERROR(CheckEtag(result->etag(), options.etag));
    RONGHE_ASSIGN_OR_RETURN(result->state, NextState(result->state, ReorganizationEvent::kCancel));
    RONGHE_RETURN_IF_ERROR(Reopen(txn, *result));
    result->ended = txn.now();
    RONGHE_ASSIGN_OR_RETURN(result, txn.Conclude(*result, true));
    txn.Remember(name);
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(parts_.store.Write(call, false, body).status());
  parts_.gate.MakeVisible(result->revision, call.deadline);
  return *std::move(result);
}

std::string ReorganizationApp::ParentFor(const EstablishStep& step, const std::vector<std::string>& sources) const {
  if (!step.parent.empty() || sources.empty()) return step.parent;
  const absl::StatusOr<std::string> code = CodeFromName(sources.front(), "sources");
  const std::optional<TreeUnit> source = code.ok() ? parts_.tree.FindByCode(*code) : std::nullopt;
  if (!source || !source->parent) return "";
  return "units/" + parts_.tree.CodeOf(source->parent);
}

absl::Status ReorganizationApp::TakeEffect(UnitTxn& txn, int64_t id) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<Reorganization> due, txn.FindReorganization(id));
  if (!due || due->state != ReorganizationState::kScheduled) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const std::vector<Step> steps, parts_.codec.Decode(due->steps));
  // The clock that fires timers may be ahead of ours.
  const absl::CivilDay today = std::max(parts_.calendar.Today(), due->day);
  ReorganizationOutcome outcome;
  const absl::CivilDay now = parts_.calendar.Today();
  if (due->day < parts_.rules.On(now).periods.OldestOpenDay(now)) {
    outcome.blockers.push_back(
        {-1, {"MONTH_CLOSED", due->name(), {"its month was closed before it could be done", "所在月份已结账"}}});
  } else {
    const absl::Status done = txn.Attempt([&]() -> absl::Status {
      StructureChange change(txn, parts_.rules.On(due->day), due->day, today, {.actor = due->actor});
      RONGHE_ASSIGN_OR_RETURN(outcome, change.Run(steps));
      return Refusal(outcome, true);
    });
    if (outcome.blockers.empty()) RONGHE_RETURN_IF_ERROR(done);
  }
  const bool failed = !outcome.blockers.empty();
  if (failed) {
    outcome.effects.clear();
    RONGHE_RETURN_IF_ERROR(Reopen(txn, *due));
  }
  RONGHE_ASSIGN_OR_RETURN(
      due->state, NextState(due->state, failed ? ReorganizationEvent::kFail : ReorganizationEvent::kTakeEffect));
  due->outcome = parts_.codec.Encode(outcome);
  due->ended = txn.now();
  return txn.Conclude(*due, false).status();
}

absl::StatusOr<common::UnitUid> ReorganizationApp::OwnerOf(std::string_view name, int64_t id, absl::Time deadline) {
  std::optional<Reorganization> found;
  RONGHE_RETURN_IF_ERROR(parts_.store.Read(deadline, [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, reader.FindReorganization(id));
    return absl::OkStatus();
  }));
  if (!found) return common::NotFound(std::string(name));
  return found->owner;
}

}  // namespace ronghe::organization
