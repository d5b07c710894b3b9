// Figures of the foundation, on the processes as they ship, over SQLite:
//   foundation_bench [--json FILE] [--divisions FILE.csv]
// The national divisions are read from the file that deploy/local/sample/divisions.py writes; without them a made-up
// nation of the same shape is imported.

#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

#include <absl/strings/str_split.h>
#include <absl/time/clock.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <nlohmann/json.hpp>

#include "ronghe/common/v1/echo_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"
#include "tests/bench/load.h"
#include "tests/bench/report.h"
#include "tests/support/suite.h"

namespace {

using ronghe::bench::LoadCall;
using ronghe::bench::MakeLoadCall;
using ronghe::bench::PairResult;
using ronghe::bench::Report;
using ronghe::tests::CommandResult;
using ronghe::tests::Suite;

constexpr char kEcho[] = "/ronghe.common.v1.EchoService/Echo";
constexpr char kGetUnit[] = "/ronghe.organization.v1.OrganizationService/GetUnit";

void Require(const CommandResult& result, const std::string& what) {
  if (result.exit_code == 0) return;
  fmt::print(stderr, "{} failed ({}):\n{}\n{}\n", what, result.exit_code, result.out, result.err);
  std::exit(2);
}

// 31 provinces, 11 prefectures each, 9 counties in those, 14 townships in those: about the size of the nation.
int64_t WriteNation(const std::string& file) {
  std::ofstream out(file);
  out << "code,title,level,kind,parent\n";
  int64_t rows = 0;
  auto row = [&](const std::string& code, const char* level, const std::string& parent) {
    out << fmt::format("{0},unit {0},{1},UNIT_KIND_COMMITTEE,{2}\n", code, level, parent);
    ++rows;
  };
  for (int p = 11; p < 42; ++p) {
    row(fmt::format("{}", p), "LEVEL_PROVINCE", "");
    for (int q = 1; q <= 11; ++q) {
      row(fmt::format("{}{:02}", p, q), "LEVEL_PREFECTURE", fmt::format("{}", p));
      for (int c = 1; c <= 9; ++c) {
        row(fmt::format("{}{:02}{:02}", p, q, c), "LEVEL_COUNTY", fmt::format("{}{:02}", p, q));
        for (int t = 1; t <= 13; ++t) {
          row(fmt::format("{}{:02}{:02}{:03}", p, q, c, t), "LEVEL_TOWNSHIP", fmt::format("{}{:02}{:02}", p, q, c));
        }
      }
    }
  }
  return rows;
}

void ImportFigures(Report& report, std::string divisions) {
  Suite suite;
  int64_t rows = 0;
  if (divisions.empty()) {
    divisions = suite.directory() + "/nation.csv";
    rows = WriteNation(divisions);
  } else {
    std::ifstream in(divisions);
    for (std::string line; std::getline(in, line);) ++rows;
    --rows;
  }
  // From the start of the command to its end: reading, sending, staging, checking, applying.
  const absl::Time begin = absl::Now();
  Require(suite.Cli({"import", "units", divisions}, absl::Minutes(5)), "the import of the nation");
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  report.Note("foundation.import_units", static_cast<double>(rows), "units");
  report.AtLeast("foundation.import_units_per_s", static_cast<double>(rows) / seconds, "units/s", 3000);
}

void CallFigures(Report& report, Suite& suite, const std::string& unit) {
  ronghe::organization::v1::GetUnitRequest get;
  get.set_name("units/" + unit);
  const std::string token = suite.administrator();
  for (const auto& [name, service, target] :
       {std::tuple{"direct", "organization", 0.5}, std::tuple{"gateway", "gateway", 0.3}}) {
    const std::string address = suite.Address(service);
    const LoadCall echo = MakeLoadCall(address, kEcho, token, ronghe::common::v1::EchoRequest());
    const LoadCall call = MakeLoadCall(address, kGetUnit, token, get);
    const PairResult result = ronghe::bench::RunPairs(call, echo);
    if (result.a.failures + result.b.failures > 0) {
      fmt::print(stderr, "{} calls failed: {} {}\n", result.a.failures + result.b.failures, result.a.first_failure,
                 result.b.first_failure);
      std::exit(2);
    }
    report.Note(fmt::format("foundation.echo_{}_per_s", name), result.b.calls_per_second, "calls/s");
    report.Note(fmt::format("foundation.getunit_{}_per_s", name), result.a.calls_per_second, "calls/s");
    report.AtLeast(fmt::format("foundation.getunit_{}_ratio", name), result.ratio, "x Echo", target);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  Report report;
  ImportFigures(report, options["--divisions"]);
  Suite suite;
  Require(suite.Run({"python3", Suite::SourceFile("deploy/local/sample/generate.py"), suite.File("sample")}),
          "the sample generator");
  Require(suite.Cli({"import", "units", suite.directory() + "/sample/units.csv"}), "the import of the sample's units");
  const absl::Time begin = absl::Now();
  Require(suite.Cli({"import", "members", suite.directory() + "/sample/members.csv", "--parent", "370783"}),
          "the import of the sample's members");
  report.Note("foundation.import_members_per_s", 15000 / absl::ToDoubleSeconds(absl::Now() - begin), "members/s");
  double largest = 0;
  for (const std::string& service : Suite::Services()) {
    // Idle: started anew with the county in its database.
    suite.Terminate(service);
    suite.Start(service);
    suite.WaitReady(service);
  }
  for (const std::string& service : Suite::Services()) {
    suite.WaitReady(service);
    const double mb = suite.ResidentMegabytes(service);
    report.Note("foundation.idle_rss_mb." + service, mb, "MB");
    largest = std::max(largest, mb);
  }
  report.AtMost("foundation.idle_rss_mb", largest, "MB", 40);
  CallFigures(report, suite, "370783");
  return report.Finish(options["--json"]);
}
