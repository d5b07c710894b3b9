#include "services/organization/storage/sql_post_txn.h"

#include "services/common/timer/timer.h"
#include "services/common/values/status.h"
#include "services/organization/storage/count_rollup.h"
#include "services/organization/storage/post_rows.h"

namespace ronghe::organization {
namespace {

PostCounts CountsOf(const StoredPost& post) {
  return {0, 0, post.vacant()};
}
PostCounts CountsOf(const StoredTerm& term) {
  return {term.state == TermState::kExpiring ? 1 : 0, term.state == TermState::kOverdue ? 1 : 0, 0};
}

}  // namespace

absl::StatusOr<std::optional<StoredPost>> SqlPostTxn::Find(PostId id) {
  return SelectRecord(txn_.session(), id);
}
absl::StatusOr<std::optional<StoredTerm>> SqlPostTxn::Find(TermId id) {
  return SelectRecord(txn_.session(), id);
}
absl::StatusOr<std::optional<StoredAppointment>> SqlPostTxn::Find(AppointmentId id) {
  return SelectRecord(txn_.session(), id);
}
absl::StatusOr<std::vector<StoredPost>> SqlPostTxn::PostsOf(common::UnitUid unit) {
  return SelectPosts(txn_.session(), partition(), unit);
}
absl::StatusOr<std::vector<StoredTerm>> SqlPostTxn::TermsOf(common::UnitUid unit) {
  return SelectTerms(txn_.session(), partition(), unit);
}
absl::StatusOr<std::vector<StoredAppointment>> SqlPostTxn::AppointmentsOf(common::UnitUid unit) {
  return SelectAppointments(txn_.session(), partition(), unit);
}
absl::StatusOr<std::vector<StoredAppointment>> SqlPostTxn::AppointmentsOf(MemberId member) {
  return SelectAppointments(txn_.session(), partition(), member);
}

void SqlPostTxn::Log(common::ChangeKind kind, std::string name, const RecordInfo& info, const PostCounts& before,
                     const PostCounts& after) {
  UnitCounts counted_before;
  counted_before.posts = before;
  UnitCounts counted_after;
  counted_after.posts = after;
  common::RollupChange change;
  change.amounts.push_back(CountChange(info.unit, counted_before, counted_after));
  txn_.Log({kind, std::move(name), info.unit, common::UnitUid(), EtagOf(info), common::EncodeRollup(change)});
}

absl::Status SqlPostTxn::SetTermTimer(const StoredTerm& term) {
  std::optional<absl::CivilDay> next;
  if (term.state == TermState::kCurrent) next = term.dates.expiring;
  if (term.state == TermState::kExpiring) next = term.dates.due + 1;
  if (!next) return common::ClearTimer(txn_, kTermTimer, term.id.value);
  return common::SetTimer(txn_, kTermTimer, term.id.value, absl::FromCivil(*next, zone_));
}

absl::Status SqlPostTxn::Fill(PostId id, int change, PostCounts& before, PostCounts& after) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredPost> post, Find(id));
  if (!post) return common::Internal("an appointment without a post");
  before = CountsOf(*post);
  post->filled += change;
  after = CountsOf(*post);
  return AddFilled(txn_.session(), id, change);
}

absl::StatusOr<StoredPost> SqlPostTxn::Insert(StoredPost post) {
  post.id = PostId(txn_.NewId());
  post.info = Next(post.info);
  RONGHE_RETURN_IF_ERROR(InsertRecord(txn_.session(), post));
  Log(common::ChangeKind::kCreated, NameOf(post.id), post.info, {}, CountsOf(post));
  return post;
}

absl::StatusOr<StoredTerm> SqlPostTxn::Insert(StoredTerm term) {
  term.id = TermId(txn_.NewId());
  term.info = Next(term.info);
  RONGHE_RETURN_IF_ERROR(InsertRecord(txn_.session(), term));
  Log(common::ChangeKind::kCreated, NameOf(term.id), term.info, {}, CountsOf(term));
  RONGHE_RETURN_IF_ERROR(SetTermTimer(term));
  return term;
}

absl::StatusOr<StoredAppointment> SqlPostTxn::Insert(StoredAppointment appointment) {
  appointment.id = AppointmentId(txn_.NewId());
  appointment.info = Next(appointment.info);
  PostCounts before;
  PostCounts after;
  RONGHE_RETURN_IF_ERROR(Fill(appointment.post, 1, before, after));
  RONGHE_RETURN_IF_ERROR(InsertRecord(txn_.session(), appointment));
  Log(common::ChangeKind::kCreated, NameOf(appointment.id), appointment.info, before, after);
  return appointment;
}

absl::StatusOr<StoredPost> SqlPostTxn::Replace(const StoredPost& changed) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredPost> before, Find(changed.id));
  if (!before) return common::Internal("Replace of a post that is not there");
  StoredPost after = changed;
  after.filled = before->filled;
  after.info = Next(changed.info);
  RONGHE_RETURN_IF_ERROR(UpdateRecord(txn_.session(), after));
  Log(common::ChangeKind::kUpdated, NameOf(after.id), after.info, CountsOf(*before), CountsOf(after));
  return after;
}

absl::StatusOr<StoredTerm> SqlPostTxn::Replace(const StoredTerm& changed) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredTerm> before, Find(changed.id));
  if (!before) return common::Internal("Replace of a term that is not there");
  StoredTerm after = changed;
  after.info = Next(changed.info);
  RONGHE_RETURN_IF_ERROR(UpdateRecord(txn_.session(), after));
  Log(common::ChangeKind::kUpdated, NameOf(after.id), after.info, CountsOf(*before), CountsOf(after));
  RONGHE_RETURN_IF_ERROR(SetTermTimer(after));
  return after;
}

absl::StatusOr<StoredAppointment> SqlPostTxn::Replace(const StoredAppointment& changed) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredAppointment> before, Find(changed.id));
  if (!before) return common::Internal("Replace of an appointment that is not there");
  StoredAppointment after = changed;
  after.info = Next(changed.info);
  PostCounts vacant_before;
  PostCounts vacant_after;
  const int change =
      (after.state == AppointmentState::kActive ? 1 : 0) - (before->state == AppointmentState::kActive ? 1 : 0);
  if (change != 0) RONGHE_RETURN_IF_ERROR(Fill(after.post, change, vacant_before, vacant_after));
  RONGHE_RETURN_IF_ERROR(UpdateRecord(txn_.session(), after));
  Log(common::ChangeKind::kUpdated, NameOf(after.id), after.info, vacant_before, vacant_after);
  return after;
}

}  // namespace ronghe::organization
