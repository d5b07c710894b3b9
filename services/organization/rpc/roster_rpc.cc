#include "services/organization/rpc/roster_rpc.h"

#include <map>
#include <vector>

#include "services/common/values/wire.h"

namespace ronghe::organization {
namespace {

constexpr int kMostUnits = 500;
constexpr int kMostMembers = 1000;

void CheckCount(int count, int most, const char* field, common::Violations& violations) {
  if (count == 0) violations.Add(field, "REQUIRED", {"is required", "必填"});
  if (count > most) violations.Add(field, "TOO_MANY", {"has too many entries", "项数过多"});
}

}  // namespace

RosterRpc::RosterRpc(common::Wrapper& wrapper, RosterStore& store, const Tree& tree)
    : ServiceBinding(wrapper, v1::GetRosterRequest::descriptor()->file()->FindServiceByName("RosterService")),
      store_(store),
      tree_(tree) {
  Unary<v1::GetRosterRequest, v1::GetRosterResponse>(
      "GetRoster", [this](const common::Call& c, const auto& r) { return Get(c, r); });
  Unary<v1::BatchGetMembershipsRequest, v1::BatchGetMembershipsResponse>(
      "BatchGetMemberships", [this](const common::Call& c, const auto& r) { return Memberships(c, r); });
}

absl::StatusOr<v1::GetRosterResponse> RosterRpc::Get(const common::Call& call, const v1::GetRosterRequest& request) {
  common::Violations violations;
  CheckCount(request.unit_uids_size(), kMostUnits, "unit_uids", violations);
  const std::optional<absl::CivilDay> day = common::ReadDate(request.date(), "date", violations);
  if (!day) violations.Add("date", "REQUIRED", {"is required", "必填"});
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::map<common::PartitionId, UnitsOfPartition> parts;
  for (const int64_t uid : request.unit_uids()) {
    const std::optional<TreeUnit> unit = tree_.Find(common::UnitUid(uid));
    if (!unit) continue;
    UnitsOfPartition& part = parts[unit->partition];
    part.partition = unit->partition;
    part.units.push_back(unit->uid);
  }
  std::vector<UnitsOfPartition> units;
  for (auto& [partition, part] : parts) units.push_back(std::move(part));
  RONGHE_ASSIGN_OR_RETURN(const std::vector<RosterMember> members, store_.RosterOf(units, *day, call.deadline));
  v1::GetRosterResponse response;
  for (const RosterMember& member : members) {
    v1::RosterEntry& entry = *response.add_entries();
    entry.set_member_id(member.member.value);
    entry.set_unit_uid(member.unit.value);
    entry.set_status(static_cast<v1::MemberStatus>(member.status));
    entry.set_floating(member.floating);
    entry.set_on_committee(member.on_committee);
    entry.set_at_home(member.at_home);
  }
  return response;
}

absl::StatusOr<v1::BatchGetMembershipsResponse> RosterRpc::Memberships(const common::Call& call,
                                                                       const v1::BatchGetMembershipsRequest& request) {
  common::Violations violations;
  CheckCount(request.member_ids_size(), kMostMembers, "member_ids", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::vector<MemberId> ids;
  for (const int64_t id : request.member_ids()) ids.emplace_back(id);
  RONGHE_ASSIGN_OR_RETURN(const std::vector<MembershipSpan> spans, store_.MembershipsOf(ids, call.deadline));
  v1::BatchGetMembershipsResponse response;
  for (const MembershipSpan& span : spans) {
    v1::Membership& out = *response.add_memberships();
    out.set_member_id(span.member.value);
    common::WriteDate(span.join, *out.mutable_join_date());
    if (span.end) common::WriteDate(*span.end, *out.mutable_end_date());
    for (const MembershipSpan::Stay& stay : span.stays) {
      v1::UnitStay& one = *out.add_stays();
      one.set_unit_uid(stay.unit.value);
      common::WriteDate(stay.from, *one.mutable_start_date());
    }
  }
  return response;
}

}  // namespace ronghe::organization
