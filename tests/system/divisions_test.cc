// The whole nation's administrative divisions, real input, through the gateway in one call. The tables stand beside the
// checkout, or where RONGHE_DIVISIONS says; without them the test is skipped by name.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ronghe/gateway/v1/overview_service.pb.h"
#include "tests/support/rpc_client.h"
#include "tests/support/suite.h"

namespace ronghe {
namespace {

std::string Tables() {
  if (const char* set = std::getenv("RONGHE_DIVISIONS")) return set;
  return tests::Suite::SourceFile("../shared/data/divisions");
}

TEST(Divisions, TheNationIsImportedAndItsSumsHold) {
  if (!std::filesystem::exists(Tables() + "/streets.csv")) {
    GTEST_SKIP() << "the division tables are not here: " << Tables();
  }
  tests::Suite suite;
  const tests::CommandResult made =
      suite.Run({"python3", tests::Suite::SourceFile("deploy/local/sample/divisions.py"), Tables()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string file = suite.File("units.csv");
  std::ofstream(file) << made.out;
  const tests::CommandResult imported = suite.Cli({"import", "units", file}, absl::Minutes(5));
  ASSERT_EQ(imported.exit_code, 0) << imported.out << imported.err;

  tests::RpcClient client(suite.gateway(), suite.administrator());
  gateway::v1::ListChildOverviewsRequest request;
  request.set_unit("units/-");
  request.set_page_size(1000);
  const auto provinces = client.Must<gateway::v1::ListChildOverviewsResponse>(
      "ronghe.gateway.v1.OverviewService/ListChildOverviews", request);
  ASSERT_EQ(provinces.overviews_size(), 31);
  int64_t units = 0;
  for (const auto& province : provinces.overviews()) units += province.organization().units();
  // 31 + 342 + 2,978 + 41,352, less the nine rows of the tables that are no place.
  EXPECT_EQ(units, 44'703 - 9);
  gateway::v1::GetOverviewRequest one;
  one.set_unit("units/370783");
  const auto county = client.Must<gateway::v1::Overview>("ronghe.gateway.v1.OverviewService/GetOverview", one);
  EXPECT_EQ(county.child_count(), 15);
  EXPECT_EQ(county.organization().units(), 16);
}

}  // namespace
}  // namespace ronghe
