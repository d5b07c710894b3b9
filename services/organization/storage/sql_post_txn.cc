#include "services/organization/storage/sql_post_txn.h"

#include "services/common/timer/timer.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/domain/placement.h"
#include "services/organization/storage/count_rollup.h"
#include "services/organization/storage/post_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kFindUnit{
    "post_find_unit",
    "SELECT unit_partition, code, kind, state, sector, from_day FROM unit WHERE partition_id = ? AND uid = ?"};
constexpr sql::Query kParentOf{"post_parent", "SELECT parent_uid FROM unit WHERE partition_id = ? AND uid = ?"};
constexpr sql::Query kFindMember{
    "post_find_member", "SELECT unit_uid, status, full_day FROM member WHERE partition_id = ? AND member_id = ?"};

PostCounts CountsOf(const StoredPost& post) {
  return {0, 0, post.vacant()};
}
PostCounts CountsOf(const StoredTerm& term) {
  return {term.state == TermState::kExpiring ? 1 : 0, term.state == TermState::kOverdue ? 1 : 0, 0};
}

}  // namespace

absl::StatusOr<std::optional<std::string>> SqlPostTxn::Claim(const common::RequestKey& key) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<common::PriorWrite> prior, txn_.Claim(key));
  if (!prior) return std::nullopt;
  return std::move(prior->resource);
}

absl::StatusOr<std::optional<PostUnit>> SqlPostTxn::FindUnit(common::UnitUid unit) {
  std::optional<PostUnit> found;
  RONGHE_RETURN_IF_ERROR(txn_.session()
                             .SelectOne(kFindUnit, {common::kStructurePartition.value, unit.value},
                                        [&](const sql::Row& row) {
                                          found = PostUnit{
                                              common::PartitionId(row.Int(0)),   std::string(row.Text(1)),
                                              static_cast<UnitKind>(row.Int(2)), static_cast<UnitState>(row.Int(3)),
                                              std::string(row.Text(4)),          common::DayFromNumber(row.Int(5))};
                                          return absl::OkStatus();
                                        })
                             .status());
  return found;
}

absl::StatusOr<bool> SqlPostTxn::IsWithin(common::UnitUid unit, common::UnitUid above) {
  for (int depth = 0; unit && depth <= kMaxDepth; ++depth) {
    if (unit == above) return true;
    common::UnitUid parent;
    RONGHE_RETURN_IF_ERROR(txn_.session()
                               .SelectOne(kParentOf, {common::kStructurePartition.value, unit.value},
                                          [&](const sql::Row& row) {
                                            parent = common::UnitUid(row.Int(0));
                                            return absl::OkStatus();
                                          })
                               .status());
    unit = parent;
  }
  return false;
}

absl::StatusOr<std::optional<PostHolder>> SqlPostTxn::FindMember(MemberId id) {
  std::optional<PostHolder> found;
  RONGHE_RETURN_IF_ERROR(txn_.session()
                             .SelectOne(kFindMember, {common::PartitionOf(id.value).value, id.value},
                                        [&](const sql::Row& row) {
                                          found.emplace();
                                          found->unit = common::UnitUid(row.Int(0));
                                          found->full = static_cast<MemberStatus>(row.Int(1)) == MemberStatus::kFull;
                                          if (!row.IsNull(2)) found->full_since = common::DayFromNumber(row.Int(2));
                                          return absl::OkStatus();
                                        })
                             .status());
  if (!found) return found;
  RONGHE_ASSIGN_OR_RETURN(const std::optional<PostUnit> home, FindUnit(found->unit));
  if (!home || home->partition != partition()) found.reset();
  return found;
}

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

RecordInfo SqlPostTxn::Next(const RecordInfo& before) const {
  RecordInfo info = before;
  info.version = before.version + 1;
  info.revision = txn_.next_revision();
  info.update_time = txn_.now();
  if (before.version == 0) info.create_time = txn_.now();
  return info;
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
