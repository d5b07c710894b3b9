// kill -9 of each of the five processes while an import through the gateway is under way. An import past RECEIVING
// finishes by itself after the restart, each row once; one that was still being received applies nothing.

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ronghe/organization/v1/import_service.pb.h"
#include "tests/support/rpc_client.h"
#include "tests/support/suite.h"

namespace ronghe {
namespace {

using common::v1::Import;

constexpr int kRows = 4'000;

class KillDuringImport : public testing::TestWithParam<std::string> {
 protected:
  KillDuringImport() {
    file_ = suite_.directory() + "/units.csv";
    std::ofstream out(file_);
    out << "code,title,level,kind,parent\n37,P,LEVEL_PROVINCE,UNIT_KIND_COMMITTEE,\n";
    for (int i = 1; i < kRows; ++i) out << fmt::format("37{:06},C{},LEVEL_COUNTY,UNIT_KIND_COMMITTEE,37\n", i, i);
  }

  // The only import there is; none while the service does not answer.
  Import Look() {
    organization::v1::ListImportsRequest request;
    request.set_parent("units/-");
    organization::v1::ListImportsResponse response;
    tests::RpcClient client(suite_.Address("organization"), suite_.administrator());
    const grpc::Status status = client.Call("ronghe.organization.v1.ImportService/ListImports", request, response);
    EXPECT_LE(response.imports_size(), 1);
    return status.ok() && response.imports_size() == 1 ? response.imports(0) : Import();
  }

  tests::Suite suite_;
  std::string file_;
};

TEST_P(KillDuringImport, FinishesByItselfEachRowOnce) {
  auto importing = tests::Subprocess::Start(suite_.CliCommand({"import", "units", file_}));
  ASSERT_TRUE(importing.ok()) << importing.status();

  // Once some rows are applied, or at the latest when all are.
  const absl::Time limit = absl::Now() + absl::Minutes(2);
  Import seen;
  while (absl::Now() < limit && seen.applied_rows() == 0 && seen.state() != common::v1::IMPORT_STATE_APPLIED)
    seen = Look();
  ASSERT_NE(seen.name(), "");
  suite_.Kill9(GetParam());
  suite_.Start(GetParam());
  suite_.WaitReady(GetParam());
  while (absl::Now() < limit && seen.state() != common::v1::IMPORT_STATE_APPLIED) seen = Look();
  EXPECT_EQ(seen.state(), common::v1::IMPORT_STATE_APPLIED);
  EXPECT_EQ(seen.applied_rows(), kRows);
  EXPECT_EQ(seen.rejected_rows(), 0);
  ASSERT_TRUE((*importing)->WaitExit(absl::Minutes(1)).ok());

  suite_.WaitReady("gateway");
  const std::string exported = suite_.directory() + "/exported.csv";
  const tests::CommandResult result = suite_.Cli({"export", "units", "--output", exported});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::ifstream in(exported);
  std::multiset<std::string> codes;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) codes.insert(line.substr(0, line.find(',')));
  EXPECT_EQ(codes.size(), static_cast<size_t>(kRows));
  EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), static_cast<size_t>(kRows));
}

INSTANTIATE_TEST_SUITE_P(EveryProcess, KillDuringImport,
                         testing::Values("organization", "gateway", "education", "rectification", "assessment"),
                         [](const auto& process) { return process.param; });

}  // namespace
}  // namespace ronghe
