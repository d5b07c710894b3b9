#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/time/time.h>

#include "services/common/values/mutex.h"
#include "tests/faults/fact_ledger.h"
#include "tests/support/rpc_client.h"
#include "tests/support/seeded_random.h"

namespace ronghe::tests {

// Members are registered at some rate, and all the time overviews are read through several gateways and judged by
// what had been acknowledged when they were asked for.
class OverviewLoad {
 public:
  struct Options {
    std::vector<std::string> gateways;  // read through each; written through the first
    std::string organization;           // read at the source too, to compare
    std::string token;
    uint64_t seed = 1;
  };
  // What came of the readings that began in one phase.
  struct Counts {
    int64_t plain = 0;
    int64_t with_token = 0;
    int64_t failed = 0;      // an error
    int64_t missing = 0;     // organization's figures are missing
    int64_t stale = 0;       // marked so
    int64_t too_old = 0;     // plain, unmarked, and without something acknowledged more than a second before
    int64_t not_own = 0;     // with min_revision, and without that write, marked stale or not
    int64_t impossible = 0;  // more than was ever written
    int64_t source_old = 0;  // read at the source, and without something acknowledged more than a second before
    absl::Duration oldest;   // of plain, unmarked ones
    absl::Duration slowest;
  };

  // Who reads through one gateway at any time, beside ReadPlain.
  static constexpr int kReadersPerGateway = 3;

  explicit OverviewLoad(Options options);
  ~OverviewLoad();  // stops

  // The units; in the caller's thread. False if one was refused.
  bool Establish();
  void Start();
  void Stop();
  // From now on readings count for this phase.
  void SetPhase(const std::string& name);
  // One plain reading through a gateway, judged as all others.
  void ReadPlain(size_t gateway);

  int64_t written() const { return written_; }
  int64_t write_failures() const { return write_failures_; }
  std::vector<std::pair<std::string, Counts>> Phases() const;  // in the order in which they began
  Counts Total() const;
  std::vector<std::string> examples() const;  // of what must not be

 private:
  // A write that was acknowledged, and how many then were in each unit from its branch up.
  struct Own {
    std::string token;
    std::vector<std::string> units;
    std::vector<int64_t> counts;
  };

  bool CreateUnit(const std::string& code, const std::string& parent, int level);
  void WriteOn(size_t county);
  void ReadOn(size_t gateway, bool plain);
  void ReadSourceOn();
  void ReadOwn(size_t gateway);
  void Judge(size_t phase, const std::function<void(Counts&)>& change);
  void Example(const std::string& text);

  const Options options_;
  SeededRandom random_;
  FactLedger ledger_;
  std::vector<std::unique_ptr<RpcClient>> clients_;  // by gateway
  RpcClient source_;
  std::vector<std::string> counties_;
  std::map<std::string, std::vector<std::string>> branches_;  // by county
  std::map<std::string, std::vector<std::string>> chains_;    // a branch and all above it
  std::vector<std::string> units_;

  std::atomic<bool> stopping_ = false;
  std::atomic<int64_t> written_ = 0, write_failures_ = 0, persons_ = 0;
  std::atomic<size_t> phase_ = 0;
  mutable common::Mutex mutex_;
  std::map<std::string, Own> own_ ABSL_GUARDED_BY(mutex_);  // the last of each county
  std::vector<std::pair<std::string, Counts>> phases_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> examples_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace ronghe::tests
