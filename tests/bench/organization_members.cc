// Members imported through the gateway by ronghectl, then searched, one call after another over one connection to the
// service.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "ronghe/organization/v1/member_service.pb.h"
#include "tests/bench/load.h"
#include "tests/bench/organization.h"
#include "tests/support/people.h"
#include "tests/support/suite.h"

namespace ronghe::bench {
namespace {

namespace v1 = organization::v1;

constexpr int64_t kPerCounty = 100'000;
constexpr int kTownships = 20;
constexpr int kBranches = 50;  // of a township
constexpr absl::Duration kPatience = absl::Minutes(20);
// Of each kind, drawn at random.
constexpr int kDraws = 2000;
constexpr absl::Duration kMeasured = absl::Seconds(5);

// The commonest first; each is half as common again as what comes later on average, so that the first has some per
// cent.
constexpr std::string_view kSurnames =
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕";
constexpr std::string_view kGiven = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文志海燕春梅林辉鹏宇浩";

std::string_view CharacterAt(std::string_view text, size_t index) {
  return text.substr(index * 3, 3);  // all of them have three bytes
}

std::string NameOf(int64_t number) {
  std::mt19937_64 random(static_cast<uint64_t>(number) * 2654435761u + 17);
  const size_t surnames = kSurnames.size() / 3;
  const size_t given = kGiven.size() / 3;
  const size_t surname = std::min(random() % surnames, random() % surnames);
  std::string name(CharacterAt(kSurnames, surname));
  name += CharacterAt(kGiven, random() % given);
  if (random() % 5 != 0) name += CharacterAt(kGiven, random() % given);
  return name;
}

void Require(const tests::CommandResult& result, const std::string& what) {
  if (result.exit_code == 0) return;
  fmt::print(stderr, "{} failed ({}):\n{}\n{}\n", what, result.exit_code, result.out, result.err);
  std::exit(2);
}

tests::CommandResult Cli(tests::Suite& suite, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = suite.CliCommand(arguments);
  // Straight to the service.
  for (std::string& word : command) {
    if (word == suite.gateway()) word = suite.Address("organization");
  }
  return suite.Run(command, kPatience);
}

std::string County(int64_t county) {
  return fmt::format("11{:04}", county + 1);
}

void ImportUnits(tests::Suite& suite, int64_t counties) {
  const std::string file = suite.File("units.csv");
  {
    std::ofstream out(file);
    out << "code,title,level,kind,parent\n11,unit 11,LEVEL_PROVINCE,UNIT_KIND_COMMITTEE,\n";
    for (int64_t c = 0; c < counties; ++c) {
      const std::string county = County(c);
      out << fmt::format("{0},unit {0},LEVEL_COUNTY,UNIT_KIND_COMMITTEE,11\n", county);
      for (int t = 0; t < kTownships; ++t) {
        const std::string township = fmt::format("{}{:03}", county, t);
        out << fmt::format("{0},unit {0},LEVEL_TOWNSHIP,UNIT_KIND_COMMITTEE,{1}\n", township, county);
        for (int b = 0; b < kBranches; ++b) {
          out << fmt::format("{0}{1:03},unit {0}{1:03},LEVEL_BRANCH,UNIT_KIND_BRANCH,{0}\n", township, b);
        }
      }
    }
  }
  Require(Cli(suite, {"import", "units", file}), "the import of units");
}

// Seconds from the start of the command to its end.
double ImportMembers(tests::Suite& suite, int64_t county, int64_t count) {
  const std::string file = suite.File("members.csv");
  {
    std::ofstream out(file);
    out << "unit,full_name,sex,birth_date,identity_number,phone,status,join_date,full_date\n";
    for (int64_t i = 0; i < count; ++i) {
      const int64_t number = county * kPerCounty + i;
      const organization::Member::Fields person = tests::Person(number);
      const auto day = [](const organization::DateParts& parts) {
        return parts.empty() ? std::string() : fmt::format("{:04}-{:02}-{:02}", parts.year, parts.month, parts.day);
      };
      out << fmt::format("{}{:03}{:03},{},{},{},{},{},{},{},{}\n", County(county), i % kTownships,
                         i / kTownships % kBranches, NameOf(number), person.sex == 1 ? "SEX_MALE" : "SEX_FEMALE",
                         day(person.birth_date), person.identity_number, person.phone,
                         person.status == 1 ? "MEMBER_STATUS_FULL" : "MEMBER_STATUS_PROBATIONARY",
                         day(person.join_date), day(person.full_date));
    }
  }
  const absl::Time begin = absl::Now();
  Require(Cli(suite, {"import", "members", file, "--parent", County(county)}), "the import of members");
  return absl::ToDoubleSeconds(absl::Now() - begin);
}

class Measured {
 public:
  explicit Measured(tests::Suite& suite)
      : address_(suite.Address("organization")), token_(suite.administrator()), client_(address_, 1, 1) {}

  template <typename Request>
  LoadResult Run(const std::string& method, const std::vector<Request>& requests) {
    LoadCall call{address_, "/ronghe.organization.v1.MemberService/" + method, token_, {}};
    for (const Request& request : requests) call.requests.push_back(request.SerializeAsString());
    const LoadResult result = client_.Run(call, kMeasured);
    if (result.failures > 0) {
      fmt::print(stderr, "{} calls of {} failed: {}\n", result.failures, method, result.first_failure);
      std::exit(2);
    }
    return result;
  }

 private:
  std::string address_;
  std::string token_;
  LoadClient client_;
};

}  // namespace

void MemberFigures(Report& report, int64_t members) {
  tests::Suite suite({.database = {}, .arguments = {}, .start = false, .more = {}});
  suite.Start("organization");
  suite.WaitReady("organization");
  const int64_t counties = (members + kPerCounty - 1) / kPerCounty;
  ImportUnits(suite, counties);
  for (int64_t county = 0; county < counties; ++county) {
    const int64_t count = std::min(kPerCounty, members - county * kPerCounty);
    const double seconds = ImportMembers(suite, county, count);
    const double rate = static_cast<double>(count) / seconds;
    if (county == 0) report.AtLeast("organization.member_import_per_s", rate, "members/s", 2000);
    if (county == counties - 1) report.Note("organization.last_import_per_s", rate, "members/s");
  }

  Measured measured(suite);
  std::mt19937_64 random(7);
  std::vector<v1::SearchMembersRequest> by_number;
  std::map<std::string, std::vector<v1::SearchMembersRequest>> by_name;
  for (int i = 0; i < kDraws; ++i) {
    const auto number = static_cast<int64_t>(random() % static_cast<uint64_t>(members));
    v1::SearchMembersRequest request;
    request.set_parent("units/11");
    request.set_purpose("benchmark");
    request.set_identity_number(tests::Person(number).identity_number);
    by_number.push_back(request);
    const std::string name = NameOf(number);
    for (const auto& [kind, bytes] : {std::pair<const char*, size_t>{"1", 3}, {"2", 6}, {"3", 9}}) {
      request.set_full_name(name.substr(0, bytes));
      by_name[kind].push_back(request);
    }
  }
  // Names of members, to be read by: the first page of many branches.
  std::vector<v1::GetMemberRequest> gets;
  std::vector<v1::RevealMemberRequest> reveals;
  for (int i = 0; i < 200; ++i) {
    const auto county = static_cast<int64_t>(random() % static_cast<uint64_t>(counties));
    const auto listed =
        Cli(suite, {"--json", "member", "list",
                    fmt::format("{}{:03}{:03}", County(county), random() % kTownships, random() % kBranches)});
    Require(listed, "a list of members");
    const size_t at = listed.out.find("members/");
    if (at == std::string::npos) continue;
    const std::string name = listed.out.substr(at, listed.out.find('"', at) - at);
    gets.emplace_back().set_name(name);
    reveals.emplace_back().set_name(name);
    reveals.back().set_purpose("benchmark");
  }
  measured.Run("GetMember", gets);  // warm
  const LoadResult get = measured.Run("GetMember", gets);
  const LoadResult reveal = measured.Run("RevealMember", reveals);
  const LoadResult search = measured.Run("SearchMembers", by_number);
  report.Note("organization.get_member_ms", get.p50_ms, "ms");
  report.Note("organization.reveal_member_ms", reveal.p50_ms, "ms");
  report.Note("organization.identity_search_ms", search.p50_ms, "ms");
  report.Note("organization.search_over_get", search.p50_ms / get.p50_ms, "x GetMember, which is not recorded");
  // A search is a reading of personal data, recorded durably before it is answered; so is RevealMember.
  report.AtMost("organization.search_ratio", search.p50_ms / reveal.p50_ms, "x RevealMember", 2);
  double slowest = 0;
  for (const auto& [kind, requests] : by_name) {
    measured.Run("SearchMembers", requests);
    const LoadResult result = measured.Run("SearchMembers", requests);
    report.Note(fmt::format("organization.name_search_{}_p50_ms", kind), result.p50_ms, "ms");
    report.Note(fmt::format("organization.name_search_{}_p99_ms", kind), result.p99_ms, "ms");
    slowest = std::max(slowest, result.p99_ms);
  }
  report.AtMost("organization.name_search_ms", slowest, "ms, p99 of the slowest kind", 20);
}

}  // namespace ronghe::bench
