#include <gmock/gmock.h>

#include "services/organization/app/access_app.h"
#include "services/organization/storage/sql_access_store.h"
#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kIssuer[] = "https://users.test";

class AccessStoreTest : public UnitTestBase {
 protected:
  void SetUp() override {
    UnitTestBase::SetUp();
    access_store_.emplace(*database_, *log_);
    owners_.Add("members", [this](std::string_view name, int64_t id, absl::Time) -> absl::StatusOr<UnitUid> {
      if (id != 77) return common::NotFound(std::string(name));
      return Get("B1")->uid();
    });
    access_.emplace(*access_store_, *tree_, owners_, *gate_, signer_, clock_);
    MakeTree();
    ASSERT_TRUE(access_->Bootstrap(kIssuer, "admin").value());
    Refresh();
    admin_ = CallOf("admin");
    county_ = Get("370783")->uid();
  }

  // The call of a registered caller, with the scope of the permission to manage access.
  common::Call CallOf(const std::string& subject) {
    common::Call call;
    call.actor.key = fmt::format("{}|{}", kIssuer, subject);
    std::optional<common::DirectoryPrincipal> principal = directory_.FindPrincipal(kIssuer, subject);
    if (!principal) return call;
    call.actor.principal_id = principal->id;
    call.actor.member_id = principal->member_id;
    for (const common::DirectoryGrant& grant : directory_.GrantsOf(principal->id, clock_.Now())) {
      const Role role = static_cast<Role>(grant.role);
      if (role != Role::kOfficer && role != Role::kOperator) continue;
      if (!grant.unit) call.scope.everything = true;
      if (grant.unit) call.scope.units.push_back(grant.unit);
    }
    return call;
  }
  absl::StatusOr<Principal> Register(const common::Call& call, const std::string& subject, std::string member = "") {
    Principal principal;
    principal.issuer = kIssuer;
    principal.subject = subject;
    return access_->CreatePrincipal(call, principal, member, {});
  }
  static std::string NameOf(const Principal& principal) { return fmt::format("principals/{}", principal.id); }
  static std::string NameOf(const NamedGrant& grant) { return fmt::format("grants/{}", grant.grant.id); }
  absl::StatusOr<NamedGrant> Give(const common::Call& call, const Principal& to, Role role, const std::string& unit) {
    return access_->CreateGrant(call, {NameOf(to), role, unit, {}, {}}, {});
  }
  std::vector<std::string> Subjects(const common::Call& call, int page_size = 2) {
    std::vector<std::string> subjects;
    std::string token;
    do {
      common::Page<Principal> page = access_->ListPrincipals(call, page_size, token).value();
      for (const Principal& principal : page.items) subjects.push_back(principal.subject);
      token = page.next;
    } while (!token.empty());
    return subjects;
  }
  std::vector<std::string> Grants(const common::Call& call, const std::string& parent, bool ended = false,
                                  int page_size = 2) {
    std::vector<std::string> grants;
    std::string token;
    do {
      common::Page<NamedGrant> page = access_->ListGrants(call, parent, page_size, token, ended).value();
      for (const NamedGrant& grant : page.items) {
        grants.push_back(fmt::format("{} {}", static_cast<int>(grant.grant.role), grant.unit));
      }
      token = page.next;
    } while (!token.empty());
    return grants;
  }

  std::optional<SqlAccessStore> access_store_;
  OwnerRegistry owners_;
  std::optional<AccessApp> access_;
  common::Call admin_;
  UnitUid county_;
};
INSTANTIATE_ENGINES(AccessStoreTest);

TEST_P(AccessStoreTest, TheFirstAdministratorIsMadeOnce) {
  EXPECT_FALSE(access_->Bootstrap(kIssuer, "another").value());
  EXPECT_THAT(Subjects(admin_), ElementsAre("admin"));
  EXPECT_THAT(Grants(admin_, "units/-"), ElementsAre("7 units/-", "2 units/-", "6 units/-"));
  EXPECT_TRUE(admin_.scope.everything);
  EXPECT_FALSE(access_->Bootstrap("", "another").ok());
}

TEST_P(AccessStoreTest, WhoAmI) {
  CallerInfo info = *access_->GetCaller(admin_);
  EXPECT_EQ(info.principal.subject, "admin");
  EXPECT_THAT(info.grants, SizeIs(3));
  info = *access_->GetCaller(CallOf("stranger"));
  EXPECT_EQ(info.principal.id, 0);
  EXPECT_EQ(info.principal.issuer, kIssuer);
  EXPECT_EQ(info.principal.subject, "stranger");
  EXPECT_THAT(info.grants, IsEmpty());
}

TEST_P(AccessStoreTest, PrincipalsAreUnique) {
  Must(Register(admin_, "li").status());
  const absl::Status status = Register(admin_, "li").status();
  EXPECT_TRUE(absl::IsAlreadyExists(status));
  EXPECT_EQ(ReasonOf(status), "DUPLICATE_PRINCIPAL");
  EXPECT_EQ(common::ViolationsOf(access_->CreatePrincipal(admin_, {}, "members/x", {}).status()).size(), 3u);
  EXPECT_TRUE(absl::IsNotFound(Register(admin_, "ma", "members/78").status()));
  EXPECT_EQ(Register(admin_, "ma", "members/77")->member_id, 77);
}

TEST_P(AccessStoreTest, AnOfficerGrantsBelowAndOnlySomeRoles) {
  const Principal officer = *Register(admin_, "officer");
  Must(Give(admin_, officer, Role::kOfficer, "units/370783").status());
  const common::Call call = CallOf("officer");
  EXPECT_THAT(call.scope.units, ElementsAre(county_));
  const Principal clerk = *Register(call, "clerk");
  Must(Give(call, clerk, Role::kViewer, "units/370783104").status());
  EXPECT_EQ(ReasonOf(Give(call, clerk, Role::kAuditor, "units/370783").status()), "ROLE_NOT_GRANTABLE");
  EXPECT_EQ(ReasonOf(Give(call, clerk, Role::kOperator, "units/370783").status()), "ROLE_NOT_GRANTABLE");
  EXPECT_EQ(ReasonOf(Give(call, clerk, Role::kService, "units/370783").status()), "ROLE_NOT_GRANTABLE");
  EXPECT_EQ(ReasonOf(Give(admin_, clerk, Role::kService, "units/370783").status()), "ROLE_NOT_GRANTABLE");
  EXPECT_EQ(ReasonOf(Give(call, clerk, Role::kViewer, "units/-").status()), "NEEDS_ALL_UNITS");
  Must(Give(admin_, clerk, Role::kAuditor, "units/370783").status());
}

TEST_P(AccessStoreTest, NobodyGrantsToOneself) {
  const Principal admin = access_->ListPrincipals(admin_, 0, "")->items[0];
  EXPECT_EQ(ReasonOf(Give(admin_, admin, Role::kViewer, "units/370783").status()), "SELF_GRANT");
  // Nor to another name of one's own.
  const Principal one = *Register(admin_, "wang-1", "members/77");
  const Principal two = *Register(admin_, "wang-2", "members/77");
  Must(Give(admin_, one, Role::kOfficer, "units/370783").status());
  const absl::Status status = Give(CallOf("wang-1"), two, Role::kViewer, "units/370783").status();
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_EQ(ReasonOf(status), "SELF_GRANT");
}

TEST_P(AccessStoreTest, RoleMemberNeedsAMember) {
  const Principal platform = *Register(admin_, "platform");
  EXPECT_EQ(ReasonOf(Give(admin_, platform, Role::kMember, "units/B1").status()), "PRINCIPAL_WITHOUT_MEMBER");
  const Principal person = *Register(admin_, "person", "members/77");
  Must(Give(admin_, person, Role::kMember, "units/B1").status());
}

TEST_P(AccessStoreTest, AnOfficerSeesPrincipalsOfTheScopeAndThoseWithoutGrants) {
  const Principal officer = *Register(admin_, "officer");
  Must(Give(admin_, officer, Role::kOfficer, "units/370783").status());
  const Principal near = *Register(admin_, "near");
  Must(Give(admin_, near, Role::kViewer, "units/B1").status());
  const Principal far = *Register(admin_, "far");
  Must(Give(admin_, far, Role::kViewer, "units/370784").status());
  Must(Register(admin_, "fresh").status());
  const common::Call call = CallOf("officer");
  EXPECT_THAT(Subjects(call), ElementsAre("officer", "near", "fresh"));
  EXPECT_THAT(Subjects(admin_), ElementsAre("admin", "officer", "near", "far", "fresh"));
  EXPECT_TRUE(absl::IsNotFound(Give(call, far, Role::kViewer, "units/370783").status()));
  EXPECT_THAT(Grants(call, "units/-"), ElementsAre("2 units/370783", "1 units/B1"));
  EXPECT_THAT(Grants(call, "units/370783104"), ElementsAre("1 units/B1"));
}

TEST_P(AccessStoreTest, RevokedIsOverAtOnceAndForEver) {
  const Principal officer = *Register(admin_, "officer");
  const NamedGrant grant = *Give(admin_, officer, Role::kOfficer, "units/370783");
  EXPECT_THAT(directory_.GrantsOf(officer.id, clock_.Now()), SizeIs(1));
  const NamedGrant revoked = *access_->RevokeGrant(admin_, NameOf(grant), {});
  EXPECT_TRUE(revoked.grant.revoked.has_value());
  EXPECT_THAT(directory_.GrantsOf(officer.id, clock_.Now()), IsEmpty());
  EXPECT_EQ(access_->RevokeGrant(admin_, NameOf(grant), {})->grant.revision, revoked.grant.revision);
  EXPECT_THAT(Grants(admin_, "units/370783"), IsEmpty());
  EXPECT_THAT(Grants(admin_, "units/370783", true), ElementsAre("2 units/370783"));
  EXPECT_TRUE(absl::IsNotFound(access_->RevokeGrant(admin_, "grants/1", {}).status()));
  EXPECT_EQ(ReasonOf(access_->RevokeGrant(admin_, "grants/01", {}).status()), "BAD_NAME");
}

TEST_P(AccessStoreTest, AnOfficerDoesNotRevokeWhatAnOfficerMayNotGrant) {
  const Principal officer = *Register(admin_, "officer");
  Must(Give(admin_, officer, Role::kOfficer, "units/370783").status());
  const Principal auditor = *Register(admin_, "auditor");
  const NamedGrant grant = *Give(admin_, auditor, Role::kAuditor, "units/370783");
  EXPECT_EQ(ReasonOf(access_->RevokeGrant(CallOf("officer"), NameOf(grant), {}).status()), "ROLE_NOT_GRANTABLE");
  EXPECT_THAT(directory_.GrantsOf(auditor.id, clock_.Now()), SizeIs(1));
}

TEST_P(AccessStoreTest, GrantsHoldForATime) {
  const Principal viewer = *Register(admin_, "viewer");
  GrantRequest request{NameOf(viewer), Role::kViewer, "units/370783", clock_.Now() + absl::Hours(1),
                       clock_.Now() + absl::Hours(2)};
  Must(access_->CreateGrant(admin_, request, {}).status());
  EXPECT_THAT(directory_.GrantsOf(viewer.id, clock_.Now()), IsEmpty());
  clock_.Advance(absl::Minutes(90));
  EXPECT_THAT(directory_.GrantsOf(viewer.id, clock_.Now()), SizeIs(1));
  clock_.Advance(absl::Minutes(30));
  EXPECT_THAT(directory_.GrantsOf(viewer.id, clock_.Now()), IsEmpty());
  EXPECT_THAT(Grants(admin_, "units/370783"), IsEmpty());
  EXPECT_EQ(ReasonOf(access_->CreateGrant(admin_, request, {}).status()), "BAD_RANGE");
  EXPECT_EQ(common::ViolationsOf(access_->CreateGrant(admin_, {}, {}).status()).size(), 3u);
}

TEST_P(AccessStoreTest, RequestsAreDoneOnce) {
  const common::RequestKey key{"issuer|admin", "123e4567-e89b-12d3-a456-426614174000", "digest"};
  Principal principal;
  principal.issuer = kIssuer;
  principal.subject = "li";
  const Principal made = *access_->CreatePrincipal(admin_, principal, "", key);
  EXPECT_EQ(access_->CreatePrincipal(admin_, principal, "", key)->id, made.id);
  common::RequestKey grant_key = key;
  grant_key.request_id = "123e4567-e89b-12d3-a456-426614174001";
  const GrantRequest request{NameOf(made), Role::kViewer, "units/370783", {}, {}};
  const NamedGrant grant = *access_->CreateGrant(admin_, request, grant_key);
  EXPECT_EQ(access_->CreateGrant(admin_, request, grant_key)->grant.id, grant.grant.id);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM access_grant"), 4);
}

TEST_P(AccessStoreTest, TokensAreRefusedFromNowOn) {
  EXPECT_FALSE(directory_.IsRevoked("jti-1"));
  const int64_t revision = *access_->RevokeToken(admin_, "jti-1", clock_.Now() + absl::Hours(1), {});
  EXPECT_TRUE(directory_.IsRevoked("jti-1"));
  EXPECT_EQ(*access_->RevokeToken(admin_, "jti-1", clock_.Now() + absl::Hours(1), {}), revision);
  EXPECT_EQ(ReasonOf(access_->RevokeToken(admin_, "jti-2", clock_.Now() + absl::Hours(24 * 31), {}).status()),
            "TOO_FAR");
  EXPECT_EQ(common::ViolationsOf(access_->RevokeToken(admin_, "", std::nullopt, {}).status()).size(), 2u);
  EXPECT_EQ(ReasonOf(access_->RevokeToken(admin_, std::string(129, 'x'), clock_.Now(), {}).status()), "TOO_LONG");
}

TEST_P(AccessStoreTest, OwnersOfGrantsAndPrincipals) {
  const Principal li = *Register(admin_, "li");
  const NamedGrant grant = *Give(admin_, li, Role::kViewer, "units/370783");
  EXPECT_EQ(access_->OwnerOfGrant(NameOf(grant), grant.grant.id, absl::InfiniteFuture()).value(), county_);
  EXPECT_EQ(access_->OwnerOfPrincipal(NameOf(li), li.id, absl::InfiniteFuture()).value(), UnitUid());
  EXPECT_TRUE(absl::IsNotFound(access_->OwnerOfGrant("grants/5", 5, absl::InfiniteFuture()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(owners_.OwnerOf("nonsense/5", absl::InfiniteFuture()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(owners_.OwnerOf("members/-5", absl::InfiniteFuture()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(owners_.OwnerOf("members", absl::InfiniteFuture()).status()));
}

}  // namespace
}  // namespace ronghe::organization
