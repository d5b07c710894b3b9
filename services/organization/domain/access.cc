#include "services/organization/domain/access.h"

#include <fmt/format.h>

#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxName = 200;
constexpr size_t kMaxNote = 200;

struct RoleRow {
  Role role;
  bool grantable;
  bool by_officer;
};
constexpr RoleRow kRoles[] = {
    {Role::kViewer, true, true},    {Role::kOfficer, true, true},  {Role::kInspector, true, true},
    {Role::kAssessor, true, true},  {Role::kPlatform, true, true}, {Role::kAuditor, true, false},
    {Role::kOperator, true, false}, {Role::kMember, true, true},   {Role::kService, false, false},
};

const RoleRow* Find(Role role) {
  for (const RoleRow& row : kRoles) {
    if (row.role == role) return &row;
  }
  return nullptr;
}

}  // namespace

bool IsGrantable(Role role) {
  const RoleRow* row = Find(role);
  return row != nullptr && row->grantable;
}

bool OfficerMayGrant(Role role) {
  const RoleRow* row = Find(role);
  return row != nullptr && row->by_officer;
}

void CheckPrincipal(const Principal& principal, std::string_view prefix, common::Violations& violations) {
  auto field = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  CheckText({field("issuer"), 1, kMaxName}, principal.issuer, violations);
  CheckText({field("subject"), 1, kMaxName}, principal.subject, violations);
  CheckText({field("note"), 0, kMaxNote}, principal.note, violations);
}

bool IsSamePerson(int64_t principal_a, int64_t member_a, int64_t principal_b, int64_t member_b) {
  return (principal_a != 0 && principal_a == principal_b) || (member_a != 0 && member_a == member_b);
}

}  // namespace ronghe::organization
