#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include "services/common/auth/auth.h"
#include "services/common/values/status.h"
#include "tests/support/fake_clock.h"
#include "tests/support/identity.h"
#include "tests/unit/services/common/auth/methods.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
namespace pb = google::protobuf;
namespace org = organization::v1;

// Members by number; units that come to light only when looked for.
class FakeOwners final : public OwnerResolver {
 public:
  absl::StatusOr<UnitUid> OwnerOf(std::string_view resource, absl::Time) override {
    if (resource == "members/bad") return InvalidArgument("name", "BAD_ID", {"no number", "不是编号"});
    auto found = owners.find(std::string(resource));
    if (found == owners.end()) return NotFound(std::string(resource));
    return found->second;
  }
  bool CatchUp(absl::Time) override {
    ++caught_up;
    return catch_up && catch_up();
  }

  std::map<std::string, UnitUid> owners;
  std::function<bool()> catch_up;
  int caught_up = 0;
};

// COUNTY(1) ─ TOWN(2) ─ BRANCH(4)
//           └ OTHER(3)              ELSEWHERE(9), another root
class AuthorizerTest : public ::testing::Test {
 protected:
  AuthorizerTest() {
    DirectoryDelta delta = Delta(1);
    delta.reset = true;
    delta.units = {MakeUnit(1, 0, "COUNTY"), MakeUnit(2, 1, "TOWN"), MakeUnit(3, 1, "OTHER"), MakeUnit(4, 2, "BRANCH"),
                   MakeUnit(9, 0, "ELSEWHERE")};
    delta.principals = {{7, identity_.user_issuer(), "li", 70}};
    directory_.Apply(delta, clock_.Now());
    owners_.owners = {{"members/1", UnitUid(4)}, {"members/2", UnitUid(9)}, {"grants/5", UnitUid()}};
  }

  static DirectoryUnit MakeUnit(int64_t uid, int64_t parent, std::string code) {
    DirectoryUnit unit;
    unit.uid = UnitUid(uid);
    unit.parent = UnitUid(parent);
    unit.code = std::move(code);
    unit.state = 1;
    return unit;
  }
  static DirectoryDelta Delta(int64_t position) {
    DirectoryDelta delta;
    delta.complete = true;
    delta.incarnation = "i";
    delta.position = position;
    return delta;
  }
  // Replaces the grants of `li`. Unit 0: everything.
  void Grant(std::vector<std::pair<v1::Role, int64_t>> grants) {
    DirectoryDelta delta = Delta(++position_);
    for (int64_t id = 1; id <= granted_; ++id) {
      DirectoryGrant gone;
      gone.id = id;
      gone.principal_id = 7;
      gone.revoked = true;
      delta.grants.push_back(gone);
    }
    for (const auto& [role, unit] : grants) {
      DirectoryGrant grant;
      grant.id = ++granted_;
      grant.principal_id = 7;
      grant.role = role;
      grant.unit = UnitUid(unit);
      delta.grants.push_back(grant);
    }
    directory_.Apply(delta, clock_.Now());
  }
  void RevokeToken(const std::string& jti) {
    DirectoryDelta delta = Delta(++position_);
    delta.revoked_tokens = {{jti, clock_.Now() + absl::Hours(2)}};
    directory_.Apply(delta, clock_.Now());
  }

  static MethodAccess Access(const std::string& name) {
    const auto* method = pb::DescriptorPool::generated_pool()->FindMethodByName("ronghe." + name);
    EXPECT_NE(method, nullptr) << name;
    return *MethodAccess::Read(method);
  }
  absl::StatusOr<Authorizer::Identity> Identify(const std::string& authorization, const std::string& service = "") {
    return authorizer_.Identify({authorization, service});
  }
  Authorizer::Identity User(const std::string& service = "") {
    auto user = Identify(identity_.UserBearer("li"), service.empty() ? "" : identity_.ServiceBearer(service));
    EXPECT_TRUE(user.ok()) << user.status();
    return *user;
  }
  absl::StatusOr<Scope> Authorize(const Authorizer::Identity& who, const std::string& method,
                                  const pb::Message& request) {
    return authorizer_.Authorize(who, Access(method), request, absl::InfiniteFuture());
  }
  // `CODE` or `CODE REASON`.
  static std::string Outcome(const absl::Status& status) {
    std::string reason = ReasonOf(status);
    std::string code = absl::StatusCodeToString(status.code());
    return status.ok() || reason.empty() || reason == code ? code : code + " " + reason;
  }
  std::string GetUnit(const std::string& name) {
    org::GetUnitRequest request;
    request.set_name(name);
    return Outcome(Authorize(User(), "organization.v1.OrganizationService.GetUnit", request).status());
  }

  tests::FakeClock clock_;
  tests::Identity identity_{clock_};
  std::unique_ptr<TokenVerifier> verifier_ = *TokenVerifier::Create(identity_.issuers(), clock_);
  Directory directory_;
  FakeOwners owners_;
  Authorizer authorizer_{*verifier_, directory_, owners_, clock_};
  int64_t position_ = 1;
  int64_t granted_ = 0;
};

TEST_F(AuthorizerTest, IdentifiesUsers) {
  Grant({{v1::ROLE_VIEWER, 2}});
  Authorizer::Identity li = User();
  EXPECT_EQ(li.actor.key, identity_.user_issuer() + "|li");
  EXPECT_EQ(li.actor.principal_id, 7);
  EXPECT_EQ(li.actor.member_id, 70);
  EXPECT_EQ(li.actor.service, "");
  EXPECT_FALSE(li.is_service);
  EXPECT_EQ(li.grants.size(), 1u);
  auto stranger = Identify(identity_.UserBearer("wang"));
  ASSERT_TRUE(stranger.ok());
  EXPECT_EQ(stranger->actor.principal_id, 0);
  EXPECT_EQ(User("gateway").actor.service, "gateway");
}

TEST_F(AuthorizerTest, RefusesBadCredentials) {
  EXPECT_EQ(Outcome(Identify("").status()), "UNAUTHENTICATED TOKEN_MISSING");
  EXPECT_EQ(Outcome(Identify("Bearer ").status()), "UNAUTHENTICATED TOKEN_MALFORMED");
  EXPECT_EQ(Outcome(Identify("Basic abc").status()), "UNAUTHENTICATED TOKEN_MALFORMED");
  EXPECT_EQ(Outcome(Identify(identity_.UserToken("li")).status()), "UNAUTHENTICATED TOKEN_MALFORMED");
  EXPECT_TRUE(Identify("bearer " + identity_.UserToken("li")).ok());
  // Beside the user's token.
  EXPECT_EQ(Outcome(Identify(identity_.UserBearer("li"), "Bearer x").status()), "UNAUTHENTICATED TOKEN_MALFORMED");
  EXPECT_EQ(Outcome(Identify(identity_.UserBearer("li"), identity_.UserBearer("gateway")).status()),
            "UNAUTHENTICATED TOKEN_ISSUER");
  EXPECT_EQ(Outcome(Identify("", identity_.ServiceBearer("gateway")).status()), "UNAUTHENTICATED TOKEN_MISSING");
}

TEST_F(AuthorizerTest, RefusesRevokedTokens) {
  nlohmann::json claims = identity_.users().Claims("li", clock_.Now());
  std::string bearer = "Bearer " + identity_.users().Sign(claims);
  ASSERT_TRUE(Identify(bearer).ok());
  RevokeToken(claims["jti"]);
  EXPECT_EQ(Outcome(Identify(bearer).status()), "UNAUTHENTICATED TOKEN_REVOKED");
  EXPECT_TRUE(Identify(identity_.UserBearer("li")).ok());
}

TEST_F(AuthorizerTest, AProcessIsNeverAUser) {
  DirectoryDelta delta = Delta(++position_);
  delta.principals = {{8, std::string(kSuiteIssuer), "education", 0}};
  DirectoryGrant grant;
  grant.id = 900;
  grant.principal_id = 8;
  grant.role = v1::ROLE_OFFICER;
  delta.grants = {grant};
  directory_.Apply(delta, clock_.Now());
  auto education = Identify(identity_.ServiceBearer("education"));
  ASSERT_TRUE(education.ok());
  EXPECT_TRUE(education->is_service);
  EXPECT_EQ(education->actor.service, "education");
  EXPECT_EQ(education->actor.principal_id, 0);
  EXPECT_TRUE(education->grants.empty());
  org::CreateUnitRequest request;
  EXPECT_EQ(Outcome(Authorize(*education, "organization.v1.OrganizationService.CreateUnit", request).status()),
            "PERMISSION_DENIED SERVICE_NOT_ALLOWED");
}

TEST_F(AuthorizerTest, ProcessesCallWhatListsThem) {
  constexpr char kStream[] = "organization.v1.DirectoryService.StreamDirectory";
  org::StreamDirectoryRequest request;
  for (const char* service : {"education", "rectification", "assessment", "gateway"}) {
    auto scope = Authorize(*Identify(identity_.ServiceBearer(service)), kStream, request);
    ASSERT_TRUE(scope.ok()) << scope.status();
    EXPECT_TRUE(scope->everything);
  }
  for (const char* service : {"organization", "intruder", "Gateway"}) {
    EXPECT_EQ(Outcome(Authorize(*Identify(identity_.ServiceBearer(service)), kStream, request).status()),
              "PERMISSION_DENIED SERVICE_NOT_ALLOWED");
  }
  // Users hold that permission nowhere, whatever they were granted and whoever forwards the call.
  Grant({{v1::ROLE_SERVICE, 0}, {v1::ROLE_OPERATOR, 0}});
  EXPECT_EQ(Outcome(Authorize(User(), kStream, request).status()), "PERMISSION_DENIED ROLE_MISSING");
  EXPECT_EQ(Outcome(Authorize(User("gateway"), kStream, request).status()), "PERMISSION_DENIED ROLE_MISSING");
}

TEST_F(AuthorizerTest, OnlyTheGatewayForwardsEverything) {
  Grant({{v1::ROLE_OFFICER, 1}});
  org::GetUnitRequest request;
  request.set_name("units/TOWN");
  constexpr char kGet[] = "organization.v1.OrganizationService.GetUnit";
  EXPECT_TRUE(Authorize(User("gateway"), kGet, request).ok());
  EXPECT_EQ(Outcome(Authorize(User("education"), kGet, request).status()), "PERMISSION_DENIED SERVICE_NOT_ALLOWED");
  // The permission stays the user's own.
  request.set_name("units/ELSEWHERE");
  EXPECT_EQ(Outcome(Authorize(User("gateway"), kGet, request).status()), "NOT_FOUND");
}

TEST_F(AuthorizerTest, ScopeHoldsRootsOnly) {
  Grant(
      {{v1::ROLE_VIEWER, 4}, {v1::ROLE_OFFICER, 2}, {v1::ROLE_VIEWER, 3}, {v1::ROLE_VIEWER, 2}, {v1::ROLE_MEMBER, 9}});
  org::ListUnitsRequest request;
  request.set_parent("units/-");
  auto scope = Authorize(User(), "organization.v1.OrganizationService.ListUnits", request);
  ASSERT_TRUE(scope.ok()) << scope.status();
  EXPECT_FALSE(scope->everything);
  EXPECT_THAT(scope->units, UnorderedElementsAre(UnitUid(2), UnitUid(3)));
  Grant({{v1::ROLE_VIEWER, 4}, {v1::ROLE_VIEWER, 0}});
  scope = Authorize(User(), "organization.v1.OrganizationService.ListUnits", request);
  ASSERT_TRUE(scope.ok());
  EXPECT_TRUE(scope->everything);
  EXPECT_TRUE(scope->units.empty());
}

TEST_F(AuthorizerTest, FindsUnitsAndWhatBelongsToThem) {
  Grant({{v1::ROLE_OFFICER, 1}});
  EXPECT_EQ(GetUnit("units/BRANCH"), "OK");
  EXPECT_EQ(GetUnit("units/ELSEWHERE"), "NOT_FOUND");
  EXPECT_EQ(GetUnit("units/UNKNOWN"), "NOT_FOUND");
  EXPECT_EQ(GetUnit("members/1"), "OK");
  EXPECT_EQ(GetUnit("members/2"), "NOT_FOUND");
  EXPECT_EQ(GetUnit("members/3"), "NOT_FOUND");
  EXPECT_EQ(GetUnit("grants/5"), "NOT_FOUND") << "belongs to everything";
  Grant({{v1::ROLE_OFFICER, 0}});
  EXPECT_EQ(GetUnit("units/ELSEWHERE"), "OK");
  EXPECT_EQ(GetUnit("grants/5"), "OK");
  EXPECT_EQ(GetUnit("units/UNKNOWN"), "NOT_FOUND");
  EXPECT_EQ(owners_.caught_up, 2);
}

TEST_F(AuthorizerTest, NamesTheResourceThatIsNotFound) {
  Grant({{v1::ROLE_OFFICER, 1}});
  org::MoveUnitRequest request;
  request.set_name("units/TOWN");
  request.set_parent("units/ELSEWHERE");
  auto status = Authorize(User(), "organization.v1.OrganizationService.MoveUnit", request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ResourceOf(status), "units/ELSEWHERE");
}

TEST_F(AuthorizerTest, CatchesUpWithNewUnits) {
  Grant({{v1::ROLE_OFFICER, 1}});
  owners_.catch_up = [&] {
    DirectoryDelta delta = Delta(++position_);
    delta.units = {MakeUnit(5, 1, "NEW")};
    directory_.Apply(delta, clock_.Now());
    return true;
  };
  EXPECT_EQ(GetUnit("units/NEW"), "OK");
  EXPECT_EQ(owners_.caught_up, 1);
  EXPECT_EQ(GetUnit("units/NEW"), "OK");
  EXPECT_EQ(owners_.caught_up, 1);
}

TEST_F(AuthorizerTest, RefusesBadNames) {
  Grant({{v1::ROLE_OFFICER, 0}});
  EXPECT_EQ(GetUnit(""), "INVALID_ARGUMENT REQUIRED");
  for (const std::string& name :
       {std::string("x"), std::string("units/"), std::string("/x"), std::string("units/-"), std::string("units/A/B"),
        std::string("units/A B"), std::string("units/\x01"), std::string("units/县"), "units/" + std::string(300, 'A'),
        std::string("members/bad")}) {
    EXPECT_EQ(GetUnit(name), "INVALID_ARGUMENT BAD_NAME") << name;
  }
}

TEST_F(AuthorizerTest, NamesEveryWrongField) {
  Grant({{v1::ROLE_OFFICER, 0}});
  org::BatchGetUnitsRequest request;
  for (const char* name : {"units/TOWN", "", "units/-", "units/UNKNOWN"}) request.add_names(name);
  auto status = Authorize(User(), "organization.v1.OrganizationService.BatchGetUnits", request).status();
  std::vector<std::string> faults;
  for (const Violation& violation : ViolationsOf(status)) faults.push_back(violation.field + " " + violation.reason);
  EXPECT_THAT(faults, ElementsAre("names[1] REQUIRED", "names[2] BAD_NAME"));
}

TEST_F(AuthorizerTest, WritesToEverythingNeedEverything) {
  constexpr char kCreate[] = "organization.v1.OrganizationService.CreateUnit";
  org::CreateUnitRequest root;
  org::CreateUnitRequest all;
  all.mutable_unit()->set_parent("units/-");
  org::ListUnitsRequest list;
  list.set_parent("units/-");
  Grant({{v1::ROLE_OFFICER, 1}});
  EXPECT_EQ(Outcome(Authorize(User(), kCreate, root).status()), "PERMISSION_DENIED NEEDS_ALL_UNITS");
  EXPECT_EQ(Outcome(Authorize(User(), kCreate, all).status()), "PERMISSION_DENIED NEEDS_ALL_UNITS");
  EXPECT_TRUE(Authorize(User(), "organization.v1.OrganizationService.ListUnits", list).ok());
  Grant({{v1::ROLE_OFFICER, 0}});
  EXPECT_TRUE(Authorize(User(), kCreate, root).ok());
  EXPECT_TRUE(Authorize(User(), kCreate, all).ok());
  // The reading role on everything does not widen the writing role.
  Grant({{v1::ROLE_OFFICER, 1}, {v1::ROLE_VIEWER, 0}});
  EXPECT_EQ(Outcome(Authorize(User(), kCreate, root).status()), "PERMISSION_DENIED NEEDS_ALL_UNITS");
}

TEST_F(AuthorizerTest, EffectsDecideWhileCutOff) {
  Grant({{v1::ROLE_OFFICER, 0}});
  org::GetUnitRequest get;
  get.set_name("units/TOWN");
  org::DissolveUnitRequest dissolve;
  dissolve.set_name("units/TOWN");
  org::RevealMemberRequest reveal;
  reveal.set_name("members/1");
  auto outcomes = [&] {
    Authorizer::Identity li = User();
    return std::vector<std::string>{
        Outcome(Authorize(li, "organization.v1.OrganizationService.GetUnit", get).status()),
        Outcome(Authorize(li, "organization.v1.OrganizationService.DissolveUnit", dissolve).status()),
        Outcome(Authorize(li, "organization.v1.MemberService.RevealMember", reveal).status()),
        Outcome(Authorize(li, "common.v1.EchoService.Echo", v1::EchoRequest()).status())};
  };
  const std::string stale = "UNAVAILABLE DIRECTORY_STALE";
  EXPECT_THAT(outcomes(), ElementsAre("OK", "OK", "OK", "OK"));
  clock_.Advance(absl::Seconds(5));
  EXPECT_THAT(outcomes(), ElementsAre("OK", "OK", "OK", "OK"));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(outcomes(), ElementsAre("OK", stale, stale, "OK"));
  clock_.Advance(absl::Minutes(10) - absl::Seconds(5));
  EXPECT_THAT(outcomes(), ElementsAre(stale, stale, stale, "OK"));
  directory_.Heard(clock_.Now());
  EXPECT_THAT(outcomes(), ElementsAre("OK", "OK", "OK", "OK"));
  clock_.Advance(-absl::Minutes(2));
  EXPECT_THAT(outcomes(), ElementsAre("OK", stale, stale, "OK")) << "the clock was set back";
}

TEST_F(AuthorizerTest, NothingIsServedBeforeTheDirectoryIsLoaded) {
  Directory empty;
  Authorizer authorizer(*verifier_, empty, owners_, clock_);
  auto li = authorizer.Identify({identity_.UserBearer("li"), ""});
  ASSERT_TRUE(li.ok());
  org::GetUnitRequest request;
  request.set_name("units/TOWN");
  EXPECT_EQ(Outcome(authorizer
                        .Authorize(*li, Access("organization.v1.OrganizationService.GetUnit"), request,
                                   absl::InfiniteFuture())
                        .status()),
            "UNAVAILABLE DIRECTORY_LOADING");
}

TEST_F(AuthorizerTest, RechecksStreams) {
  MethodAccess watch = Access("organization.v1.OrganizationService.Watch");
  Grant({{v1::ROLE_OFFICER, 2}, {v1::ROLE_OFFICER, 3}});
  nlohmann::json claims = identity_.users().Claims("li", clock_.Now());
  auto li = *Identify("Bearer " + identity_.users().Sign(claims), identity_.ServiceBearer("gateway"));
  Scope scope = *authorizer_.Authorize(li, watch, v1::WatchRequest(), absl::InfiniteFuture());
  auto recheck = [&] { return Outcome(authorizer_.Recheck(li, watch, scope, nullptr)); };
  EXPECT_EQ(recheck(), "OK");
  Grant({{v1::ROLE_OFFICER, 1}});
  EXPECT_EQ(recheck(), "OK") << "wider";
  Grant({{v1::ROLE_AUDITOR, 2}, {v1::ROLE_AUDITOR, 3}});
  EXPECT_EQ(recheck(), "OK") << "another role that holds the permission";
  Grant({{v1::ROLE_OFFICER, 2}});
  EXPECT_EQ(recheck(), "PERMISSION_DENIED SCOPE_CHANGED");
  Grant({{v1::ROLE_VIEWER, 0}});
  EXPECT_EQ(recheck(), "PERMISSION_DENIED ROLE_MISSING");
  Grant({{v1::ROLE_OFFICER, 0}});
  EXPECT_EQ(recheck(), "OK");
  clock_.Advance(absl::Minutes(11));
  EXPECT_EQ(recheck(), "UNAVAILABLE DIRECTORY_STALE");
  directory_.Heard(clock_.Now());
  RevokeToken(li.service_jti);
  EXPECT_EQ(recheck(), "UNAUTHENTICATED TOKEN_REVOKED");
  li.service_jti.clear();
  RevokeToken(claims["jti"]);
  EXPECT_EQ(recheck(), "UNAUTHENTICATED TOKEN_REVOKED");
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(recheck(), "UNAUTHENTICATED TOKEN_EXPIRED");
}

TEST_F(AuthorizerTest, AStreamEndsWhenItsUnitLeavesTheScope) {
  MethodAccess access = Access("organization.v1.OrganizationService.ExportUnits");
  Grant({{v1::ROLE_VIEWER, 2}});
  auto li = User();
  org::ExportUnitsRequest request;
  request.set_parent("units/BRANCH");
  Scope scope = *authorizer_.Authorize(li, access, request, absl::InfiniteFuture());
  auto recheck = [&] { return Outcome(authorizer_.Recheck(li, access, scope, &request)); };
  EXPECT_EQ(recheck(), "OK");
  auto place = [&](std::vector<DirectoryUnit> units) {
    DirectoryDelta delta = Delta(++position_);
    delta.units = std::move(units);
    directory_.Apply(delta, clock_.Now());
  };
  place({MakeUnit(4, 3, "BRANCH")});
  EXPECT_THAT(recheck(), ::testing::StartsWith("NOT_FOUND"));
  place({MakeUnit(4, 2, "BRANCH")});
  EXPECT_EQ(recheck(), "OK");
  // With everything of the caller, it is in the scope still.
  place({MakeUnit(2, 9, "TOWN")});
  EXPECT_EQ(recheck(), "OK");
  Grant({{v1::ROLE_VIEWER, 0}});
  EXPECT_EQ(recheck(), "OK");
  request.set_parent("units/-");
  EXPECT_EQ(recheck(), "OK");
}

TEST_F(AuthorizerTest, AStreamOverEverythingEndsWithLess) {
  MethodAccess watch = Access("organization.v1.OrganizationService.Watch");
  Grant({{v1::ROLE_OFFICER, 0}});
  auto li = User();
  Scope scope = *authorizer_.Authorize(li, watch, v1::WatchRequest(), absl::InfiniteFuture());
  Grant({{v1::ROLE_OFFICER, 1}});
  EXPECT_EQ(Outcome(authorizer_.Recheck(li, watch, scope, nullptr)), "PERMISSION_DENIED SCOPE_CHANGED");
}

// Writes `name` into every unit field of a request.
void SetUnitFields(pb::Message& request, const v1::MethodPolicy& policy, const std::string& name) {
  for (std::string path : policy.unit_fields()) {
    pb::Message* message = &request;
    for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
      message = message->GetReflection()->MutableMessage(
          message, message->GetDescriptor()->FindFieldByName(path.substr(0, dot)));
      path.erase(0, dot + 1);
    }
    const auto* field = message->GetDescriptor()->FindFieldByName(path);
    if (field->is_repeated()) {
      message->GetReflection()->AddString(message, field, name);
    } else {
      message->GetReflection()->SetString(message, field, name);
    }
  }
}

bool HeldBy(const v1::MethodPolicy& policy, v1::Role role) {
  const auto* value = v1::Permission_descriptor()->FindValueByNumber(policy.permission());
  const auto& roles = value->options().GetExtension(v1::held_by).roles();
  return role != v1::ROLE_SERVICE && std::find(roles.begin(), roles.end(), role) != roles.end();
}

// What the protos promise, said once more in the plainest way.
std::string Expected(const v1::MethodPolicy& policy, v1::Role role, std::optional<int64_t> granted) {
  if (policy.permission() == v1::PERMISSION_IDENTIFIED && policy.scope() == v1::SCOPE_CALLER) return "OK";
  if (!granted || !HeldBy(policy, role)) return "PERMISSION_DENIED ROLE_MISSING";
  if (policy.scope() == v1::SCOPE_ALL) return *granted == 0 ? "OK" : "PERMISSION_DENIED NEEDS_ALL_UNITS";
  if (policy.scope() != v1::SCOPE_UNIT) return "OK";
  return *granted == 0 || *granted == 1 || *granted == 2 ? "OK" : "NOT_FOUND";  // of TOWN
}

TEST_F(AuthorizerTest, EveryMethodRoleAndScope) {
  pb::DynamicMessageFactory messages;
  int decided = 0;
  for (const auto* method : tests::AllMethods()) {
    MethodAccess access = *MethodAccess::Read(method);
    std::unique_ptr<pb::Message> request(
        pb::MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
    SetUnitFields(*request, access.policy(), "units/TOWN");
    for (int role = v1::ROLE_VIEWER; role <= v1::ROLE_SERVICE; ++role) {
      // Everything, above, itself, below, beside, elsewhere, nothing.
      for (std::optional<int64_t> unit :
           {std::optional<int64_t>(0), {1}, {2}, {4}, {3}, {9}, std::optional<int64_t>()}) {
        if (unit) {
          Grant({{static_cast<v1::Role>(role), *unit}});
        } else {
          Grant({});
        }
        absl::Status status = authorizer_.Authorize(User(), access, *request, absl::InfiniteFuture()).status();
        EXPECT_EQ(Outcome(status), Expected(access.policy(), static_cast<v1::Role>(role), unit))
            << method->full_name() << " as " << v1::Role_Name(role) << " on " << (unit ? *unit : -1);
        ++decided;
      }
    }
  }
  EXPECT_GT(decided, 1'500);
}

}  // namespace
}  // namespace ronghe::common
