// The rule pack over real gRPC: what is in force, and that a pack with faults stops the start.
#include <fstream>

#include <google/protobuf/text_format.h>

#include "tests/service/organization/service_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::HasSubstr;

class RulePackTest : public ServiceTest {
 protected:
  absl::StatusOr<v1::RulePack> GetPack(const std::string& subject, int year = 0) {
    v1::GetRulePackRequest request;
    if (year > 0) {
      request.mutable_as_of()->set_year(year);
      request.mutable_as_of()->set_month(3);
      request.mutable_as_of()->set_day(1);
    }
    return Units(subject, &v1::OrganizationService::Stub::GetRulePack, request);
  }
  void Write(const v1::RulePack& pack) {
    config_.rule_pack_file = dir_.File("pack.txtpb");
    std::string text;
    google::protobuf::TextFormat::PrintToString(pack, &text);
    std::ofstream(config_.rule_pack_file) << text;
  }
};

TEST_F(RulePackTest, IsReadWholeOrAsOfADayByWhoeverReadsUnits) {
  v1::RulePack pack = GetPack("admin").value();
  EXPECT_EQ(pack.name(), "rulePack");
  EXPECT_EQ(pack.sets_size(), 1);
  EXPECT_FALSE(pack.sets(0).branches().source().empty());
  EXPECT_EQ(GetPack("stranger").status().code(), absl::StatusCode::kPermissionDenied);

  pack.set_version("county-7");
  v1::RuleSet& later = *pack.add_sets() = pack.sets(0);
  later.mutable_effective_date()->set_year(2030);
  later.mutable_transfers()->set_letter_days(60);
  server_.reset();
  Write(pack);
  server_ = std::make_unique<Running>(config_);
  MakeTree();
  Grant("viewer", common::v1::ROLE_VIEWER, "B1");
  EXPECT_EQ(GetPack("viewer")->version(), "county-7");
  EXPECT_EQ(GetPack("viewer")->sets_size(), 2);
  const v1::RulePack now = GetPack("viewer", 2026).value();
  ASSERT_EQ(now.sets_size(), 1);
  EXPECT_EQ(now.sets(0).transfers().letter_days(), 90);
  EXPECT_EQ(now.version(), "county-7");
  EXPECT_EQ(GetPack("viewer", 2031)->sets(0).transfers().letter_days(), 60);

  v1::GetRulePackRequest request;
  request.mutable_as_of()->set_year(2026);
  EXPECT_EQ(Units("viewer", &v1::OrganizationService::Stub::GetRulePack, request).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// The table of placements of the pack is the one that decides.
TEST_F(RulePackTest, DecidesWhatMayStandUnderWhat) {
  v1::RulePack pack = GetPack("admin").value();
  for (v1::PlacementRule& row : *pack.mutable_sets(0)->mutable_structure()->mutable_placements()) {
    if (row.levels(0) == v1::LEVEL_TOWNSHIP && row.root()) row.set_root(false);
  }
  server_.reset();
  Write(pack);
  server_ = std::make_unique<Running>(config_);
  const auto refused = Create("admin", NewUnit("T1", v1::LEVEL_TOWNSHIP, v1::UNIT_KIND_COMMITTEE, ""));
  EXPECT_EQ(ReasonOf(refused.status()), "LEVEL_ORDER");
  Committee("C1", v1::LEVEL_COUNTY, "");
  Committee("T1", v1::LEVEL_TOWNSHIP, "C1");
}

TEST_F(RulePackTest, AFaultStopsTheStartAndIsNamed) {
  v1::RulePack pack = GetPack("admin").value();
  pack.mutable_sets(0)->mutable_periods()->set_month_close_day(40);
  pack.mutable_sets(0)->mutable_branches()->set_min_full_members(0);
  server_.reset();
  Write(pack);
  common::Process process;
  ASSERT_TRUE(process.Init(config_.serve).ok());
  Service service(process, config_);
  const absl::Status status = service.Start();
  EXPECT_THAT(std::string(status.message()), HasSubstr("sets[0].periods.month_close_day: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("sets[0].branches.min_full_members: "));
}

// The division map, the other file of this kind.
TEST_F(RulePackTest, DivisionCodesAreFollowedByTheFileInForce) {
  const auto resolve = [&](const std::string& code, int year = 0) {
    v1::ResolveDivisionCodeRequest request;
    request.set_code(code);
    if (year > 0) {
      request.mutable_as_of()->set_year(year);
      request.mutable_as_of()->set_month(1);
      request.mutable_as_of()->set_day(1);
    }
    return Units("viewer", &v1::OrganizationService::Stub::ResolveDivisionCode, request);
  };
  EXPECT_EQ(resolve("330104").status().code(), absl::StatusCode::kPermissionDenied);
  server_.reset();
  config_.division_map_file = dir_.File("divisions.txtpb");
  std::ofstream(config_.division_map_file)
      << "version: 'county-1' changes { old_code: '370786' title: 'x' new_codes: ['370783', '370787'] "
         "effective_date { year: 2022 month: 5 day: 1 } source: 'y' }";
  server_ = std::make_unique<Running>(config_);
  MakeTree();
  Grant("viewer", common::v1::ROLE_VIEWER, "B1");
  const v1::ResolveDivisionCodeResponse now = resolve("370786").value();
  EXPECT_THAT(now.codes(), testing::ElementsAre("370783", "370787"));
  EXPECT_TRUE(now.exact());
  EXPECT_EQ(now.version(), "county-1");
  ASSERT_EQ(now.changes_size(), 1);
  EXPECT_EQ(now.changes(0).source(), "y");
  EXPECT_FALSE(resolve("370786104")->exact());
  EXPECT_THAT(resolve("370786", 2022)->codes(), testing::ElementsAre("370786"));
  EXPECT_EQ(resolve("37x").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      Units("viewer", &v1::OrganizationService::Stub::GetDivisionMap, v1::GetDivisionMapRequest())->changes_size(), 1);

  server_.reset();
  std::ofstream(config_.division_map_file) << "version: 'county 1'";
  common::Process process;
  ASSERT_TRUE(process.Init(config_.serve).ok());
  Service service(process, config_);
  EXPECT_THAT(std::string(service.Start().message()), HasSubstr("division-map"));
}

}  // namespace
}  // namespace ronghe::organization
