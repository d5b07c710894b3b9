#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

namespace ronghe::organization {

// Numbers are those of ronghe.common.v1.Role.
enum class Role {
  kUnspecified = 0,
  kViewer = 1,
  kOfficer = 2,
  kInspector = 3,
  kAssessor = 4,
  kPlatform = 5,
  kAuditor = 6,
  kOperator = 7,
  kMember = 8,
  kService = 9,
};

// Whether anybody may be granted the role; and whether an officer, who is no operator, may grant and revoke it.
bool IsGrantable(Role role);
bool OfficerMayGrant(Role role);

struct Principal {
  int64_t id = 0;
  std::string issuer;
  std::string subject;
  int64_t member_id = 0;  // 0: none
  std::string note;
  absl::Time created;
  int64_t revision = 0;
};
void CheckPrincipal(const Principal& principal, std::string_view prefix, common::Violations& violations);

struct Grant {
  int64_t id = 0;
  int64_t principal_id = 0;
  Role role = Role::kUnspecified;
  common::UnitUid unit;  // none: everything
  absl::Time start;
  absl::Time end = absl::InfiniteFuture();
  std::optional<absl::Time> revoked;
  int64_t revision = 0;

  bool InForce(absl::Time now) const { return !revoked && start <= now && now < end; }
  // Revoked, or over.
  bool Ended(absl::Time now) const { return revoked.has_value() || end <= now; }
};

// A person may not decide about himself: principals are compared, and the members they are.
bool IsSamePerson(int64_t principal_a, int64_t member_a, int64_t principal_b, int64_t member_b);

}  // namespace ronghe::organization
