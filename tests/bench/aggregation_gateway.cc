// What overviews cost at the gateway, how fresh they are, and what memory a large tree takes.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "ronghe/assessment/v1/metrics.pb.h"
#include "ronghe/common/v1/echo_service.pb.h"
#include "ronghe/education/v1/metrics.pb.h"
#include "ronghe/gateway/v1/overview_service.grpc.pb.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"
#include "ronghe/rectification/v1/metrics.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/rollup/change.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/values/status.h"
#include "tests/bench/aggregation.h"
#include "tests/bench/load.h"
#include "tests/bench/must.h"
#include "tests/support/eventually.h"
#include "tests/support/made_up.h"
#include "tests/support/suite.h"

namespace ronghe::bench {
namespace {

using tests::CommandResult;
using tests::Suite;

constexpr char kEcho[] = "/ronghe.common.v1.EchoService/Echo";
constexpr char kGetOverview[] = "/ronghe.gateway.v1.OverviewService/GetOverview";
constexpr char kCounty[] = "370783";

void Require(const CommandResult& result, const std::string& what) {
  if (result.exit_code == 0) return;
  fmt::print(stderr, "{} failed ({}):\n{}\n{}\n", what, result.exit_code, result.out, result.err);
  std::exit(2);
}
// The sample county, with members.
void ImportSample(Suite& suite) {
  Require(suite.Run({"python3", Suite::SourceFile("deploy/local/sample/generate.py"), suite.File("sample")}),
          "the sample generator");
  Require(suite.Cli({"import", "units", suite.File("sample") + "/units.csv"}), "the import of units");
  Require(suite.Cli({"import", "members", suite.File("sample") + "/members.csv", "--parent", kCounty}),
          "the import of members");
}

// Figures of every metric for every unit of a service, as its own writes will log them: through its change log, from
// which the running process folds them.
void LogFigures(Suite& suite, const std::string& service, const google::protobuf::Descriptor* descriptor) {
  const common::SystemClock clock;
  common::SystemRandom random;
  const common::MetricSet metrics(descriptor);
  const auto database = Must(common::sql::OpenDatabase("sqlite:" + suite.File(service + ".db")));
  common::ChangeLog log(*database, clock, random);
  std::vector<std::pair<common::UnitUid, common::PartitionId>> units;
  Must(database->Read(absl::Now() + absl::Seconds(30), [&](common::sql::Session& session) {
    return session.Select({"units", "SELECT uid, unit_partition FROM rollup_place WHERE partition_id = 0"}, {},
                          [&](const common::sql::Row& row) {
                            units.emplace_back(common::UnitUid(row.Int(0)), common::PartitionId(row.Int(1)));
                            return absl::OkStatus();
                          });
  }));
  const auto month =
      common::MonthOf(absl::CivilMonth(absl::ToCivilSecond(clock.Now(), absl::FixedTimeZone(8 * 60 * 60))));
  std::minstd_rand numbers(1);
  common::Call call;
  call.deadline = absl::Now() + absl::Minutes(2);
  for (const auto& unit : units) {
    common::RollupChange change;
    common::RollupChange::Amount& amount = change.amounts.emplace_back();
    amount.unit = unit.first;
    amount.month = month;
    for (const common::MetricSet::Metric& metric : metrics.all()) {
      amount.metrics.emplace_back(metric.name, 1 + static_cast<int64_t>(numbers() % 90));
    }
    Must(log.Write(unit.second, call,
                   [&](common::WriteTxn& txn) {
                     common::ChangeEntry entry;
                     entry.resource = "bench/1";
                     entry.unit = unit.first;
                     entry.rollup = common::EncodeRollup(change);
                     txn.Log(std::move(entry));
                     return absl::OkStatus();
                   })
             .status());
  }
}

// The codes in the first column of a CSV file.
std::vector<std::string> Codes(const std::string& file) {
  std::vector<std::string> codes;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) codes.push_back(line.substr(0, line.find(',')));
  return codes;
}

// Numbers 0 to n-1, the i-th with a weight of 1/(i+1).
class Zipf {
 public:
  explicit Zipf(size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sums_.push_back(sum += 1.0 / static_cast<double>(i + 1));
  }
  size_t operator()(std::minstd_rand& random) const {
    const double at = std::uniform_real_distribution<double>(0, sums_.back())(random);
    return static_cast<size_t>(std::lower_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

void Settle(Suite& suite, const std::string& token, const std::string& unit) {
  const auto stub =
      gateway::v1::OverviewService::NewStub(grpc::CreateChannel(suite.gateway(), grpc::InsecureChannelCredentials()));
  for (const absl::Time limit = absl::Now() + absl::Seconds(30); absl::Now() < limit; tests::Pause()) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    gateway::v1::GetOverviewRequest request;
    request.set_unit("units/" + unit);
    gateway::v1::Overview overview;
    const grpc::Status status = stub->GetOverview(&context, request, &overview);
    const auto whole = [](const auto& part) { return !part.missing() && !part.stale(); };
    if (status.ok() && overview.parts_size() == 4 &&
        std::all_of(overview.parts().begin(), overview.parts().end(), whole) &&
        overview.assessment().objectives() > 0 && overview.rectification().problems_open() > 0 &&
        overview.education().credit_deci_hours() > 0) {
      return;
    }
  }
  fmt::print(stderr, "the overview does not become whole\n");
  std::exit(2);
}

}  // namespace

void OverviewFigures(Report& report) {
  Suite suite;
  ImportSample(suite);
  LogFigures(suite, "education", education::v1::EducationMetrics::descriptor());
  LogFigures(suite, "rectification", rectification::v1::RectificationMetrics::descriptor());
  LogFigures(suite, "assessment", assessment::v1::AssessmentMetrics::descriptor());
  Require(suite.Cli({"grant", "create", "--issuer", "ronghe-local", "--subject", "reader", "--role", "viewer", "--unit",
                     kCounty}),
          "the viewer's grant");
  const std::string token = suite.Token("reader");
  Settle(suite, token, kCounty);
  std::vector<std::string> codes = Codes(suite.File("sample") + "/units.csv");
  // The county and what is below it; what is above lies outside the viewer's scope.
  std::erase_if(codes, [](const std::string& code) { return !code.starts_with(kCounty); });
  codes.resize(std::min<size_t>(codes.size(), 1'000));
  std::minstd_rand random(1);
  const Zipf zipf(codes.size());
  LoadCall overview{suite.gateway(), kGetOverview, token, {}};
  for (int i = 0; i < 20'000; ++i) {
    gateway::v1::GetOverviewRequest request;
    request.set_unit("units/" + codes[zipf(random)]);
    overview.requests.push_back(request.SerializeAsString());
  }
  const LoadCall echo = MakeLoadCall(suite.gateway(), kEcho, token, common::v1::EchoRequest());
  const PairResult result = RunPairs(overview, echo);
  if (result.a.failures + result.b.failures > 0) {
    fmt::print(stderr, "{} calls failed: {} {}\n", result.a.failures + result.b.failures, result.a.first_failure,
               result.b.first_failure);
    std::exit(2);
  }
  report.Note("aggregation.echo_per_s", result.b.calls_per_second, "calls/s");
  report.Note("aggregation.overview_warm_per_s", result.a.calls_per_second, "calls/s");
  report.Note("aggregation.overview_warm_p99_ms", result.a.p99_ms, "ms");
  report.AtLeast("aggregation.overview_warm_ratio", result.ratio, "x Echo", 0.7);
  report.AtMost("aggregation.overview_warm_p99_ratio", result.p99_ratio, "x Echo's", 3);
}

namespace {

// When the pushed number of members first reached a number.
class Pushes {
 public:
  void Add(int64_t members, absl::Time time) {
    const std::lock_guard lock(mutex_);
    if (seen_.empty() || members > seen_.back().first) seen_.emplace_back(members, time);
  }
  int64_t last() {
    const std::lock_guard lock(mutex_);
    return seen_.empty() ? 0 : seen_.back().first;
  }
  absl::Time Reached(int64_t members) {
    const std::lock_guard lock(mutex_);
    const auto found = std::lower_bound(seen_.begin(), seen_.end(), members,
                                        [](const auto& entry, int64_t m) { return entry.first < m; });
    return found == seen_.end() ? absl::InfiniteFuture() : found->second;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<int64_t, absl::Time>> seen_;
};

struct Write {
  absl::Time begun;
  absl::Time acknowledged;
};

// Registers members at a rate, in branches of the county; the writes in the order of their acknowledgement.
std::vector<Write> WriteMembers(Suite& suite, const std::vector<std::string>& branches, double rate,
                                absl::Duration time, int64_t first_person) {
  constexpr int kThreads = 8;
  const std::string token = suite.administrator();
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::vector<Write> writes;
  std::vector<std::thread> threads;
  const absl::Time begin = absl::Now();
  const auto count = static_cast<int64_t>(rate * absl::ToDoubleSeconds(time));
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const auto stub = organization::v1::MemberService::NewStub(
          grpc::CreateChannel(suite.gateway(), grpc::InsecureChannelCredentials()));
      for (int64_t i = next++; i < count; i = next++) {
        const absl::Time due = begin + absl::Seconds(static_cast<double>(i) / rate);
        absl::SleepFor(due - absl::Now());  // the rate is what is asked for
        organization::v1::CreateMemberRequest request;
        *request.mutable_member() =
            tests::MadeUpMember(first_person + i, "units/" + branches[static_cast<size_t>(i) % branches.size()]);
        grpc::ClientContext context;
        context.AddMetadata("authorization", "Bearer " + token);
        organization::v1::Member made;
        const absl::Time begun = absl::Now();
        const grpc::Status status = stub->CreateMember(&context, request, &made);
        if (!status.ok()) {
          fmt::print(stderr, "a member was not registered: {}\n", status.error_message());
          std::exit(2);
        }
        const std::lock_guard lock(mutex);
        writes.push_back({begun, absl::Now()});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return writes;
}

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace

void FreshnessFigures(Report& report) {
  Suite suite;
  ImportSample(suite);
  // Where members live already.
  const std::vector<std::string> homes = Codes(suite.File("sample") + "/members.csv");
  const std::set<std::string> distinct(homes.begin(), homes.end());
  const std::vector<std::string> codes(distinct.begin(), distinct.end());
  const auto channel = grpc::CreateChannel(suite.gateway(), grpc::InsecureChannelCredentials());
  const auto stub = gateway::v1::OverviewService::NewStub(channel);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + suite.administrator());
  gateway::v1::WatchOverviewRequest request;
  request.set_unit(absl::StrCat("units/", kCounty));
  const auto reader = stub->WatchOverview(&context, request);
  gateway::v1::Overview overview;
  if (!reader->Read(&overview)) {
    fmt::print(stderr, "no overview is pushed: {}\n", reader->Finish().error_message());
    std::exit(2);
  }
  const int64_t before = overview.organization().members();
  Pushes pushes;
  std::atomic<int64_t> messages{0};
  std::thread follower([&] {
    gateway::v1::Overview next;
    while (reader->Read(&next)) {
      ++messages;
      pushes.Add(next.organization().members(), absl::Now());
    }
  });
  int64_t person = 3'000'000;
  int64_t done = 0;
  for (const auto& [rate, seconds] : {std::pair(200.0, 30), std::pair(400.0, 10), std::pair(800.0, 10)}) {
    const absl::Time begin = absl::Now();
    const int64_t pushed = messages;
    const std::vector<Write> writes = WriteMembers(suite, codes, rate, absl::Seconds(seconds), person);
    const double achieved = static_cast<double>(writes.size()) / absl::ToDoubleSeconds(absl::Now() - begin);
    person += static_cast<int64_t>(writes.size());
    const int64_t expected = before + done + static_cast<int64_t>(writes.size());
    for (const absl::Time limit = absl::Now() + absl::Seconds(5); pushes.last() < expected && absl::Now() < limit;) {
      tests::Pause();
    }
    std::vector<double> from_begin;
    std::vector<double> from_acknowledged;
    for (size_t i = 0; i < writes.size(); ++i) {
      const absl::Time seen = pushes.Reached(before + done + static_cast<int64_t>(i) + 1);
      from_begin.push_back(absl::ToDoubleMilliseconds(seen - writes[i].begun));
      from_acknowledged.push_back(absl::ToDoubleMilliseconds(seen - writes[i].acknowledged));
    }
    done += static_cast<int64_t>(writes.size());
    const std::string at = fmt::format("aggregation.freshness_at_{:g}", rate);
    report.Note(at + "_achieved", achieved, "writes/s");
    report.Note(at + "_pushes", static_cast<double>(messages - pushed), "pushes");
    if (rate == 200) {
      report.AtMost("aggregation.freshness_p50_ms", Percentile(from_begin, 0.5), "ms", 150);
      report.AtMost("aggregation.freshness_p99_ms", Percentile(from_begin, 0.99), "ms", 500);
      report.Note("aggregation.freshness_acknowledged_p50_ms", Percentile(from_acknowledged, 0.5), "ms");
    } else {
      report.Note(at + "_p50_ms", Percentile(from_begin, 0.5), "ms");
      report.Note(at + "_p99_ms", Percentile(from_begin, 0.99), "ms");
    }
  }
  context.TryCancel();
  follower.join();
  reader->Finish();
}

void MemoryFigures(Report& report, int64_t units) {
  Suite suite;
  const std::string file = suite.File("nation.csv");
  int64_t rows = 0;
  {
    // 34 provinces of 30 counties of 20 townships; branches to the number asked for.
    std::ofstream out(file);
    out << "code,title,level,kind,parent\n";
    const auto row = [&](const std::string& code, const char* level, const char* kind, const std::string& parent) {
      out << fmt::format("{0},组织 {0},{1},{2},{3}\n", code, level, kind, parent);
      ++rows;
    };
    constexpr int64_t kAbove = 34 + 34 * 30 + 34 * 30 * 20;
    const int64_t branches = std::max<int64_t>(1, (units - kAbove) / (34 * 30 * 20));
    for (int p = 0; p < 34; ++p) {
      const std::string province = fmt::format("{}", 11 + p);
      row(province, "LEVEL_PROVINCE", "UNIT_KIND_COMMITTEE", "");
      for (int c = 0; c < 30; ++c) {
        const std::string county = fmt::format("{}{:04}", province, c + 1);
        row(county, "LEVEL_COUNTY", "UNIT_KIND_COMMITTEE", province);
        for (int t = 0; t < 20; ++t) {
          const std::string township = fmt::format("{}{:03}", county, t + 1);
          row(township, "LEVEL_TOWNSHIP", "UNIT_KIND_COMMITTEE", county);
          for (int64_t b = 0; b < branches; ++b) {
            row(fmt::format("{}{:04}", township, b + 1), "LEVEL_BRANCH", "UNIT_KIND_BRANCH", township);
          }
        }
      }
    }
  }
  const absl::Time begin = absl::Now();
  Require(suite.Cli({"import", "units", file}, absl::Minutes(20)), "the import of a nation");
  report.Note("aggregation.memory_import_s", absl::ToDoubleSeconds(absl::Now() - begin), "s");
  const std::string token = suite.administrator();
  // All services know all units once the last root is whole.
  const std::vector<std::string> codes = Codes(file);
  std::minstd_rand random(1);
  LoadCall overview{suite.gateway(), kGetOverview, token, {}};
  for (int i = 0; i < 5'000; ++i) {
    gateway::v1::GetOverviewRequest request;
    request.set_unit("units/" + codes[random() % codes.size()]);
    overview.requests.push_back(request.SerializeAsString());
  }
  LoadClient client(suite.gateway());
  for (int i = 0; i < 60; ++i) {
    if (client.Run(overview, absl::Seconds(1)).failures == 0) break;
  }
  client.Run(overview, absl::Seconds(10));
  report.Note("aggregation.memory_units", static_cast<double>(rows), "units");
  for (const std::string& service : Suite::Services()) {
    const double mb = suite.ResidentMegabytes(service);
    if (service == "gateway") {
      report.AtMost("aggregation.gateway_rss_mb", mb, "MB", 1024);
    } else {
      report.Note("aggregation.rss_mb." + service, mb, "MB");
    }
  }
}

}  // namespace ronghe::bench
