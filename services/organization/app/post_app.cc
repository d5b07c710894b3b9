#include "services/organization/app/post_app.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/organization/app/post_app_impl.h"

namespace ronghe::organization {
namespace {

PostFields Merge(const StoredPost& post, const PostApp::PostChanges& changes, common::Violations& violations) {
  PostFields merged{static_cast<int>(post.kind), post.title, post.seats};
  if (changes.mask.empty()) {
    if (!changes.fields.title.empty()) merged.title = changes.fields.title;
    if (changes.fields.seats != 0) merged.seats = changes.fields.seats;
    return merged;
  }
  for (const std::string& path : changes.mask) {
    if (path == "title" || path == "*") merged.title = changes.fields.title;
    if (path == "seats" || path == "*") merged.seats = changes.fields.seats;
    if (path == "title" || path == "seats" || path == "*") continue;
    violations.Add("update_mask", "NOT_UPDATABLE", {"only title and seats can be changed", "仅可修改职务名称和职数"});
  }
  return merged;
}

}  // namespace

absl::StatusOr<StoredAppointment> EndOn(PostTxn& txn, StoredAppointment appointment, absl::CivilDay day,
                                        EndReason reason) {
  RONGHE_ASSIGN_OR_RETURN(appointment.state,
                          NextState(appointment.state, AppointmentEvent::kEnd, NameOf(appointment.id)));
  appointment.days.until = std::max(day, appointment.days.from);
  appointment.end_reason = reason;
  return txn.Replace(appointment);
}

absl::Status EndPostsOfMember(PostTxn& txn, MemberId member, common::UnitUid to, absl::CivilDay day) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredAppointment> appointments, txn.AppointmentsOf(member));
  for (StoredAppointment& appointment : appointments) {
    if (appointment.state != AppointmentState::kActive) continue;
    if (to) {
      if (appointment.basis != AppointmentBasis::kElected) continue;
      RONGHE_ASSIGN_OR_RETURN(const bool stays, txn.IsWithin(to, appointment.info.unit));
      if (stays) continue;
    }
    RONGHE_RETURN_IF_ERROR(EndOn(txn, std::move(appointment), day, EndReason::kMemberLeft).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredPost> PostApp::GetPost(const common::Call& call, const std::string& name) {
  return FindVisibleRecord<StoredPost, PostId>(store_, tree_, call, name);
}
absl::StatusOr<StoredTerm> PostApp::GetTerm(const common::Call& call, const std::string& name) {
  return FindVisibleRecord<StoredTerm, TermId>(store_, tree_, call, name);
}
absl::StatusOr<StoredAppointment> PostApp::GetAppointment(const common::Call& call, const std::string& name) {
  return FindVisibleRecord<StoredAppointment, AppointmentId>(store_, tree_, call, name);
}

absl::StatusOr<common::UnitUid> PostApp::OwnerOfPost(std::string_view name, int64_t id, absl::Time deadline) {
  return OwnerOfRecord(store_, name, PostId(id), deadline);
}
absl::StatusOr<common::UnitUid> PostApp::OwnerOfTerm(std::string_view name, int64_t id, absl::Time deadline) {
  return OwnerOfRecord(store_, name, TermId(id), deadline);
}
absl::StatusOr<common::UnitUid> PostApp::OwnerOfAppointment(std::string_view name, int64_t id, absl::Time deadline) {
  return OwnerOfRecord(store_, name, AppointmentId(id), deadline);
}

absl::StatusOr<StoredPost> PostApp::CreatePost(const common::Call& call, const std::string& unit_name,
                                               const PostFields& fields, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  CheckPostFields(fields, "post.", violations);
  const absl::CivilDay from = DayOf(options, "post.start_date", violations);
  RONGHE_ASSIGN_OR_RETURN(const TreeUnit unit, VisibleUnit(tree_, call, unit_name, "post.unit", std::move(violations)));
  auto create = [&](PostTxn& txn, std::string& remember) -> absl::StatusOr<StoredPost> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(unit.uid));
    if (!at) return common::NotFound(unit_name);
    std::vector<common::Blocker> blockers;
    if (at->state != UnitState::kActive) {
      blockers.push_back({"UNIT_DISSOLVED", unit_name, {"the unit is dissolved", "该组织已撤销"}});
    }
    if (!IsOrganization(at->kind)) {
      blockers.push_back({"NO_ORGANIZATION", unit_name, {"a statistical group has no posts", "统计汇总不设职务"}});
    }
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredPost> posts, txn.PostsOf(unit.uid));
    for (const StoredPost& post : posts) {
      const bool both = post.kind == PostKind::kSecretary && fields.kind == static_cast<int>(PostKind::kSecretary);
      if (!both || post.state != PostState::kActive) continue;
      blockers.push_back(
          {"SECRETARY_EXISTS", NameOf(post.id), {"the unit has a post of secretary already", "该组织已设书记职务"}});
    }
    RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
    StoredPost post;
    post.info.unit = unit.uid;
    post.kind = static_cast<PostKind>(fields.kind);
    post.title = fields.title;
    post.seats = fields.seats;
    post.days.from = from;
    RONGHE_ASSIGN_OR_RETURN(post, txn.Insert(std::move(post)));
    remember = NameOf(post.id);
    return post;
  };
  return RunWrite<StoredPost>(store_, unit.partition, call, options, create, SameRecord<StoredPost, PostId, PostTxn>);
}

absl::StatusOr<StoredPost> PostApp::UpdatePost(const common::Call& call, const std::string& name,
                                               const PostChanges& changes, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<PostId>(name, "post.name", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunOn<StoredPost>(
      call, name, id, options, [&](PostTxn& txn, const StoredPost& before) -> absl::StatusOr<StoredPost> {
        StoredPost after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, PostEvent::kUpdate, name));
        common::Violations faults;
        const PostFields fields = Merge(before, changes, faults);
        CheckPostFields(fields, "post.", faults);
        RONGHE_RETURN_IF_ERROR(faults.ToStatus());
        if (fields.seats < before.filled) {
          return RefuseFor(
              {{"SEATS_TAKEN",
                name,
                {fmt::format("{} seats are taken", before.filled), fmt::format("现有 {} 人在任", before.filled)}}});
        }
        after.title = fields.title;
        after.seats = fields.seats;
        if (after.title == before.title && after.seats == before.seats) return before;
        return txn.Replace(after);
      });
}

absl::StatusOr<StoredPost> PostApp::AbolishPost(const common::Call& call, const std::string& name,
                                                const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<PostId>(name, "name", violations);
  const absl::CivilDay day = DayOf(options, "end_date", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunOn<StoredPost>(
      call, name, id, options, [&](PostTxn& txn, const StoredPost& before) -> absl::StatusOr<StoredPost> {
        StoredPost after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, PostEvent::kAbolish, name));
        if (day < before.days.from) {
          return common::InvalidArgument("end_date", "BEFORE_START", {"lies before the first day", "早于设置日期"});
        }
        std::vector<common::Blocker> blockers;
        RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredAppointment> appointments,
                                txn.AppointmentsOf(before.info.unit));
        for (const StoredAppointment& appointment : appointments) {
          if (appointment.post != id) continue;
          const bool active = appointment.state == AppointmentState::kActive;
          if (!active && appointment.days.until <= day) continue;
          blockers.push_back({"HAS_APPOINTMENTS",
                              NameOf(appointment.id),
                              {"somebody holds the post on that day or later", "该日或之后仍有人任职"}});
        }
        RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
        after.days.until = day;
        return txn.Replace(after);
      });
}

absl::Status PostApp::UnitEnded(PostTxn& txn, common::UnitUid unit) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(unit));
  if (!at || at->state == UnitState::kActive) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredAppointment> appointments, txn.AppointmentsOf(unit));
  for (StoredAppointment& appointment : appointments) {
    if (appointment.state != AppointmentState::kActive) continue;
    RONGHE_RETURN_IF_ERROR(EndOn(txn, std::move(appointment), at->from, EndReason::kUnitDissolved).status());
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredPost> posts, txn.PostsOf(unit));
  for (StoredPost& post : posts) {
    if (post.state != PostState::kActive) continue;
    post.state = PostState::kAbolished;
    post.days.until = std::max(at->from, post.days.from);
    RONGHE_RETURN_IF_ERROR(txn.Replace(post).status());
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredTerm> terms, txn.TermsOf(unit));
  for (StoredTerm& term : terms) {
    if (term.state == TermState::kEnded) continue;
    const absl::CivilDay day = std::max(at->from, term.dates.start);
    RONGHE_RETURN_IF_ERROR(Finish(txn, std::move(term), TermEvent::kEnd, day).status());
  }
  return absl::OkStatus();
}

}  // namespace ronghe::organization
