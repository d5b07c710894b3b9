#include <algorithm>

#include <fmt/format.h>

#include "services/organization/app/post_app_impl.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxElected = 100;

constexpr auto SameTerm = SameRecord<StoredTerm, TermId, PostTxn>;

std::string DayText(absl::CivilDay day) {
  return fmt::format("{}-{:02}-{:02}", day.year(), day.month(), day.day());
}

void RequireDay(const std::optional<absl::CivilDay>& day, std::string_view field, common::Violations& violations) {
  if (!day) violations.Add(std::string(field), "REQUIRED", {"is required", "必填"});
}

}  // namespace

absl::StatusOr<StoredTerm> PostApp::Begin(PostTxn& txn, common::UnitUid unit, int number, int years,
                                          absl::CivilDay start) {
  StoredTerm term;
  term.info.unit = unit;
  term.number = number;
  term.dates = TermDates::Of(start, years, rules_.On(start).terms);
  term.state = term.dates.StateOn(calendar_.Today());
  return txn.Insert(std::move(term));
}

absl::StatusOr<StoredTerm> PostApp::Finish(PostTxn& txn, StoredTerm term, TermEvent event, absl::CivilDay day) {
  RONGHE_ASSIGN_OR_RETURN(term.state, NextState(term.state, event, NameOf(term.id)));
  term.end = day;
  return txn.Replace(term);
}

absl::StatusOr<StoredTerm> PostApp::CreateTerm(const common::Call& call, const std::string& unit_name, int number,
                                               const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  RequireDay(options.effective, "term.start_date", violations);
  const absl::CivilDay start = DayOf(options, "term.start_date", violations);
  if (number < 0 || number > 1000) {
    violations.Add("term.number", "OUT_OF_RANGE", {"must be between 1 and 1000", "应在 1 至 1000 之间"});
  }
  RONGHE_ASSIGN_OR_RETURN(const TreeUnit unit, VisibleUnit(tree_, call, unit_name, "term.unit", std::move(violations)));
  auto create = [&](PostTxn& txn, std::string& remember) -> absl::StatusOr<StoredTerm> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(unit.uid));
    if (!at) return common::NotFound(unit_name);
    const int years = rules_.On(start).terms.YearsOf(at->kind, at->sector);
    std::vector<common::Blocker> blockers;
    if (at->state != UnitState::kActive) {
      blockers.push_back({"UNIT_DISSOLVED", unit_name, {"the unit is dissolved", "该组织已撤销"}});
    }
    if (years == 0) {
      blockers.push_back(
          {"NO_TERMS", unit_name, {"the rules give no terms to units of this kind", "规则未规定此类组织的任期"}});
    }
    int last = 0;
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredTerm> terms, txn.TermsOf(unit.uid));
    for (const StoredTerm& term : terms) {
      last = std::max(last, term.number);
      if (term.state != TermState::kEnded) {
        blockers.push_back(
            {"HAS_TERM",
             NameOf(term.id),
             {"the unit has a term; the next one begins with an election", "该组织已有任期，换届后产生下一届"}});
      } else if (start < term.end.value_or(term.dates.start)) {
        blockers.push_back(
            {"BEFORE_LAST_TERM", NameOf(term.id), {"an earlier term ended later", "早于上一届的结束日期"}});
      }
      if (number != 0 && term.number >= number) {
        blockers.push_back({"NUMBER_USED", NameOf(term.id), {"the numbers of terms ascend", "届次应递增"}});
      }
    }
    RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
    RONGHE_ASSIGN_OR_RETURN(StoredTerm term, Begin(txn, unit.uid, number == 0 ? last + 1 : number, years, start));
    remember = NameOf(term.id);
    return term;
  };
  return RunWrite<StoredTerm>(store_, unit.partition, call, options, create, SameTerm);
}

absl::StatusOr<StoredTerm> PostApp::PlanElection(const common::Call& call, const std::string& name,
                                                 const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<TermId>(name, "name", violations);
  RequireDay(options.effective, "planned_date", violations);
  if (options.effective && *options.effective < calendar_.Today()) {
    violations.Add("planned_date", "IN_PAST", {"must not be in the past", "不能早于今天"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunOn<StoredTerm>(call, name, id, options,
                           [&](PostTxn& txn, const StoredTerm& before) -> absl::StatusOr<StoredTerm> {
                             StoredTerm after = before;
                             RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, TermEvent::kPlan, name));
                             after.election = ElectionState::kPlanned;
                             after.planned = options.effective;
                             return txn.Replace(after);
                           });
}

absl::StatusOr<StoredTerm> PostApp::ExtendTerm(const common::Call& call, const std::string& name,
                                               const Extension& extension, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<TermId>(name, "name", violations);
  RequireDay(options.effective, "due_date", violations);
  if (extension.reason < 1 || extension.reason > static_cast<int>(ExtensionReason::kOther)) {
    violations.Add("reason", extension.reason == 0 ? "REQUIRED" : "UNKNOWN_VALUE",
                   {"must be one of the known reasons", "应为已知的延期原因"});
  }
  CheckDocument("document", extension.document, true, violations);
  RONGHE_ASSIGN_OR_RETURN(const TreeUnit approver,
                          VisibleUnit(tree_, call, extension.approver, "approver", std::move(violations)));
  const absl::CivilDay due = *options.effective;
  return RunOn<StoredTerm>(
      call, name, id, options, [&](PostTxn& txn, const StoredTerm& before) -> absl::StatusOr<StoredTerm> {
        const TermRules& rules = rules_.On(before.dates.start).terms;
        StoredTerm after = before;
        after.dates = before.dates.ExtendedTo(due, rules);
        const bool near = after.dates.StateOn(calendar_.Today()) != TermState::kCurrent;
        RONGHE_ASSIGN_OR_RETURN(after.state,
                                NextState(before.state, near ? TermEvent::kExtendNear : TermEvent::kExtendFar, name));
        common::Violations faults;
        if (due <= before.dates.due || due < calendar_.Today()) {
          faults.Add(
              "due_date", "NOT_LATER",
              {"must be later than the present last day, and not in the past", "应晚于当前届满日期且不早于今天"});
        }
        const absl::CivilDay latest = before.dates.LatestDue(rules);
        if (due > latest) {
          faults.Add("due_date", "TOO_LONG",
                     {"the rules allow no later day than " + DayText(latest), "按规定最迟可延至 " + DayText(latest)});
        }
        RONGHE_ASSIGN_OR_RETURN(const bool above, txn.IsWithin(before.info.unit, approver.uid));
        if (!above || approver.uid == before.info.unit) {
          faults.Add("approver", "NOT_ABOVE", {"must be a unit above that of the term", "应为该组织的上级组织"});
        }
        RONGHE_RETURN_IF_ERROR(faults.ToStatus());
        after.extension_reason = extension.reason;
        after.extension_approver = approver.uid;
        after.extension_document = extension.document;
        return txn.Replace(after);
      });
}

absl::StatusOr<StoredTerm> PostApp::EndTerm(const common::Call& call, const std::string& name,
                                            const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<TermId>(name, "name", violations);
  const absl::CivilDay day = DayOf(options, "end_date", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunOn<StoredTerm>(
      call, name, id, options, [&](PostTxn& txn, const StoredTerm& before) -> absl::StatusOr<StoredTerm> {
        if (day < before.dates.start) {
          return common::InvalidArgument("end_date", "BEFORE_START", {"lies before the first day", "早于任期起始"});
        }
        return Finish(txn, before, TermEvent::kEnd, day);
      });
}

absl::StatusOr<PostApp::ElectionOutcome> PostApp::RecordElection(const common::Call& call, const std::string& name,
                                                                 const Election& election,
                                                                 const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<TermId>(name, "name", violations);
  const absl::CivilDay day = DayOf(options, "held_date", violations);
  CheckDocument("document", election.document, false, violations);
  if (!election.valid && !election.elected.empty()) {
    violations.Add("elected", "NOT_ALLOWED", {"nobody was elected", "选举未成功，不应有当选人"});
  }
  if (election.elected.size() > kMaxElected) {
    violations.Add("elected", "TOO_MANY", {"holds more than 100", "超过 100 人"});
  }
  for (size_t i = 0; i < election.elected.size() && i < kMaxElected; ++i) {
    ReadId<PostId>(election.elected[i].post, fmt::format("elected[{}].post", i), violations);
    if (!MemberIdOf(election.elected[i].member)) {
      violations.Add(fmt::format("elected[{}].member", i), "BAD_NAME",
                     {"must have the form members/{number}", "格式应为 members/{数字}"});
    }
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  auto record = [&](PostTxn& txn, std::string& remember) -> absl::StatusOr<ElectionOutcome> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredTerm> term, txn.Find(id));
    if (!term || !tree_.Covers(call.scope, term->info.unit)) return common::NotFound(name);
    RONGHE_RETURN_IF_ERROR(CheckEtag(EtagOf(term->info), options.etag));
    remember = name;
    return Elect(txn, *term, election, day);
  };
  auto again = [&](PostTxn& txn, const std::string& done) -> absl::StatusOr<ElectionOutcome> {
    ElectionOutcome outcome;
    RONGHE_ASSIGN_OR_RETURN(outcome.term, SameTerm(txn, done));
    if (!election.valid) return outcome;
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredTerm> terms, txn.TermsOf(outcome.term.info.unit));
    for (const StoredTerm& term : terms) {
      if (term.number == outcome.term.number + 1) outcome.next = term;
    }
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredAppointment> all, txn.AppointmentsOf(outcome.term.info.unit));
    for (const StoredAppointment& one : all) {
      const bool elected = outcome.next && one.term == outcome.next->id && one.days.from == outcome.next->dates.start;
      if (elected && outcome.appointments.size() < election.elected.size()) outcome.appointments.push_back(one);
    }
    return outcome;
  };
  std::vector<common::PartitionId> also;
  for (const Election::Elected& elected : election.elected) {
    also.push_back(common::PartitionOf(MemberIdOf(elected.member)->value));
  }
  return RunWrite<ElectionOutcome>(store_, common::PartitionOf(id.value), call, options, record, again, also);
}

absl::StatusOr<PostApp::ElectionOutcome> PostApp::Elect(PostTxn& txn, const StoredTerm& term, const Election& election,
                                                        absl::CivilDay day) {
  if (day < term.dates.start + (election.valid ? 1 : 0)) {
    return common::InvalidArgument("held_date", "BEFORE_START",
                                   {"must be later than the first day of the term", "应晚于本届任期起始"});
  }
  ElectionOutcome outcome;
  outcome.term = term;
  outcome.term.held = day;
  if (!election.valid) {
    RONGHE_ASSIGN_OR_RETURN(outcome.term.state, NextState(term.state, TermEvent::kFail, NameOf(term.id)));
    outcome.term.election = ElectionState::kFailed;
    RONGHE_ASSIGN_OR_RETURN(outcome.term, txn.Replace(outcome.term));
    return outcome;
  }
  outcome.term.election = ElectionState::kHeld;
  RONGHE_ASSIGN_OR_RETURN(outcome.term, Finish(txn, outcome.term, TermEvent::kElect, day));
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(term.info.unit));
  if (!at) return common::NotFound(NameOf(term.id));
  const int years = rules_.On(day).terms.YearsOf(at->kind, at->sector);
  if (years == 0) {
    return RefuseFor({{"NO_TERMS",
                       "units/" + at->code,
                       {"the rules give no terms to units of this kind", "规则未规定此类组织的任期"}}});
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredAppointment> old, txn.AppointmentsOf(term.info.unit));
  for (StoredAppointment& one : old) {
    if (one.state != AppointmentState::kActive || one.basis != AppointmentBasis::kElected) continue;
    RONGHE_RETURN_IF_ERROR(EndOn(txn, std::move(one), day, EndReason::kTermEnded).status());
  }
  RONGHE_ASSIGN_OR_RETURN(outcome.next, Begin(txn, term.info.unit, term.number + 1, years, day));
  std::vector<common::Blocker> blockers;
  for (const Election::Elected& elected : election.elected) {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredPost> post, txn.Find(PostId(IdFromName(elected.post, "posts"))));
    if (!post || post->info.unit != term.info.unit) {
      blockers.push_back({"OTHER_UNIT", elected.post, {"is no post of this unit", "不是该组织的职务"}});
      continue;
    }
    StoredAppointment made;
    made.info.unit = post->info.unit;
    made.post = post->id;
    made.kind = post->kind;
    made.member = *MemberIdOf(elected.member);
    made.basis = AppointmentBasis::kElected;
    made.document = election.document;
    made.days.from = day;
    const Candidate candidate{*post, made.member, made.basis, day, outcome.next->id};
    RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Blocker> found, Blockers(txn, candidate, made.term));
    blockers.insert(blockers.end(), found.begin(), found.end());
    if (!found.empty()) continue;
    RONGHE_ASSIGN_OR_RETURN(made, txn.Insert(std::move(made)));
    outcome.appointments.push_back(std::move(made));
  }
  RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
  return outcome;
}

absl::Status PostApp::TermDue(PostTxn& txn, TermId id, absl::Time due) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredTerm> term, txn.Find(id));
  if (!term || term->state == TermState::kEnded) return absl::OkStatus();
  const TermState now = term->dates.StateOn(absl::CivilDay(absl::ToCivilSecond(due, calendar_.zone())));
  if (now == TermState::kCurrent || now == term->state) return txn.Replace(*term).status();  // sets the timer anew
  const TermEvent event = now == TermState::kOverdue ? TermEvent::kPass : TermEvent::kApproach;
  RONGHE_ASSIGN_OR_RETURN(term->state, NextState(term->state, event, NameOf(id)));
  return txn.Replace(*term).status();
}

}  // namespace ronghe::organization
