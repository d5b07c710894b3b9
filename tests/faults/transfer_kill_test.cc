// 32 members on their way between two counties at once, there and back, while organization is killed again and again:
// at every published position the totals of every level are the number of members, and in the end each member is in
// exactly one unit, the one that the last answer said.
//
//   transfer_kill_test [--kills N] [--rounds N] [--seed N]
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ronghe/common/v1/summary.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/metrics.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"
#include "ronghe/organization/v1/transfer.pb.h"

#include "services/common/rollup/change.h"
#include "services/common/sql/database.h"
#include "services/common/values/mutex.h"
#include "tests/faults/patient_client.h"
#include "tests/support/engines.h"
#include "tests/support/eventually.h"
#include "tests/support/made_up.h"
#include "tests/support/postgres.h"
#include "tests/support/seeded_random.h"
#include "tests/support/suite.h"

namespace ronghe {
namespace {

namespace ov1 = organization::v1;
namespace sql = common::sql;
using sql::Engine;

struct Flags {
  int kills = 2;
  int rounds = 1;  // transfers of each member, at least: they go on until the last kill
  uint64_t seed = 20261122;
};
Flags flags;

constexpr int kMembers = 32;
constexpr char kOrganization[] = "organization";
constexpr char kSecond[] = "organization-2";
constexpr char kUnits[] = "ronghe.organization.v1.OrganizationService/";
constexpr char kMemberService[] = "ronghe.organization.v1.MemberService/";
const char* const kSides[2][2] = {{"370783001", "370783002"}, {"370784001", "370784002"}};  // branches of a county
// So many writes at most are answered between two kills.
constexpr int kAnswersPerKill = 40;
constexpr absl::Duration kPatience = absl::Minutes(3);

class TransferKillTest : public testing::TestWithParam<Engine> {
 protected:
  TransferKillTest()
      : random_(flags.seed),
        postgres_(sqlite() ? nullptr : StartPostgres()),
        suite_(SuiteOptions()),
        token_(suite_.Token("administrator", absl::Hours(12))),
        client_(Addresses(), token_) {
    for (const std::string& name : Processes()) suite_.Start(name);
    for (const std::string& name : Processes()) suite_.WaitReady(name);
  }

  static int Kills() { return sqlite() ? (flags.kills + 1) / 2 : flags.kills; }
  static bool sqlite() { return GetParam() == Engine::kSqlite; }
  static std::unique_ptr<tests::PostgresServer> StartPostgres() {
    auto server = tests::PostgresServer::Start();
    EXPECT_TRUE(server.ok()) << server.status();
    EXPECT_TRUE((*server)->CreateDatabase(kOrganization).ok());
    return *std::move(server);
  }
  tests::Suite::Options SuiteOptions() const {
    tests::Suite::Options options;
    options.start = false;
    if (sqlite()) return options;
    options.database = postgres_->Url("{service}");
    options.more = {{kSecond, kOrganization}};
    return options;
  }
  static std::vector<std::string> Processes() {
    return sqlite() ? std::vector<std::string>{kOrganization} : std::vector<std::string>{kOrganization, kSecond};
  }
  std::vector<std::string> Addresses() const {
    std::vector<std::string> addresses;
    for (const std::string& name : Processes()) addresses.push_back(suite_.Address(name));
    return addresses;
  }

  // Answered with OK in the end; anything else fails the test.
  template <typename Response>
  Response Must(std::string_view method, const google::protobuf::Message& request) {
    Response response;
    const grpc::Status status = client_.Call(method, request, response);
    EXPECT_TRUE(status.ok()) << method << ": " << status.error_code() << " " << status.error_message();
    return response;
  }
  void Unit(const std::string& code, ov1::Level level, const std::string& parent) {
    ov1::CreateUnitRequest request;
    request.mutable_unit()->set_code(code);
    request.mutable_unit()->set_title("单位" + code);
    request.mutable_unit()->set_level(level);
    request.mutable_unit()->set_kind(level == ov1::LEVEL_BRANCH ? ov1::UNIT_KIND_BRANCH : ov1::UNIT_KIND_COMMITTEE);
    if (!parent.empty()) request.mutable_unit()->set_parent("units/" + parent);
    Must<ov1::Unit>(std::string(kUnits) + "CreateUnit", request);
  }
  void Establish() {
    Unit("3707", ov1::LEVEL_PREFECTURE, "");
    for (const auto& side : kSides) {
      const std::string county = std::string(side[0]).substr(0, 6);
      Unit(county, ov1::LEVEL_COUNTY, "3707");
      for (const char* branch : side) Unit(branch, ov1::LEVEL_BRANCH, county);
    }
    for (int i = 0; i < kMembers; ++i) {
      ov1::CreateMemberRequest request;
      homes_.emplace_back(kSides[i % 2][i / 2 % 2]);
      *request.mutable_member() = tests::MadeUpMember(i + 1, "units/" + homes_.back());
      request.set_request_id(random_.Uuid());
      const auto made = Must<ov1::Member>(std::string(kMemberService) + "CreateMember", request);
      names_.push_back(made.name());
      registered_ = made.revision();
    }
  }

  // One transfer of member `i` to the other county; now and then it is withdrawn instead.
  void Transfer(int i, int round, tests::SeededRandom& random) {
    const int side = homes_[i].starts_with("370783") ? 1 : 0;
    const std::string to = kSides[side][random.Below(2)];
    const bool withdrawn = (i + round) % 4 == 3;
    ov1::CreateTransferRequest apply;
    apply.mutable_transfer()->set_member(names_[i]);
    apply.mutable_transfer()->set_target_unit("units/" + to);
    const auto send = [&](const char* method, auto request) {
      request.set_request_id(random.Uuid());
      const auto transfer = Must<ov1::Transfer>(std::string(kMemberService) + method, request);
      ++answered_;
      return transfer;
    };
    const std::string name = send("CreateTransfer", apply).name();
    ov1::ReleaseTransferRequest release;
    release.set_name(name);
    send("ReleaseTransfer", release);
    if (withdrawn) {
      ov1::WithdrawTransferRequest withdraw;
      withdraw.set_name(name);
      EXPECT_EQ(send("WithdrawTransfer", withdraw).state(), ov1::TRANSFER_STATE_WITHDRAWN);
      return;
    }
    ov1::AcceptTransferRequest accept;
    accept.set_name(name);
    EXPECT_EQ(send("AcceptTransfer", accept).state(), ov1::TRANSFER_STATE_ACCEPTED);
    homes_[i] = to;
    ++accepted_;
  }
  void StartAll() {
    for (int i = 0; i < kMembers; ++i) {
      threads_.emplace_back([this, i] {
        tests::SeededRandom random(flags.seed + 1000 + i);
        for (int round = 0; (round < flags.rounds || !struck_) && !HasFailure(); ++round) Transfer(i, round, random);
        ++done_;
      });
    }
    for (const std::string& name : Processes()) {
      threads_.emplace_back([this, address = suite_.Address(name)] { Observe(address); });
    }
  }
  void JoinAll() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  bool AllDone() const { return done_ == kMembers; }

  // What anybody could see at a moment, again and again: every level sums up, to the number of members.
  void Observe(const std::string& address) {
    tests::RpcClient looker(address, token_, std::chrono::seconds(5));
    while (!AllDone() && !HasFailure()) {
      if (!Look(looker, "").has_value()) tests::Pause();
    }
  }
  // The position looked at; nullopt where nobody answered.
  std::optional<int64_t> Look(tests::RpcClient& looker, const std::string& revision) {
    common::v1::BatchGetSummariesRequest request;
    request.add_units("units/3707");
    for (const auto& side : kSides) {
      request.add_units("units/" + std::string(side[0]).substr(0, 6));
      for (const char* branch : side) request.add_units(fmt::format("units/{}", branch));
    }
    if (!revision.empty()) request.add_min_revision(revision);
    ov1::BatchGetSummariesResponse response;
    if (!looker.Call(std::string(kUnits) + "BatchGetSummaries", request, response).ok()) return std::nullopt;
    std::map<size_t, int64_t> members;  // by length of the code: by level
    std::map<size_t, int64_t> open;
    for (const ov1::UnitSummary& summary : response.summaries()) {
      members[summary.unit().size()] += summary.total().members();
      open[summary.unit().size()] += summary.total().transfers_in_flight();
    }
    const int64_t position = response.watermark().position();
    for (const auto& [level, count] : members) {
      EXPECT_EQ(count, kMembers) << "at position " << position << response.DebugString();
    }
    for (const auto& [level, count] : open) {
      EXPECT_EQ(count, open.begin()->second) << "at position " << position << response.DebugString();
    }
    const common::MutexLock lock(mutex_);
    positions_.insert(position);
    return position;
  }

  // False, and the test has failed, if what must come does not.
  template <typename Condition>
  bool Await(const char* what, Condition condition) {
    const absl::Time limit = absl::Now() + kPatience;
    while (!condition()) {
      if (HasFailure()) return false;
      if (absl::Now() > limit) {
        ADD_FAILURE() << what;
        return false;
      }
      tests::Pause();
    }
    return true;
  }
  void Strike() {
    const int64_t enough = answered_ + static_cast<int64_t>(random_.Below(kAnswersPerKill));
    if (!Await("writes go on", [&] { return answered_ >= enough; })) return;
    const std::vector<std::string> processes = Processes();
    const std::string victim = processes[random_.Below(processes.size())];
    suite_.Kill9(victim);
    suite_.Start(victim);
    suite_.WaitReady(victim);
    ++kills_;
  }

  // Each member is in one unit, the one that the answers said, and nowhere else; a recount finds what the totals say.
  void CheckEnd() {
    std::map<std::string, std::vector<std::string>> listed;
    for (const auto& side : kSides) {
      for (const char* branch : side) {
        ov1::ListMembersRequest request;
        request.set_parent(fmt::format("units/{}", branch));
        const auto page = Must<ov1::ListMembersResponse>(std::string(kMemberService) + "ListMembers", request);
        for (const ov1::Member& member : page.members()) listed[member.name()].emplace_back(branch);
      }
    }
    EXPECT_EQ(listed.size(), names_.size());
    for (int i = 0; i < kMembers; ++i) {
      EXPECT_EQ(listed[names_[i]], std::vector<std::string>{homes_[i]}) << names_[i];
      ov1::GetMemberRequest request;
      request.set_name(names_[i]);
      EXPECT_EQ(Must<ov1::Member>(std::string(kMemberService) + "GetMember", request).unit(), "units/" + homes_[i]);
    }
    const auto audit = Must<common::v1::AuditSummariesResponse>(std::string(kUnits) + "AuditSummaries",
                                                                common::v1::AuditSummariesRequest());
    EXPECT_GT(audit.totals(), 0);
    EXPECT_EQ(audit.difference_count(), 0) << audit.DebugString();
  }

  // Every position there was, not only those that somebody looked at: what the changes add up to.
  void CheckEveryPosition() {
    const std::string url = sqlite() ? "sqlite:" + suite_.File("organization.db") : postgres_->Url(kOrganization);
    const auto database = sql::OpenDatabase(url).value();
    constexpr sql::Query kFeed{"test_feed",
                               "SELECT f.position, c.resource, c.kind, c.rollup FROM feed f JOIN change_log c ON "
                               "c.partition_id = f.source_partition AND c.rev = f.source_rev WHERE f.partition_id = 0 "
                               "ORDER BY f.position"};
    std::map<common::UnitUid, int64_t> members;
    int64_t in_all = 0;
    int64_t open = 0;
    int64_t created = 0;
    int64_t last = 0;
    int64_t wrong = 0;
    const auto fold = [&](const sql::Row& row) -> absl::Status {
      EXPECT_EQ(row.Int(0), ++last) << "a position is missing";
      const auto change = common::DecodeRollup(row.Text(3));
      EXPECT_TRUE(change || row.Text(3).empty());
      if (row.Text(1).starts_with("members/") && row.Int(2) == 1) ++created;
      if (!change) return absl::OkStatus();
      for (const auto& amount : change->amounts) {
        for (const auto& [metric, count] : amount.metrics) {
          if (metric == "members") in_all += count;
          if (metric == "members" && (members[amount.unit] += count) < 0) ++wrong;
          if (metric == "transfers_in_flight") open += count;
        }
      }
      if (in_all != created || open < 0 || open > kMembers) ++wrong;
      return absl::OkStatus();
    };
    const absl::Status read = database->Read(absl::Now() + absl::Seconds(30),
                                             [&](sql::Session& session) { return session.Select(kFeed, {}, fold); });
    EXPECT_TRUE(read.ok()) << read;
    EXPECT_EQ(wrong, 0) << "of " << last << " positions";
    EXPECT_EQ(created, kMembers);
    EXPECT_EQ(in_all, kMembers);
    EXPECT_EQ(open, 0);
    fmt::print(
        "transfer_kill {}: {} kills, {} transfers accepted, {} writes, {} positions, of which {} were looked at\n",
        tests::EngineName({GetParam(), 0}), kills_, accepted_.load(), answered_.load(), last, positions_.size());
  }

  tests::SeededRandom random_;
  const std::unique_ptr<tests::PostgresServer> postgres_;
  tests::Suite suite_;
  const std::string token_;
  tests::PatientClient client_;
  std::vector<std::string> names_;
  std::vector<std::string> homes_;  // codes; each belongs to the thread of its member
  std::string registered_;
  std::atomic<int64_t> answered_ = 0;
  std::atomic<int64_t> accepted_ = 0;
  std::atomic<int> done_ = 0;
  std::atomic<bool> struck_ = false;  // all kills are done
  int kills_ = 0;
  common::Mutex mutex_;
  std::set<int64_t> positions_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};
INSTANTIATE_TEST_SUITE_P(Engines, TransferKillTest, testing::Values(Engine::kPostgresql, Engine::kSqlite),
                         tests::EngineName);

TEST_P(TransferKillTest, EveryMemberIsSomewhereAtEveryPosition) {
  Establish();
  ASSERT_FALSE(HasFailure());
  tests::RpcClient looker(suite_.Address(kOrganization), token_);
  ASSERT_TRUE(Look(looker, registered_));
  StartAll();
  for (int kill = 0; kill < Kills() && !HasFailure(); ++kill) Strike();
  struck_ = true;
  Await("all transfers are answered", [&] { return AllDone(); });
  JoinAll();
  if (HasFailure()) return;
  EXPECT_EQ(kills_, Kills());
  CheckEnd();
  CheckEveryPosition();
}

}  // namespace
}  // namespace ronghe

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--kills") ronghe::flags.kills = std::max(1, std::atoi(argv[i + 1]));
    if (flag == "--rounds") ronghe::flags.rounds = std::max(1, std::atoi(argv[i + 1]));
    if (flag == "--seed") ronghe::flags.seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return RUN_ALL_TESTS();
}
