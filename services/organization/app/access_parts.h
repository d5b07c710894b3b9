#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "services/common/values/pages.h"
#include "services/common/values/resource_name.h"
#include "services/common/values/status.h"
#include "services/organization/app/access_store.h"
#include "services/organization/app/owner_registry.h"
#include "services/organization/app/tree.h"

// What the use cases of principals and of grants have in common.
namespace ronghe::organization {

inline constexpr std::string_view kPrincipals = "principals";
inline constexpr std::string_view kGrants = "grants";
// Rows looked at in one statement of a list.
inline constexpr int kScan = 500;

inline std::string NameOf(std::string_view collection, int64_t id) {
  return fmt::format("{}/{}", collection, id);
}

inline absl::Status BadName(std::string field, std::string_view form_en, std::string_view form_zh) {
  return common::InvalidArgument(std::move(field), "BAD_NAME",
                                 {fmt::format("must have the form {}", form_en), fmt::format("格式应为 {}", form_zh)});
}

inline absl::StatusOr<int64_t> ReadAfter(const common::TokenSigner& signer, std::string_view query,
                                         const std::string& page_token) {
  RONGHE_ASSIGN_OR_RETURN(std::string position, common::ReadPageToken(signer, query, page_token));
  int64_t after = 0;
  std::from_chars(position.data(), position.data() + position.size(), after);
  return after;
}

inline absl::StatusOr<Principal> FindNamedPrincipal(AccessReader& reader, const std::string& name) {
  int64_t id = IdFromName(name, kPrincipals);
  RONGHE_ASSIGN_OR_RETURN(std::optional<Principal> principal, reader.FindPrincipal(id));
  if (!principal) return common::NotFound(name);
  return *std::move(principal);
}

// Principals with a grant in the scope, and those that have none.
inline bool MaySee(const common::Scope& scope, const Tree& tree, const std::vector<Grant>& grants, absl::Time now) {
  if (scope.everything) return true;
  bool has_grants = false;
  for (const Grant& grant : grants) {
    if (grant.Ended(now)) continue;
    has_grants = true;
    if (grant.unit && tree.Covers(scope, grant.unit)) return true;
  }
  return !has_grants;
}

}  // namespace ronghe::organization
