#include "tests/service/organization/service_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

using Stub = v1::AccessService::Stub;

class AccessServiceTest : public ServiceTest {};

TEST_F(AccessServiceTest, TellsCallersWhoTheyAre) {
  const absl::StatusOr<v1::GetCallerResponse> admin = Access("admin", &Stub::GetCaller, v1::GetCallerRequest());
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ(admin->principal().subject(), "admin");
  EXPECT_THAT(admin->grants(), SizeIs(3));
  EXPECT_EQ(admin->grants(0).unit(), "units/-");
  const absl::StatusOr<v1::GetCallerResponse> stranger = Access("stranger", &Stub::GetCaller, v1::GetCallerRequest());
  ASSERT_TRUE(stranger.ok()) << stranger.status();
  EXPECT_TRUE(stranger->principal().name().empty());
  EXPECT_EQ(stranger->principal().subject(), "stranger");
  EXPECT_THAT(stranger->grants(), IsEmpty());
}

TEST_F(AccessServiceTest, AGrantHoldsAtOnceAndEndsAtOnce) {
  MakeTree();
  const std::string grant = Grant("viewer", common::v1::ROLE_VIEWER, "370783");
  EXPECT_TRUE(Get("viewer", "B1").ok());
  EXPECT_TRUE(absl::IsPermissionDenied(
      Create("viewer", NewUnit("N1", v1::LEVEL_BRANCH, v1::UNIT_KIND_BRANCH, "370783104")).status()));
  v1::RevokeGrantRequest revoke;
  revoke.set_name(grant);
  EXPECT_EQ(Access("admin", &Stub::RevokeGrant, revoke)->state(), v1::GRANT_STATE_REVOKED);
  EXPECT_TRUE(absl::IsPermissionDenied(Get("viewer", "B1").status()));
  EXPECT_EQ(Access("admin", &Stub::RevokeGrant, revoke)->state(), v1::GRANT_STATE_REVOKED);
}

TEST_F(AccessServiceTest, OfficersManageAccessBelowTheirUnit) {
  MakeTree();
  Grant("officer", common::v1::ROLE_OFFICER, "370783");
  const std::string far = Grant("far", common::v1::ROLE_VIEWER, "370784");
  v1::CreatePrincipalRequest principal;
  principal.mutable_principal()->set_issuer(identity_.user_issuer());
  principal.mutable_principal()->set_subject("clerk");
  const absl::StatusOr<v1::Principal> clerk = Access("officer", &Stub::CreatePrincipal, principal);
  ASSERT_TRUE(clerk.ok()) << clerk.status();
  v1::CreateGrantRequest request;
  request.mutable_grant()->set_principal(clerk->name());
  request.mutable_grant()->set_role(common::v1::ROLE_VIEWER);
  request.mutable_grant()->set_unit("units/370784");
  EXPECT_TRUE(absl::IsNotFound(Access("officer", &Stub::CreateGrant, request).status()));
  request.mutable_grant()->set_unit("units/-");
  EXPECT_TRUE(absl::IsPermissionDenied(Access("officer", &Stub::CreateGrant, request).status()));
  request.mutable_grant()->set_unit("units/370783104");
  EXPECT_TRUE(Access("officer", &Stub::CreateGrant, request).ok());
  request.mutable_grant()->set_role(common::v1::ROLE_AUDITOR);
  EXPECT_EQ(ReasonOf(Access("officer", &Stub::CreateGrant, request).status()), "ROLE_NOT_GRANTABLE");
  // Officers only below the own unit, or two of them could give each other back what an operator has taken.
  request.mutable_grant()->set_role(common::v1::ROLE_OFFICER);
  EXPECT_TRUE(Access("officer", &Stub::CreateGrant, request).ok());
  request.mutable_grant()->set_unit("units/370783");
  EXPECT_EQ(ReasonOf(Access("officer", &Stub::CreateGrant, request).status()), "OFFICER_AT_OWN_UNIT");
  v1::RevokeGrantRequest revoke;
  revoke.set_name(Grant("second", common::v1::ROLE_OFFICER, "370783"));
  EXPECT_EQ(ReasonOf(Access("officer", &Stub::RevokeGrant, revoke).status()), "OFFICER_AT_OWN_UNIT");
  revoke.set_name(far);
  EXPECT_TRUE(absl::IsNotFound(Access("officer", &Stub::RevokeGrant, revoke).status()));
  v1::ListGrantsRequest list;
  list.set_parent("units/-");
  EXPECT_THAT(Access("officer", &Stub::ListGrants, list)->grants(), SizeIs(4));
  EXPECT_THAT(Access("officer", &Stub::ListPrincipals, v1::ListPrincipalsRequest())->principals(), SizeIs(3));
  EXPECT_THAT(Access("admin", &Stub::ListPrincipals, v1::ListPrincipalsRequest())->principals(), SizeIs(5));
}

TEST_F(AccessServiceTest, ARevokedTokenIsRefused) {
  const absl::Time now = server_->process().clock().Now();
  const auto claims = identity_.users().Claims("admin", now);
  const std::string token = identity_.users().Sign(claims);
  auto who = [&] {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    v1::GetCallerResponse response;
    return server_->access->GetCaller(&context, v1::GetCallerRequest(), &response);
  };
  EXPECT_TRUE(who().ok());
  v1::RevokeTokenRequest request;
  request.set_jti(claims.at("jti").get<std::string>());
  request.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(now + absl::Hours(1)));
  const absl::StatusOr<v1::RevokeTokenResponse> revoked = Access("admin", &Stub::RevokeToken, request);
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_FALSE(revoked->revision().empty());
  EXPECT_EQ(who().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  request.clear_expire_time();
  EXPECT_TRUE(absl::IsInvalidArgument(Access("admin", &Stub::RevokeToken, request).status()));
}

}  // namespace
}  // namespace ronghe::organization
