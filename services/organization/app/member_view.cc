#include "services/organization/app/member_view.h"

#include "services/organization/domain/masking.h"

namespace ronghe::organization {

MemberView MemberViews::Full(const StoredMember& member) const {
  MemberView view;
  view.unit = UnitName(member.unit);
  view.fields = member.member.ToFields();
  view.membership = member.membership;
  view.floating_unit = UnitName(member.membership.floating_unit);
  if (member.member.status() == MemberStatus::kProbationary) {
    view.probation_end = ProbationEnd(member.member, member.membership, rules_);
  }
  if (!member.id) return view;
  view.name = MemberName(member.id);
  view.create_time = member.create_time;
  view.update_time = member.update_time;
  view.etag = EtagOf(member);
  view.revision = gate_.Token(common::PartitionOf(member.id.value), member.revision);
  return view;
}

MemberVersionView MemberViews::Version(MemberVersion version) const {
  MemberVersionView view;
  view.unit = UnitName(version.unit);
  view.floating_unit = UnitName(version.membership.floating_unit);
  view.version = std::move(version);
  return view;
}

std::string MemberViews::UnitName(common::UnitUid unit) const {
  return unit ? "units/" + tree_.CodeOf(unit) : "";
}

MemberView MemberViews::Masked(const StoredMember& member) const {
  MemberView view = Full(member);
  view.fields = organization::Masked(member.member);
  return view;
}

}  // namespace ronghe::organization
