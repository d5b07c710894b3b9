#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/synchronization/notification.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/changelog/watch.h"
#include "services/common/changelog/watch_token.h"
#include "services/common/values/status.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr UnitUid kTown{11};
constexpr UnitUid kElsewhere{21};

// What one call of Next came to.
class Answer {
 public:
  MessageSource::Done Done() {
    return [state = state_](absl::StatusOr<std::unique_ptr<google::protobuf::Message>> message) {
      if (message.ok()) {
        state->response = static_cast<const v1::WatchResponse&>(**message);
      } else {
        state->status = message.status();
      }
      state->done.Notify();
    };
  }
  bool Wait() { return WaitFor(kPatience); }
  bool WaitFor(absl::Duration patience) { return state_->done.WaitForNotificationWithTimeout(patience); }
  bool there() const { return state_->done.HasBeenNotified(); }
  const absl::Status& status() const { return state_->status; }
  const v1::WatchResponse& response() const { return state_->response; }

 private:
  struct State {
    absl::Notification done;
    absl::Status status;
    v1::WatchResponse response;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class WatchStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = sql::OpenDatabase("sqlite::memory:", {.readers = 4}).value();
    ASSERT_TRUE(sql::Migrate(*database_, "changelog", ChangeLogMigrations()).ok());
    log_.emplace(*database_, clock_, random_);
    feed_.emplace(*database_);
    publisher_.emplace(*database_, clock_, random_);
    publisher_->OnPublished([this](int64_t position) { hub_.Advance(position); });
    DirectoryDelta delta{.reset = true, .complete = true, .incarnation = "i", .position = 1};
    for (const UnitUid uid : {kTown, kElsewhere}) {
      DirectoryUnit unit;
      unit.uid = uid;
      unit.code = fmt::format("c{}", uid.value);
      delta.units.push_back(unit);
    }
    directory_.Apply(delta, clock_.Now());
    Serve({});
  }

  void Serve(WatchService::Options options, std::function<int64_t()> structure_revision = nullptr) {
    watch_.emplace(WatchService::Parts{"organization", *log_, *feed_, hub_, directory_, signer_, executor_, clock_,
                                       std::move(structure_revision)},
                   options);
  }

  void Publish(std::vector<ChangeEntry> entries, PartitionId partition = PartitionId(3)) {
    const absl::StatusOr<int64_t> revision = log_->Write(partition, Call{}, [&](WriteTxn& txn) {
      for (const ChangeEntry& entry : entries) txn.Log(entry);
      return absl::OkStatus();
    });
    ASSERT_TRUE(revision.ok()) << revision.status();
    ASSERT_TRUE(publisher_->PublishOnce().ok());
  }
  static std::vector<ChangeEntry> Members(int count, UnitUid unit = kTown) {
    std::vector<ChangeEntry> entries;
    for (int i = 0; i < count; ++i) entries.push_back({.resource = fmt::format("members/{}", i), .unit = unit});
    return entries;
  }

  static v1::WatchRequest From(const std::string& token) {
    v1::WatchRequest request;
    request.set_resume_token(token);
    return request;
  }
  // In the scope of the town.
  absl::StatusOr<std::unique_ptr<MessageSource>> Open(const v1::WatchRequest& request = {}) {
    Call call;
    call.scope.units = {kTown};
    return watch_->Open(call, request);
  }
  static Answer Next(MessageSource& source) {
    Answer answer;
    source.Next(answer.Done());
    return answer;
  }
  static v1::WatchResponse Get(MessageSource& source) {
    Answer answer = Next(source);
    EXPECT_TRUE(answer.Wait());
    EXPECT_TRUE(answer.status().ok()) << answer.status();
    return answer.response();
  }
  static std::vector<std::string> Names(const v1::WatchResponse& response) {
    std::vector<std::string> names;
    for (const v1::Change& change : response.changes()) names.push_back(change.resource());
    return names;
  }
  // Lets time pass, step by step, until there is an answer: a stream may be about to wait from a time that is past
  // already.
  void PassUntil(Answer& answer, absl::Duration step) {
    for (int i = 0; i < 5000 && !answer.WaitFor(absl::Milliseconds(5)); ++i) Pass(step);
    ASSERT_TRUE(answer.there());
  }
  // Lets time pass for heartbeats too.
  void Pass(absl::Duration time) {
    clock_.Advance(time);
    hub_.Advance(0);
  }

  tests::FakeClock clock_;
  tests::SeededRandom random_;
  TokenSigner signer_{"a secret of sixteen bytes"};
  Directory directory_;
  std::unique_ptr<sql::Database> database_;
  std::optional<ChangeLog> log_;
  std::optional<Feed> feed_;
  FeedHub hub_{clock_};
  std::optional<Publisher> publisher_;
  Executor executor_{{.threads = 2, .queue = 16}, clock_};
  std::optional<WatchService> watch_;
};

TEST_F(WatchStreamTest, BeginsWithWhatIsWaitingAndResumesFromTheToken) {
  Publish(Members(2));
  const std::unique_ptr<MessageSource> source = Open().value();
  const v1::WatchResponse first = Get(*source);
  EXPECT_THAT(Names(first), ElementsAre("members/0", "members/1"));

  Publish({{.resource = "members/9", .unit = kTown}});
  EXPECT_THAT(Names(Get(*source)), ElementsAre("members/9"));
  EXPECT_THAT(Names(Get(*Open(From(first.resume_token())).value())), ElementsAre("members/9"));
}

TEST_F(WatchStreamTest, GreetsWhereNothingIsWaiting) {
  const std::unique_ptr<MessageSource> source = Open().value();
  const v1::WatchResponse greeting = Get(*source);
  EXPECT_THAT(greeting.changes(), IsEmpty());
  EXPECT_EQ(greeting.resume_token(), watch_->TokenAt(0).value());
  Answer next = Next(*source);
  Publish(Members(1));
  EXPECT_TRUE(next.Wait());
  EXPECT_THAT(Names(next.response()), ElementsAre("members/0"));
}

TEST_F(WatchStreamTest, BeatsWhenQuietWithATokenBehindWhatWasFilteredOut) {
  const std::unique_ptr<MessageSource> source = Open().value();
  Get(*source);
  Answer beat = Next(*source);
  Publish(Members(3, kElsewhere));
  Pass(absl::Seconds(14));
  EXPECT_FALSE(beat.there());
  PassUntil(beat, absl::Seconds(1));
  EXPECT_THAT(beat.response().changes(), IsEmpty());
  const std::string token = beat.response().resume_token();
  EXPECT_THAT(token, testing::AnyOf(watch_->TokenAt(3).value(), watch_->TokenAt(0).value()));
}

TEST_F(WatchStreamTest, ReadsPastManyChangesOfOthers) {
  Publish(Members(4000, kElsewhere));
  Publish({{.resource = "members/mine", .unit = kTown}});
  Publish(Members(700, kElsewhere));
  const std::unique_ptr<MessageSource> source = Open().value();
  v1::WatchResponse response = Get(*source);
  while (response.changes().empty()) response = Get(*source);
  EXPECT_THAT(Names(response), ElementsAre("members/mine"));
  EXPECT_EQ(response.changes(0).position(), 4001);
}

TEST_F(WatchStreamTest, SendsPages) {
  Publish(Members(1200));
  const std::unique_ptr<MessageSource> source = Open().value();
  EXPECT_THAT(Get(*source).changes(), SizeIs(500));
  EXPECT_THAT(Get(*source).changes(), SizeIs(500));
  const v1::WatchResponse last = Get(*source);
  EXPECT_THAT(last.changes(), SizeIs(200));
  EXPECT_EQ(last.resume_token(), watch_->TokenAt(1200).value());
}

TEST_F(WatchStreamTest, CutsOffAReaderThatTakesNothingWhileMoreIsWaiting) {
  Publish(Members(1));
  const std::unique_ptr<MessageSource> source = Open().value();
  Get(*source);
  Pass(absl::Minutes(5));  // nothing was waiting
  Answer patient = Next(*source);
  Publish(Members(1));
  ASSERT_TRUE(patient.Wait());
  EXPECT_TRUE(patient.status().ok()) << patient.status();

  Publish(Members(1));
  Pass(absl::Seconds(31));
  Answer slow = Next(*source);
  ASSERT_TRUE(slow.Wait());
  EXPECT_EQ(slow.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(slow.status()), "SLOW_READER");
}

TEST_F(WatchStreamTest, WaitsForTheStructureItSpeaksOf) {
  std::atomic<int64_t> structure = 1;
  Serve({}, [&] { return structure.load(); });
  Publish({{.resource = "units/c11", .unit = kTown}}, kStructurePartition);
  Publish({{.resource = "units/c11", .unit = kTown}, {.resource = "members/1", .unit = kTown}}, kStructurePartition);
  const std::unique_ptr<MessageSource> source = Open().value();
  EXPECT_THAT(Names(Get(*source)), ElementsAre("units/c11"));
  Answer next = Next(*source);
  structure = 2;
  PassUntil(next, absl::Milliseconds(10));
  EXPECT_THAT(Names(next.response()), ElementsAre("units/c11", "members/1"));
}

TEST_F(WatchStreamTest, GivesUpOnAStructureThatStaysBehind) {
  SystemClock real;
  FeedHub hub(real);
  hub.Advance(1);
  WatchService watch(
      {"organization", *log_, *feed_, hub, directory_, signer_, executor_, real, [] { return int64_t{0}; }},
      {.structure_patience = absl::Milliseconds(50)});
  Publish({{.resource = "units/c11", .unit = kTown}}, kStructurePartition);
  const std::unique_ptr<MessageSource> source = watch.Open(Call{}, {}).value();
  Answer answer = Next(*source);
  ASSERT_TRUE(answer.Wait());
  EXPECT_EQ(ReasonOf(answer.status()), "STRUCTURE_BEHIND");
}

TEST_F(WatchStreamTest, SaysWhereATokenCannotBeServed) {
  Publish(Members(3));
  EXPECT_EQ(ReasonOf(Open(From(watch_->TokenAt(4).value())).status()), "FEED_RESET");
  EXPECT_EQ(ReasonOf(Open(From(MakeWatchToken(signer_, {"organization", "older", 1}))).status()), "FEED_RESET");
  clock_.Advance(absl::Hours(24 * 31));
  ASSERT_EQ(publisher_->DropExpired().value(), 3);
  EXPECT_EQ(ReasonOf(Open(From(watch_->TokenAt(2).value())).status()), "FEED_EXPIRED");
  EXPECT_TRUE(Open(From(watch_->TokenAt(3).value())).ok());
  EXPECT_EQ(Get(*Open().value()).resume_token(), watch_->TokenAt(3).value());
}

TEST_F(WatchStreamTest, NamesEverythingWrongAtOnce) {
  v1::WatchRequest request = From("made up");
  request.add_kinds("9");
  const absl::Status status = Open(request).status();
  ASSERT_THAT(ViolationsOf(status), SizeIs(2));
  EXPECT_EQ(ViolationsOf(status)[0].field, "kinds[0]");
  EXPECT_EQ(ViolationsOf(status)[1].field, "resume_token");
  request.clear_resume_token();
  request.clear_kinds();
  request.add_units("units/c21");
  EXPECT_TRUE(absl::IsNotFound(Open(request).status()));
}

TEST_F(WatchStreamTest, MayEndInsideItsOwnAnswer) {
  Publish(Members(1));
  std::unique_ptr<MessageSource> source = Open().value();
  absl::Notification ended;
  source->Next([&](auto) {
    source.reset();
    ended.Notify();
  });
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(WatchStreamTest, AnswersNothingAfterItsEnd) {
  constexpr int kRounds = 60;
  std::atomic<bool> publishing = true;
  std::thread writer([&] {
    while (publishing) Publish(Members(1));
  });
  for (int i = 0; i < kRounds; ++i) {
    auto ended = std::make_shared<std::atomic<bool>>(false);
    std::unique_ptr<MessageSource> source = Open(From(watch_->TokenAt(0).value())).value();
    for (int taken = 0; taken < i % 3; ++taken) Get(*source);
    // In the middle of reading, of waiting, or of answering.
    source->Next([ended](auto) { EXPECT_FALSE(*ended); });
    source.reset();
    *ended = true;
  }
  publishing = false;
  writer.join();
}

}  // namespace
}  // namespace ronghe::common
