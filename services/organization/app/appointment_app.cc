#include <algorithm>

#include <fmt/format.h>

#include "services/organization/app/post_app_impl.h"

namespace ronghe::organization {
namespace {

// The most that sit in the post on one and the same day of `span`. Occupation rises only where somebody begins.
int MostOn(const std::vector<StoredAppointment>& all, PostId post, const DaySpan& span) {
  std::vector<const StoredAppointment*> within;
  for (const StoredAppointment& one : all) {
    if (one.post == post && one.days.Overlaps(span)) within.push_back(&one);
  }
  auto on = [&](absl::CivilDay day) {
    return static_cast<int>(std::count_if(within.begin(), within.end(),
                                          [&](const StoredAppointment* one) { return one->days.Holds(day); }));
  };
  int most = on(span.from);
  for (const StoredAppointment* one : within) {
    if (one->days.from > span.from) most = std::max(most, on(one->days.from));
  }
  return most;
}

}  // namespace

absl::Status PostApp::PersonBlockers(PostTxn& txn, const Candidate& candidate, std::vector<common::Blocker>& blockers) {
  const std::string member = MemberName(candidate.member);
  RONGHE_ASSIGN_OR_RETURN(const std::optional<MemberFacts> person, txn.FindMember(candidate.member));
  if (!person) {
    blockers.push_back({"OTHER_COUNTY",
                        member,
                        {"the member is of another county, or none any longer", "该党员属于其他县或已不在册"}});
    return absl::OkStatus();
  }
  if (!person->full() || (person->full_since && candidate.from < *person->full_since)) {
    blockers.push_back({"NOT_FULL_MEMBER", member, {"is no full member on that day", "当日不是正式党员"}});
  }
  if (candidate.basis != AppointmentBasis::kElected) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const bool within, txn.IsWithin(person->unit, candidate.post.info.unit));
  if (!within) {
    blockers.push_back(
        {"NOT_OF_UNIT", member, {"belongs to no unit at or below that of the post", "不属于该组织或其下级组织"}});
  }
  return absl::OkStatus();
}

absl::Status PostApp::OverlapBlockers(PostTxn& txn, const Candidate& candidate,
                                      std::vector<common::Blocker>& blockers) {
  const StoredPost& post = candidate.post;
  const DaySpan span{candidate.from, std::nullopt};
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredAppointment> here, txn.AppointmentsOf(post.info.unit));
  if (MostOn(here, post.id, span) >= post.seats) {
    for (const StoredAppointment& one : here) {
      if (one.post != post.id || !one.days.Overlaps(span)) continue;
      blockers.push_back(
          {"POST_FULL", NameOf(one.id), {"takes a seat of the post on that day or later", "该日或之后占用此职务"}});
    }
  }
  int secretary = 0;
  std::vector<common::Blocker> elsewhere;
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredAppointment> own, txn.AppointmentsOf(candidate.member));
  for (const StoredAppointment& one : own) {
    if (!one.days.Overlaps(span)) continue;
    if (one.info.unit == post.info.unit) {
      blockers.push_back({"HOLDS_POST_HERE",
                          NameOf(one.id),
                          {"the person holds a post of this unit on that day or later", "该日或之后已在本组织任职"}});
    } else if (one.kind == PostKind::kSecretary && post.kind == PostKind::kSecretary) {
      ++secretary;
      elsewhere.push_back(
          {"SECRETARY_ELSEWHERE", NameOf(one.id), {"the person is secretary of another unit", "已任其他组织书记"}});
    }
  }
  if (secretary >= rules_.On(candidate.from).posts.max_secretary_posts) {
    blockers.insert(blockers.end(), elsewhere.begin(), elsewhere.end());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<common::Blocker>> PostApp::Blockers(PostTxn& txn, const Candidate& candidate, TermId& term) {
  const StoredPost& post = candidate.post;
  std::vector<common::Blocker> blockers;
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(post.info.unit));
  if (!at) return common::NotFound(NameOf(post.id));
  if (at->state != UnitState::kActive) {
    blockers.push_back({"UNIT_DISSOLVED", "units/" + at->code, {"the unit is dissolved", "该组织已撤销"}});
  }
  const absl::Status fill = NextState(post.state, PostEvent::kFill, NameOf(post.id)).status();
  for (const common::Blocker& blocker : common::BlockersOf(fill)) blockers.push_back(blocker);
  if (candidate.from < post.days.from) {
    blockers.push_back({"BEFORE_POST", NameOf(post.id), {"lies before the first day of the post", "早于职务设置日期"}});
  }
  if (candidate.term) term = *candidate.term;
  const bool has_terms = rules_.On(candidate.from).terms.YearsOf(at->kind, at->sector) > 0;
  if (!candidate.term && has_terms) {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredTerm> terms, txn.TermsOf(post.info.unit));
    const auto running =
        std::find_if(terms.begin(), terms.end(), [](const StoredTerm& one) { return one.state != TermState::kEnded; });
    const bool elected = candidate.basis == AppointmentBasis::kElected;
    if (running != terms.end() && running->dates.start <= candidate.from) {
      term = running->id;
    } else if (elected && running != terms.end()) {
      blockers.push_back({"BEFORE_TERM", NameOf(running->id), {"lies before the running term", "早于本届任期起始"}});
    } else if (elected) {
      blockers.push_back({"NO_TERM", "units/" + at->code, {"the unit has no running term", "该组织没有当前任期"}});
    }
  }
  RONGHE_RETURN_IF_ERROR(PersonBlockers(txn, candidate, blockers));
  RONGHE_RETURN_IF_ERROR(OverlapBlockers(txn, candidate, blockers));
  return blockers;
}

absl::StatusOr<StoredAppointment> PostApp::CreateAppointment(const common::Call& call, const NewAppointment& fields,
                                                             const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto post_id = ReadId<PostId>(fields.post, "appointment.post", violations);
  const std::optional<MemberId> member = MemberIdOf(fields.member);
  if (!member) {
    violations.Add("appointment.member", fields.member.empty() ? "REQUIRED" : "BAD_NAME",
                   {"must have the form members/{number}", "格式应为 members/{数字}"});
  }
  const bool known = fields.basis == static_cast<int>(AppointmentBasis::kElected) ||
                     fields.basis == static_cast<int>(AppointmentBasis::kAppointed);
  if (!known) {
    violations.Add("appointment.basis", fields.basis == 0 ? "REQUIRED" : "UNKNOWN_VALUE",
                   {"must be ELECTED or APPOINTED", "应为选举或任命"});
  }
  CheckDocument("appointment.document", fields.document, false, violations);
  const absl::CivilDay from = DayOf(options, "appointment.start_date", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  auto create = [&](PostTxn& txn, std::string& remember) -> absl::StatusOr<StoredAppointment> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredPost> post, txn.Find(post_id));
    if (!post || !tree_.Covers(call.scope, post->info.unit)) return common::NotFound(fields.post);
    StoredAppointment made;
    made.info.unit = post->info.unit;
    made.post = post->id;
    made.kind = post->kind;
    made.member = *member;
    made.basis = static_cast<AppointmentBasis>(fields.basis);
    made.document = fields.document;
    made.days.from = from;
    const Candidate candidate{*post, *member, made.basis, from, std::nullopt};
    RONGHE_ASSIGN_OR_RETURN(std::vector<common::Blocker> blockers, Blockers(txn, candidate, made.term));
    RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
    RONGHE_ASSIGN_OR_RETURN(made, txn.Insert(std::move(made)));
    remember = NameOf(made.id);
    return made;
  };
  const common::PartitionId also[] = {common::PartitionOf(member->value)};
  return RunWrite<StoredAppointment>(store_, common::PartitionOf(post_id.value), call, options, create,
                                     SameRecord<StoredAppointment, AppointmentId, PostTxn>, also);
}

absl::StatusOr<StoredAppointment> PostApp::EndAppointment(const common::Call& call, const std::string& name, int reason,
                                                          const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<AppointmentId>(name, "name", violations);
  const absl::CivilDay day = DayOf(options, "end_date", violations);
  if (!IsGivenByCallers(static_cast<EndReason>(reason))) {
    violations.Add("reason", reason == 0 ? "REQUIRED" : "UNKNOWN_VALUE",
                   {"must be RESIGNED, REMOVED, REASSIGNED or CORRECTED", "应为辞职、免职、工作调动或登记更正"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunOn<StoredAppointment>(
      call, name, id, options, [&](PostTxn& txn, const StoredAppointment& before) -> absl::StatusOr<StoredAppointment> {
        if (day < before.days.from) {
          return common::InvalidArgument("end_date", "BEFORE_START", {"lies before the first day", "早于任职日期"});
        }
        // What was recorded by mistake has never been.
        const bool never = reason == static_cast<int>(EndReason::kCorrected);
        return EndOn(txn, before, never ? before.days.from : day, static_cast<EndReason>(reason));
      });
}

}  // namespace ronghe::organization
