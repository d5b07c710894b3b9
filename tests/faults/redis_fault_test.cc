// Two gateways on one Redis, which is killed, full, paused, cut off from both, cut off from one, and flushed, while
// members are registered: no reading fails, none with min_revision lacks its write, and no plain one lacks what was
// acknowledged more than a second before it began, unless it is marked stale.
//
//   redis_fault_test [--rounds N] [--seed N]
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/faults/overview_load.h"
#include "tests/support/eventually.h"
#include "tests/support/redis.h"
#include "tests/support/seeded_random.h"
#include "tests/support/suite.h"
#include "tests/support/tcp_proxy.h"

namespace ronghe {
namespace {

struct Flags {
  int rounds = 1;
  uint64_t seed = 20261122;
};
Flags flags;

constexpr char kSecond[] = "gateway-2";
constexpr char kCalm[] = "calm";
// What it had asked a service before is over when it goes on, as if the service had not answered.
constexpr char kPausing[] = "gateway paused";
// Until what began in the phase before has ended.
constexpr absl::Duration kBeforePausing = absl::Milliseconds(500);
constexpr absl::Duration kAfterwards = absl::Milliseconds(1500);

class RedisFaultTest : public testing::Test {
 protected:
  RedisFaultTest()
      : random_(flags.seed),
        redis_(tests::RedisServer::Start().value()),
        first_(tests::TcpProxy::Start(redis_->port()).value()),
        second_(tests::TcpProxy::Start(redis_->port()).value()),
        suite_(SuiteOptions()),
        load_({.gateways = {suite_.gateway(), suite_.Address(kSecond)},
               .organization = suite_.Address("organization"),
               .token = suite_.Token("administrator", absl::Hours(12)),
               .seed = flags.seed}) {}

  tests::Suite::Options SuiteOptions() const {
    tests::Suite::Options options;
    options.more = {{kSecond, "gateway"}};
    options.arguments["gateway"] = {"--redis", fmt::format("redis://127.0.0.1:{}", first_->port())};
    options.arguments[kSecond] = {"--redis", fmt::format("redis://127.0.0.1:{}", second_->port())};
    return options;
  }

  // A fault lasts for a time and is over for some; what is under way goes on all the while.
  struct Fault {
    std::string name;
    absl::Duration lasts;
    std::function<void()> begin;
    std::function<void()> end;
  };
  std::vector<Fault> Faults() {
    return {
        {kCalm, absl::Seconds(2), [] {}, [] {}},
        {"killed", absl::Seconds(2), [this] { redis_->Kill9(); }, [this] { ExpectOk(redis_->Restart()); }},
        {"full", absl::Seconds(3), [this] { ExpectOk(redis_->Fill()); }, [this] { ExpectOk(redis_->Empty()); }},
        {"paused", absl::Seconds(5), [this] { redis_->Pause(); }, [this] { redis_->Continue(); }},
        {"cut from both", absl::Seconds(3), [this] { first_->Cut(), second_->Cut(); }, [this] { HealBoth(); }},
        {"silent to both", absl::Seconds(3), [this] { first_->Blackhole(), second_->Blackhole(); },
         [this] { HealBoth(); }},
        {"cut from one", absl::Seconds(3), [this] { second_->Cut(); }, [this] { HealBoth(); }},
        {"silent to one", absl::Seconds(3), [this] { second_->Blackhole(); }, [this] { HealBoth(); }},
        {"flushed", absl::Milliseconds(100), [this] { Flush(); }, [this] { Flush(); }},
        {kPausing, absl::Seconds(3), [this] { suite_.Pause(kSecond); }, [this] { suite_.Continue(kSecond); }},
    };
  }
  void HealBoth() {
    first_->Heal();
    second_->Heal();
  }
  void Flush() { ExpectOk(redis_->Command({"FLUSHALL"}).status()); }
  static void ExpectOk(const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; }

  void Strike(const Fault& fault) {
    load_.SetPhase(fault.name);
    if (fault.name == kPausing) Hold(kBeforePausing, false);
    fault.begin();
    Hold(fault.lasts, fault.name == kPausing);
    fault.end();
    Hold(kAfterwards, false);
    for (std::thread& thread : asked_meanwhile_) thread.join();
    asked_meanwhile_.clear();
  }
  // `ask`: readers stand still with the gateway they wait for, so others come to it all the time.
  void Hold(absl::Duration duration, bool ask) {
    const absl::Time begin = absl::Now();
    absl::Time next = begin;
    while (absl::Now() - begin < duration) {
      if (ask && absl::Now() >= next) {
        asked_meanwhile_.emplace_back([this] { load_.ReadPlain(1); });
        next += absl::Milliseconds(50);
      }
      tests::Pause();
    }
  }
  int Entries() {
    const absl::StatusOr<std::string> size = redis_->Command({"DBSIZE"});
    return size.ok() ? std::atoi(size->c_str()) : -1;
  }
  bool ComesToHaveEntries() {
    const absl::Time limit = absl::Now() + absl::Seconds(30);
    while (Entries() <= 0 && absl::Now() < limit) tests::Pause();
    return Entries() > 0;
  }

  // What the suite promises of each phase. Redis is no reason for figures of organization to be missing or stale: a
  // reading now and then may find a machine so busy that a question takes the whole patience. When a gateway goes on
  // after a pause, what its readers had asked is over, and the service counts as hanging until it is tried again.
  void JudgePhases() const {
    const auto phases = load_.Phases();
    for (const auto& [name, counts] : phases) {
      const int64_t readings = counts.plain + counts.with_token;
      const bool pausing = name == kPausing;
      EXPECT_LE(counts.missing, pausing ? flags.rounds * tests::OverviewLoad::kReadersPerGateway : 0) << name;
      EXPECT_LE(counts.stale, name == kCalm ? 0 : readings / (pausing ? 4 : 100)) << name << ": of " << readings;
    }
  }
  // What a gateway has found in Redis, or in what it keeps of it.
  int64_t Hits(const std::string& gateway) {
    const tests::CommandResult metrics = suite_.Run(
        {"python3", "-c", "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())",
         fmt::format("http://{}/metrics", suite_.ProbeAddress(gateway))});
    int64_t hits = 0;
    for (const char* event : {"near_hit", "remote_hit"}) {
      const std::string name = fmt::format("ronghe_cache_events{{event=\"{}\"}} ", event);
      const size_t at = metrics.out.find(name);
      if (at != std::string::npos) hits += std::atoll(metrics.out.c_str() + at + name.size());
    }
    return hits;
  }

  void Print() const {
    const auto line = [](const std::string& name, const tests::OverviewLoad::Counts& c) {
      fmt::print("{:<16}{:>8}{:>8}{:>8}{:>9}{:>9}{:>9}{:>10}{:>8}{:>9}{:>11.0f}{:>11.0f}\n", name, c.plain,
                 c.with_token, c.failed, c.missing, c.too_old, c.not_own, c.impossible, c.stale, c.source_old,
                 absl::ToDoubleMilliseconds(c.oldest), absl::ToDoubleMilliseconds(c.slowest));
    };
    fmt::print("{:<16}{:>8}{:>8}{:>8}{:>9}{:>9}{:>9}{:>10}{:>8}{:>9}{:>11}{:>11}\n", "Redis", "plain", "token",
               "failed", "missing", "too old", "not own", "too many", "stale", "source", "oldest ms", "slowest ms");
    const auto phases = load_.Phases();
    for (const auto& [name, counts] : phases) line(name, counts);
    line("all", load_.Total());
    fmt::print("redis_fault: requests {}, writes {}, failed writes {}\n",
               load_.Total().plain + load_.Total().with_token, load_.written(), load_.write_failures());
  }

  tests::SeededRandom random_;
  const std::unique_ptr<tests::RedisServer> redis_;
  const std::unique_ptr<tests::TcpProxy> first_;
  const std::unique_ptr<tests::TcpProxy> second_;
  tests::Suite suite_;
  std::vector<std::thread> asked_meanwhile_;
  tests::OverviewLoad load_;
};

TEST_F(RedisFaultTest, NothingFailsAndNothingIsOld) {
  ASSERT_TRUE(load_.Establish()) << testing::PrintToString(load_.examples());
  load_.Start();
  EXPECT_TRUE(ComesToHaveEntries()) << "nobody uses the cache";
  for (int round = 0; round < flags.rounds; ++round) {
    std::vector<Fault> faults = Faults();
    for (size_t i = faults.size(); round > 0 && i > 1; --i) std::swap(faults[i - 1], faults[random_.Below(i)]);
    for (Fault& fault : faults) {
      if (round > 0) fault.lasts *= 0.5 + static_cast<double>(random_.Below(100)) / 100;
      Strike(fault);
    }
  }
  for (const std::string& gateway : {std::string("gateway"), std::string(kSecond)}) {
    EXPECT_GT(Hits(gateway), 0) << gateway << " does not read from the cache";
  }
  Flush();
  EXPECT_TRUE(ComesToHaveEntries()) << "after all that nobody uses the cache any more";
  load_.Stop();
  Print();
  const tests::OverviewLoad::Counts total = load_.Total();
  const std::string examples = testing::PrintToString(load_.examples());
  EXPECT_EQ(total.failed, 0) << examples;
  JudgePhases();
  EXPECT_EQ(total.too_old, 0) << examples;
  EXPECT_EQ(total.not_own, 0) << examples;
  EXPECT_EQ(total.impossible, 0) << examples;
  EXPECT_EQ(load_.write_failures(), 0) << examples;
  EXPECT_GT(load_.written(), 100);
  EXPECT_GT(total.plain, 500);
  EXPECT_GT(total.with_token, 200);
}

}  // namespace
}  // namespace ronghe

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--rounds") ronghe::flags.rounds = std::max(1, std::atoi(argv[i + 1]));
    if (flag == "--seed") ronghe::flags.seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return RUN_ALL_TESTS();
}
