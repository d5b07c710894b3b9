#pragma once

#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/member_store.h"

namespace ronghe::organization {

// At most `limit` versions of a member after version `after`, oldest first, the current one among them. Opens no
// personal data. Empty for an unknown member.
absl::StatusOr<std::vector<MemberVersion>> SelectMemberHistory(common::sql::Session& session, MemberId member,
                                                               int64_t after, int limit);

}  // namespace ronghe::organization
