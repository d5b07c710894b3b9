#include "services/organization/domain/access.h"

#include <gtest/gtest.h>

namespace ronghe::organization {
namespace {

TEST(AccessTest, WhatAnOfficerMayGrant) {
  for (Role role : {Role::kViewer, Role::kOfficer, Role::kInspector, Role::kAssessor, Role::kPlatform, Role::kMember}) {
    EXPECT_TRUE(OfficerMayGrant(role));
    EXPECT_TRUE(IsGrantable(role));
  }
  for (Role role : {Role::kAuditor, Role::kOperator}) {
    EXPECT_FALSE(OfficerMayGrant(role));
    EXPECT_TRUE(IsGrantable(role));
  }
  for (Role role : {Role::kService, Role::kUnspecified, static_cast<Role>(99)}) {
    EXPECT_FALSE(OfficerMayGrant(role));
    EXPECT_FALSE(IsGrantable(role));
  }
}

TEST(AccessTest, TheSamePersonByPrincipalOrByMember) {
  EXPECT_TRUE(IsSamePerson(1, 0, 1, 0));
  EXPECT_TRUE(IsSamePerson(1, 7, 2, 7));
  EXPECT_FALSE(IsSamePerson(1, 0, 2, 0));
  EXPECT_FALSE(IsSamePerson(0, 0, 0, 0));
  EXPECT_FALSE(IsSamePerson(1, 7, 2, 8));
}

TEST(AccessTest, GrantsHoldFromStartToEnd) {
  const absl::Time noon = absl::FromUnixSeconds(1000);
  Grant grant;
  grant.start = noon;
  grant.end = noon + absl::Hours(1);
  EXPECT_FALSE(grant.InForce(noon - absl::Seconds(1)));
  EXPECT_FALSE(grant.Ended(noon - absl::Seconds(1)));
  EXPECT_TRUE(grant.InForce(noon));
  EXPECT_FALSE(grant.InForce(noon + absl::Hours(1)));
  EXPECT_TRUE(grant.Ended(noon + absl::Hours(1)));
  grant.revoked = noon;
  EXPECT_FALSE(grant.InForce(noon));
  EXPECT_TRUE(grant.Ended(noon));
}

TEST(AccessTest, PrincipalsAreCheckedAsAWhole) {
  Principal principal;
  principal.subject = std::string(201, 'x');
  principal.note = "\x01";
  common::Violations violations;
  CheckPrincipal(principal, "principal.", violations);
  ASSERT_EQ(violations.list().size(), 3u);
  EXPECT_EQ(violations.list()[0].field, "principal.issuer");
  EXPECT_EQ(violations.list()[1].reason, "TOO_LONG");
  EXPECT_EQ(violations.list()[2].reason, "CONTROL_CHARACTER");
}

}  // namespace
}  // namespace ronghe::organization
