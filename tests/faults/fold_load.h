#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <absl/time/civil_time.h>

#include "services/common/values/mutex.h"
#include "tests/faults/patient_client.h"
#include "tests/faults/tree_model.h"
#include "tests/support/seeded_random.h"

namespace ronghe::tests {

// Random writes that go on whatever is killed, each repeated under its request id until it is answered, and a model of
// what they must come to. In rounds: a round is allowed, the writers do it as fast as they are answered, and wait.
class FoldLoad {
 public:
  struct Options {
    std::vector<std::string> writers;  // addresses that take writes, those to be preferred several times
    std::string gateway;               // imports go through it
    std::string token;
    uint64_t seed = 1;
    int moves_per_round = 5;
    int members_per_round = 20;  // writes of each of the two writers of members
    absl::CivilDay today;
    absl::CivilDay first;  // of the tree at the beginning: no earlier than the oldest open day
  };
  explicit FoldLoad(Options options);
  ~FoldLoad();  // stops

  // The tree at the beginning, in the caller's thread: a province, 3 prefectures, 6 counties, 18 townships, 54
  // branches. False if a unit was refused.
  bool Establish();
  void Start();
  void AllowRound() { ++allowed_; }
  // Every allowed round is done.
  bool Idle() const;

  int64_t acknowledged() const { return acknowledged_; }  // writes
  int64_t moves() const { return moves_; }
  int64_t members() const { return members_; }  // that must exist
  const TreeModel& model() const { return model_; }
  std::vector<std::string> failures() const;  // answers that must not be
  std::string Report() const;                 // one line of counts

  static constexpr char kRoot[] = "37";

 private:
  class MemberWriter;
  class StructureWriter;
  class Importer;

  void Run(std::atomic<int>& done, const std::function<void(int)>& round);
  // True if it was answered with OK. Anything else is a failure of the test, but for FAILED_PRECONDITION where it
  // `may_be_refused`.
  bool Write(std::string_view method, const google::protobuf::Message& request, google::protobuf::Message& response,
             bool may_be_refused = false);
  bool CreateUnit(const std::string& code, const std::string& parent, organization::v1::Level level,
                  absl::CivilDay from);
  void Fail(std::string what);

  const Options options_;
  SeededRandom random_;
  PatientClient client_;
  TreeModel model_;
  // As established; never dissolved.
  std::vector<std::string> prefectures_, counties_, townships_, branches_;

  std::atomic<int> allowed_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> done_[4] = {};
  std::atomic<int64_t> acknowledged_ = 0, refused_ = 0, moves_ = 0, back_dated_ = 0, dissolved_ = 0, imports_ = 0,
                       members_ = 0, persons_ = 0;
  mutable common::Mutex mutex_;
  std::vector<std::string> failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace ronghe::tests
