// Each parent's totals equal its children's plus its own, at every level, after an import and after single writes, as
// seen through the gateway.

#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ronghe/gateway/v1/overview_service.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"
#include "tests/support/rpc_client.h"
#include "tests/support/suite.h"

namespace ronghe {
namespace {

namespace pb = google::protobuf;
using organization::v1::OrganizationMetrics;

constexpr char kService[] = "ronghe.organization.v1.OrganizationService/";
constexpr char kMembers[] = "ronghe.organization.v1.MemberService/";
constexpr char kOverview[] = "ronghe.gateway.v1.OverviewService/";

void AddTo(OrganizationMetrics& sum, const OrganizationMetrics& more) {
  const pb::Descriptor* descriptor = OrganizationMetrics::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const pb::FieldDescriptor* field = descriptor->field(i);
    sum.GetReflection()->SetInt64(
        &sum, field, sum.GetReflection()->GetInt64(sum, field) + more.GetReflection()->GetInt64(more, field));
  }
}

class Sums : public testing::Test {
 protected:
  Sums() : client_(suite_.gateway(), suite_.administrator()) {
    const std::string sample = suite_.directory() + "/sample";
    Run(suite_.Run({"python3", tests::Suite::SourceFile("deploy/local/sample/generate.py"), sample, "--branches", "60",
                    "--members", "900"}));
    Run(suite_.Cli({"import", "units", sample + "/units.csv"}));
    Run(suite_.Cli({"import", "members", sample + "/members.csv", "--parent", "370783"}));
  }

  static void Run(const tests::CommandResult& result) { ASSERT_EQ(result.exit_code, 0) << result.out << result.err; }

  // Own and total of a unit, straight from the service, with the last write in it.
  organization::v1::UnitSummary Summary(const std::string& unit) {
    common::v1::BatchGetSummariesRequest request;
    request.add_units(unit);
    if (!token_.empty()) request.add_min_revision(token_);
    const auto response =
        client_.Must<organization::v1::BatchGetSummariesResponse>(std::string(kService) + "BatchGetSummaries", request);
    EXPECT_EQ(response.summaries_size(), 1);
    return response.summaries_size() == 1 ? response.summaries(0) : organization::v1::UnitSummary();
  }

  // Walks the tree by ListChildOverviews; returns the total of `unit`.
  OrganizationMetrics Check(const std::string& unit, int& units) {
    ++units;
    gateway::v1::ListChildOverviewsRequest request;
    request.set_unit(unit);
    request.set_page_size(7);
    if (!token_.empty()) request.add_min_revision(token_);
    const organization::v1::UnitSummary summary = Summary(unit);
    OrganizationMetrics sum = summary.own();
    gateway::v1::ListChildOverviewsResponse page;
    do {
      page =
          client_.Must<gateway::v1::ListChildOverviewsResponse>(std::string(kOverview) + "ListChildOverviews", request);
      EXPECT_EQ(page.total().organization().SerializeAsString(), summary.total().SerializeAsString()) << unit;
      for (const auto& child : page.overviews()) {
        EXPECT_EQ(Check(child.unit(), units).SerializeAsString(), child.organization().SerializeAsString())
            << child.unit();
        AddTo(sum, child.organization());
      }
      request.set_page_token(page.next_page_token());
    } while (!page.next_page_token().empty());
    EXPECT_EQ(sum.SerializeAsString(), summary.total().SerializeAsString()) << unit;
    return summary.total();
  }

  tests::Suite suite_;
  tests::RpcClient client_;
  std::string token_;  // of the last write
};

TEST_F(Sums, HoldAtEveryLevelThroughImportsMovesAndSingleWrites) {
  int units = 0;
  OrganizationMetrics total = Check("units/370783", units);
  EXPECT_EQ(total.members(), 900);
  EXPECT_EQ(total.members(), total.full_members() + total.probationary_members());
  EXPECT_EQ(total.units(), units);
  EXPECT_GT(total.female_members(), 100);

  // A township's branches move to another township, a member to another branch, a branch is established.
  const std::string source = "units/370783400";
  const std::string target = "units/370783003";
  const int64_t before = Summary(target).total().members();
  const int64_t moved = Summary(source).total().members();
  ASSERT_GT(moved, 0);
  organization::v1::ListUnitsRequest list;
  list.set_parent(source);
  const auto children = client_.Must<organization::v1::ListUnitsResponse>(std::string(kService) + "ListUnits", list);
  for (const auto& child : children.units()) {
    organization::v1::MoveUnitRequest move;
    move.set_name(child.name());
    move.set_parent(target);
    token_ = client_.Must<organization::v1::Unit>(std::string(kService) + "MoveUnit", move).revision();
  }
  EXPECT_EQ(Summary(target).total().members(), before + moved);
  EXPECT_EQ(Summary(source).total().members(), 0);

  organization::v1::CreateUnitRequest create;
  create.mutable_unit()->set_code("370783001888");
  create.mutable_unit()->set_title("新党支部");
  create.mutable_unit()->set_level(organization::v1::LEVEL_BRANCH);
  create.mutable_unit()->set_kind(organization::v1::UNIT_KIND_BRANCH);
  create.mutable_unit()->set_parent("units/370783001");
  token_ = client_.Must<organization::v1::Unit>(std::string(kService) + "CreateUnit", create).revision();
  organization::v1::ListMembersRequest members;
  members.set_parent("units/370783");
  members.set_subtree(true);
  members.set_page_size(5);
  const auto first_five =
      client_.Must<organization::v1::ListMembersResponse>(std::string(kMembers) + "ListMembers", members);
  for (const auto& member : first_five.members()) {
    organization::v1::MoveMemberRequest to;
    to.set_name(member.name());
    to.set_unit("units/370783001888");
    token_ = client_.Must<organization::v1::Member>(std::string(kMembers) + "MoveMember", to).revision();
  }
  EXPECT_EQ(Summary("units/370783001888").own().members(), 5);

  int units_after = 0;
  OrganizationMetrics after = Check("units/370783", units_after);
  EXPECT_EQ(units_after, units + 1);
  EXPECT_EQ(after.members(), 900);
  // Nothing but the new branch has changed in the whole.
  total.set_units(total.units() + 1);
  total.set_branches(total.branches() + 1);
  EXPECT_EQ(after.SerializeAsString(), total.SerializeAsString());
}

}  // namespace
}  // namespace ronghe
