#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "ronghe/common/v1/access.pb.h"
#include "ronghe/organization/v1/access_service.pb.h"
#include "ronghe/organization/v1/directory_service.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"

#include "services/common/auth/auth.h"
#include "tests/unit/services/common/auth/methods.h"

namespace ronghe::common {
namespace {

using organization::v1::BatchGetUnitsRequest;
using organization::v1::CreateUnitRequest;
using organization::v1::ImportUnitsRequest;
using organization::v1::MoveUnitRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

MethodAccess Access(const std::string& name) {
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName("ronghe." + name);
  EXPECT_NE(method, nullptr) << name;
  return *MethodAccess::Read(method);
}

TEST(MethodAccessTest, EveryMethodOfTheSuiteHasACompletePolicy) {
  EXPECT_GT(tests::AllMethods().size(), 30u);
  for (const auto* method : tests::AllMethods()) {
    absl::StatusOr<MethodAccess> access = MethodAccess::Read(method);
    EXPECT_TRUE(access.ok()) << access.status();
  }
}

TEST(MethodAccessTest, FindsTargets) {
  MethodAccess create = Access("organization.v1.OrganizationService.CreateUnit");
  CreateUnitRequest unit;
  EXPECT_THAT(create.Targets(unit), ElementsAre(""));
  unit.mutable_unit()->set_parent("units/A");
  EXPECT_THAT(create.Targets(unit), ElementsAre("units/A"));
  EXPECT_EQ(create.TargetsOf(unit)[0].field, "unit.parent");

  MethodAccess move = Access("organization.v1.OrganizationService.MoveUnit");
  MoveUnitRequest both;
  both.set_name("units/A");
  EXPECT_THAT(move.Targets(both), ElementsAre("units/A"));
  both.set_parent("units/B");
  EXPECT_THAT(move.Targets(both), ElementsAre("units/A", "units/B"));
  EXPECT_FALSE(move.TargetsOf(both)[1].first);

  MethodAccess batch = Access("organization.v1.OrganizationService.BatchGetUnits");
  BatchGetUnitsRequest many;
  EXPECT_THAT(batch.Targets(many), ElementsAre(""));
  many.add_names("units/A");
  many.add_names("");
  EXPECT_THAT(batch.Targets(many), ElementsAre("units/A", ""));
  EXPECT_EQ(batch.TargetsOf(many)[1].field, "names[1]");

  MethodAccess import = Access("organization.v1.OrganizationService.ImportUnits");
  ImportUnitsRequest first;
  EXPECT_THAT(import.Targets(first), ElementsAre(""));
  first.mutable_start()->set_parent("units/A");
  EXPECT_THAT(import.Targets(first), ElementsAre("units/A"));
}

// A method `Do` of a made-up service that takes a CreateUnitRequest.
class MadeUpMethod {
 public:
  explicit MadeUpMethod(const v1::MethodPolicy* policy) {
    google::protobuf::FileDescriptorProto file;
    file.set_name("made_up.proto");
    file.set_syntax("proto3");
    file.add_dependency(CreateUnitRequest::descriptor()->file()->name());
    file.add_dependency(organization::v1::Unit::descriptor()->file()->name());
    auto* service = file.add_service();
    service->set_name("MadeUp");
    auto* method = service->add_method();
    method->set_name("Do");
    method->set_input_type(".ronghe.organization.v1.CreateUnitRequest");
    method->set_output_type(".ronghe.organization.v1.Unit");
    if (policy != nullptr) *method->mutable_options()->MutableExtension(v1::policy) = *policy;
    method_ = pool_.BuildFile(file)->service(0)->method(0);
  }
  std::string Fault() const { return std::string(MethodAccess::Read(method_).status().message()); }

 private:
  google::protobuf::DescriptorPool pool_{google::protobuf::DescriptorPool::generated_pool()};
  const google::protobuf::MethodDescriptor* method_;
};

v1::MethodPolicy GoodPolicy() {
  v1::MethodPolicy policy;
  policy.set_permission(v1::PERMISSION_UNITS_WRITE);
  policy.set_scope(v1::SCOPE_UNIT);
  policy.set_effect(v1::EFFECT_WRITE);
  policy.add_unit_fields("unit.parent");
  return policy;
}

TEST(MethodAccessTest, RefusesIncompletePolicies) {
  EXPECT_THAT(MadeUpMethod(nullptr).Fault(), HasSubstr("MadeUp.Do: no policy"));
  v1::MethodPolicy policy = GoodPolicy();
  EXPECT_EQ(MadeUpMethod(&policy).Fault(), "");
  policy.clear_permission();
  policy.clear_scope();
  policy.clear_effect();
  std::string all = MadeUpMethod(&policy).Fault();
  for (const char* fault : {"no permission", "no scope", "no effect"}) EXPECT_THAT(all, HasSubstr(fault));

  for (const char* path :
       {"", "unit", "unit.", "unit.nothing", "unit.parent.x", "unit.level", ".unit", "unit..parent"}) {
    policy = GoodPolicy();
    policy.set_unit_fields(0, path);
    EXPECT_THAT(MadeUpMethod(&policy).Fault(), HasSubstr("is no string")) << path;
  }
  policy = GoodPolicy();
  policy.clear_unit_fields();
  EXPECT_THAT(MadeUpMethod(&policy).Fault(), HasSubstr("SCOPE_UNIT without unit_fields"));
  policy = GoodPolicy();
  policy.set_scope(v1::SCOPE_ANY);
  EXPECT_THAT(MadeUpMethod(&policy).Fault(), HasSubstr("unit_fields without SCOPE_UNIT"));
  policy = GoodPolicy();
  policy.add_services("education");
  EXPECT_THAT(MadeUpMethod(&policy).Fault(), HasSubstr("services listed"));
  policy = GoodPolicy();
  policy.set_effect(static_cast<v1::Effect>(77));
  EXPECT_THAT(MadeUpMethod(&policy).Fault(), HasSubstr("no effect"));
}

TEST(MethodAccessTest, RolesHoldWhatTheOptionsSay) {
  EXPECT_TRUE(RoleHolds(v1::ROLE_OFFICER, v1::PERMISSION_UNITS_WRITE));
  EXPECT_FALSE(RoleHolds(v1::ROLE_VIEWER, v1::PERMISSION_UNITS_WRITE));
  EXPECT_TRUE(RoleHolds(v1::ROLE_SERVICE, v1::PERMISSION_DIRECTORY_READ));
  for (int role = v1::ROLE_VIEWER; role < v1::ROLE_SERVICE; ++role) {
    EXPECT_FALSE(RoleHolds(static_cast<v1::Role>(role), v1::PERMISSION_DIRECTORY_READ));
  }
  EXPECT_FALSE(RoleHolds(v1::ROLE_UNSPECIFIED, v1::PERMISSION_IDENTIFIED));
  EXPECT_FALSE(RoleHolds(v1::ROLE_OFFICER, v1::PERMISSION_UNSPECIFIED));
  EXPECT_FALSE(RoleHolds(static_cast<v1::Role>(99), v1::PERMISSION_UNITS_READ));
  EXPECT_FALSE(RoleHolds(v1::ROLE_OFFICER, static_cast<v1::Permission>(-1)));
}

}  // namespace
}  // namespace ronghe::common
