#pragma once

#include <absl/status/statusor.h>

#include "ronghe/organization/v1/member.pb.h"

#include "services/organization/app/member_view.h"
#include "services/organization/domain/member.h"

namespace ronghe::organization {

// The facts as sent, nothing judged: unknown enum numbers and impossible dates are the domain's to refuse.
Member::Fields FromProto(const v1::Member& member);
v1::Member ToProto(const MemberView& view);
absl::StatusOr<v1::Member> ToProto(const absl::StatusOr<MemberView>& view);
v1::MemberVersion ToProto(const MemberVersionView& view);
DateParts FromProto(const google::type::Date& date);

}  // namespace ronghe::organization
