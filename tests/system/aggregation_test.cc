// What the gateway keeps, what a writer reads back, and under which structure every service sums: over the processes as
// they ship.

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ronghe/gateway/v1/overview_service.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"

#include "services/common/sql/database.h"
#include "tests/support/eventually.h"
#include "tests/support/made_up.h"
#include "tests/support/rpc_client.h"
#include "tests/support/suite.h"

namespace ronghe {
namespace {

using gateway::v1::Overview;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kOverviews[] = "ronghe.gateway.v1.OverviewService/";
constexpr char kMembers[] = "ronghe.organization.v1.MemberService/";
constexpr char kUnits[] = "ronghe.organization.v1.OrganizationService/";
constexpr absl::Duration kPatience = absl::Seconds(30);

class AggregationTest : public testing::Test {
 protected:
  // Two counties of two townships of two branches.
  AggregationTest() : client_(suite_.gateway(), suite_.administrator()) {
    const std::string file = suite_.File("units.csv");
    {
      std::ofstream out(file);
      out << "code,title,level,kind,parent\n37,P,LEVEL_PROVINCE,UNIT_KIND_COMMITTEE,\n";
      for (const char* county : {"370783", "370784"}) {
        out << fmt::format("{0},{0},LEVEL_COUNTY,UNIT_KIND_COMMITTEE,37\n", county);
        for (const char* town : {"001", "002"}) {
          out << fmt::format("{0}{1},{0}{1},LEVEL_TOWNSHIP,UNIT_KIND_COMMITTEE,{0}\n", county, town);
          for (const char* branch : {"001", "002"}) {
            out << fmt::format("{0}{1}{2},{0}{1}{2},LEVEL_BRANCH,UNIT_KIND_BRANCH,{0}{1}\n", county, town, branch);
          }
        }
      }
    }
    Succeed({"import", "units", file});
    // As anywhere, the last change of partition 0 is one of grants, not of units.
    Succeed(
        {"grant", "create", "--issuer", "ronghe-local", "--subject", "reader", "--role", "viewer", "--unit", "370783"});
  }

  void Succeed(const std::vector<std::string>& command) {
    const tests::CommandResult result = suite_.Cli(command);
    ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  }

  Overview Get(const std::string& unit, const std::string& min_revision = "") {
    gateway::v1::GetOverviewRequest request;
    request.set_unit("units/" + unit);
    if (!min_revision.empty()) request.add_min_revision(min_revision);
    return client_.Must<Overview>(std::string(kOverviews) + "GetOverview", request);
  }
  organization::v1::Member Register(int64_t person, const std::string& branch) {
    organization::v1::CreateMemberRequest request;
    *request.mutable_member() = tests::MadeUpMember(person, "units/" + branch);
    return client_.Must<organization::v1::Member>(std::string(kMembers) + "CreateMember", request);
  }
  void Move(const std::string& unit, const std::string& parent) {
    organization::v1::MoveUnitRequest request;
    request.set_name("units/" + unit);
    request.set_parent("units/" + parent);
    client_.Must<organization::v1::Unit>(std::string(kUnits) + "MoveUnit", request);
  }

  // How many figures of organization the gateway had to ask for.
  double Loaded() {
    const tests::CommandResult text =
        suite_.Run({"python3", "-c", "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())",
                    fmt::format("http://{}/metrics", suite_.ProbeAddress("gateway"))});
    EXPECT_EQ(text.exit_code, 0) << text.err;
    for (const absl::string_view line : absl::StrSplit(text.out, '\n')) {
      if (line.find("ronghe_overview_figures_total") != 0 || line.find("organization") == std::string::npos ||
          line.find("loaded") == std::string::npos) {
        continue;
      }
      double value = -1;
      EXPECT_TRUE(absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) << line;
      return value;
    }
    ADD_FAILURE() << text.out;
    return -1;
  }

  // Where every unit stands and stood, and the structure revision, as a service has folded it.
  std::string Places(const std::string& service) {
    const auto database = common::sql::OpenDatabase("sqlite:" + suite_.File(service + ".db"));
    EXPECT_TRUE(database.ok()) << database.status();
    std::string text;
    const auto read = [&](common::sql::Session& session) -> absl::Status {
      return session.Select(
          {"test_places",
           "SELECT uid, from_month, parent_uid, unit_partition FROM rollup_place WHERE partition_id = 0 "
           "UNION ALL SELECT -1, structure_revision, 0, 0 FROM rollup_state WHERE partition_id = 0 "
           "ORDER BY uid, from_month"},
          {}, [&](const common::sql::Row& row) {
            text += fmt::format("{} {} {} {}\n", row.Int(0), row.Int(1), row.Int(2), row.Int(3));
            return absl::OkStatus();
          });
    };
    EXPECT_TRUE((*database)->Read(absl::InfiniteFuture(), read).ok());
    return text;
  }

  template <typename Condition>
  static bool Eventually(Condition condition) {
    for (const absl::Time limit = absl::Now() + kPatience; absl::Now() < limit; tests::Pause()) {
      if (condition()) return true;
    }
    return false;
  }

  tests::Suite suite_;
  tests::RpcClient client_;
};

// A change in one township tells nothing against what is kept of another.
TEST_F(AggregationTest, WhatIsKeptOutlivesChangesElsewhere) {
  // Followed, and known to be current: two readings in a row need nothing.
  ASSERT_TRUE(Eventually([&] {
    Get("370783001");
    const double before = Loaded();
    Get("370783001");
    return Loaded() == before;
  }));
  for (int64_t i = 0; i < 5; ++i) {
    Register(1000 + i, "370783002001");
    ASSERT_TRUE(Eventually([&] { return Get("370783002").organization().members() == i + 1; }));
    const double before = Loaded();
    EXPECT_EQ(Get("370783001").organization().members(), 0);
    EXPECT_EQ(Loaded(), before) << "a township in which nothing changed was asked for again";
  }
  EXPECT_EQ(Get("370783", Register(1005, "370783002001").revision()).organization().members(), 6);
}

TEST_F(AggregationTest, AWriterReadsTheWriteAtEveryLevel) {
  for (int64_t i = 0; i < 20; ++i) {
    const std::string token = Register(2000 + i, "370784002002").revision();
    for (const char* unit : {"370784002002", "370784002", "370784", "37"}) {
      EXPECT_EQ(Get(unit, token).organization().members(), i + 1) << unit;
    }
  }
  EXPECT_EQ(Get("370783").organization().members(), 0);
}

TEST_F(AggregationTest, EveryServiceSumsUnderTheSameStructure) {
  Move("370783001", "370784");
  Move("370784001001", "370783002");
  Move("370783001", "370783");
  Move("370783001002", "370784002");
  const std::string places = Places("organization");
  EXPECT_THAT(places, Not(IsEmpty()));
  for (const char* service : {"education", "rectification", "assessment"}) {
    EXPECT_TRUE(Eventually([&] { return Places(service) == places; })) << service << "\n" << Places(service) << places;
  }
  EXPECT_FALSE(Get("37").structure_differs());
  Succeed({"audit"});
}

}  // namespace
}  // namespace ronghe
