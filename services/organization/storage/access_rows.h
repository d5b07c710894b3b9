#pragma once

#include <limits>
#include <string_view>

#include "services/common/sql/database.h"
#include "services/organization/domain/access.h"

namespace ronghe::organization {

// Collections as the change log names them.
inline constexpr std::string_view kPrincipalsPrefix = "principals/";
inline constexpr std::string_view kGrantsPrefix = "grants/";
inline constexpr std::string_view kTokensPrefix = "revokedTokens/";

// Columns in the order in which PrincipalOf and GrantOf read them.
inline constexpr std::string_view kPrincipalColumns = "id, issuer, subject, member_id, note, created_us, revision";
inline constexpr std::string_view kGrantColumns =
    "id, principal_id, role, unit_uid, start_us, end_us, revoked_us, revision";

Principal PrincipalOf(const common::sql::Row& row);
Grant GrantOf(const common::sql::Row& row);
// Times with an end that may be none.
int64_t EndMicros(absl::Time time);
absl::Time EndTime(int64_t micros);

}  // namespace ronghe::organization
