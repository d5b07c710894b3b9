#include "services/organization/app/member_view.h"

#include "services/organization/domain/masking.h"

namespace ronghe::organization {

MemberView MemberViews::Full(const StoredMember& member) const {
  MemberView view;
  view.unit = "units/" + tree_.CodeOf(member.unit);
  view.fields = member.member.ToFields();
  if (!member.id) return view;
  view.name = MemberName(member.id);
  view.create_time = member.create_time;
  view.update_time = member.update_time;
  view.etag = EtagOf(member);
  view.revision = gate_.Token(common::PartitionOf(member.id.value), member.revision);
  return view;
}

MemberView MemberViews::Masked(const StoredMember& member) const {
  MemberView view = Full(member);
  view.fields = organization::Masked(member.member);
  return view;
}

}  // namespace ronghe::organization
