// Timers on both engines: exactly once, whatever happens to those who fire them.
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/changelog/changelog.h"
#include "services/common/timer/timer.h"
#include "services/common/timer/timer_rows.h"
#include "services/common/values/status.h"
#include "tests/support/engines.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Time kNoDeadline = absl::InfiniteFuture();
const TimerLoop::Options kInjected{.batch = 500,
                                   .together = 50,
                                   .poll = absl::Seconds(1),
                                   .first_retry = absl::Seconds(1),
                                   .last_retry = absl::Minutes(10),
                                   .server_clock = false};

class TimerTest : public tests::EngineTest {
 protected:
  void SetUp() override {
    database_ = OpenNew({.readers = 8});
    ASSERT_TRUE(sql::Migrate(*database_, "changelog", ChangeLogMigrations()).ok());
    const absl::Status migrated = sql::Migrate(*database_, "timer", TimerMigrations());
    ASSERT_TRUE(migrated.ok()) << migrated;
    log_.emplace(*database_, clock_, random_);
  }

  // In one transaction, which logs nothing.
  void Write(int64_t partition, absl::FunctionRef<absl::Status(WriteTxn&)> body) {
    const absl::StatusOr<int64_t> revision = log_->Write(PartitionId(partition), Call{}, body);
    ASSERT_TRUE(revision.ok()) << revision.status();
  }
  void Set(int64_t partition, int64_t record, absl::Duration after, std::string_view kind = "overdue") {
    Write(partition, [&](WriteTxn& txn) { return SetTimer(txn, kind, record, clock_.Now() + after); });
  }
  std::optional<absl::Time> Due(int64_t partition, int64_t record, std::string_view kind = "overdue") {
    std::optional<absl::Time> due;
    const absl::Status status = database_->Read(kNoDeadline, [&](sql::Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(due, TimerDue(session, PartitionId(partition), kind, record));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return due;
  }
  // The handler that logs what it is given: what has been logged has fired.
  static TimerLoop::Handler Logging() {
    return [](WriteTxn& txn, const DueTimer& timer) {
      txn.Log({.resource = timer.kind + "/" + std::to_string(timer.record)});
      return absl::OkStatus();
    };
  }
  // How often each has fired.
  std::map<std::string, int> Fired() {
    std::map<std::string, int> fired;
    const absl::Status status = database_->Read(kNoDeadline, [&](sql::Session& session) {
      return session.Select({"test.fired", "SELECT resource FROM change_log"}, {}, [&](const sql::Row& row) {
        ++fired[std::string(row.Text(0))];
        return absl::OkStatus();
      });
    });
    EXPECT_TRUE(status.ok()) << status;
    return fired;
  }
  int64_t FireDue(TimerLoop& loop) {
    const absl::StatusOr<int64_t> fired = loop.FireDue();
    EXPECT_TRUE(fired.ok()) << fired.status();
    return fired.value_or(-1);
  }

  tests::FakeClock clock_;
  tests::SeededRandom random_;
  std::unique_ptr<sql::Database> database_;
  std::optional<ChangeLog> log_;
};
INSTANTIATE_ENGINES(TimerTest);

TEST_P(TimerTest, FiresOnceWhenDue) {
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  std::vector<DueTimer> seen;
  loop.Handle("overdue", [&](WriteTxn& txn, const DueTimer& timer) {
    EXPECT_EQ(txn.partition(), PartitionId(3));
    seen.push_back(timer);
    return Logging()(txn, timer);
  });
  const absl::Time due = clock_.Now() + absl::Hours(2);
  Set(3, 17, absl::Hours(2));
  EXPECT_EQ(Due(3, 17), due);
  EXPECT_EQ(FireDue(loop), 0);
  clock_.Advance(absl::Hours(2) - absl::Microseconds(1));
  EXPECT_EQ(FireDue(loop), 0);
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(FireDue(loop), 1);
  EXPECT_EQ(FireDue(loop), 0);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].kind, "overdue");
  EXPECT_EQ(seen[0].record, 17);
  EXPECT_EQ(seen[0].due, due);
  EXPECT_EQ(Due(3, 17), std::nullopt);
  EXPECT_EQ(Fired()["overdue/17"], 1);
}

TEST_P(TimerTest, AClearedTimerDoesNotFire) {
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  loop.Handle("overdue", Logging());
  Set(3, 17, absl::Hours(1));
  Set(3, 18, absl::Hours(1));
  Set(4, 17, absl::Hours(1));
  Write(3, [](WriteTxn& txn) { return ClearTimer(txn, "overdue", 17); });
  Write(3, [](WriteTxn& txn) { return ClearTimer(txn, "other", 18); });
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(FireDue(loop), 2);
  EXPECT_EQ(Fired().size(), 2u);
  EXPECT_EQ(Fired()["overdue/17"], 1);  // that of partition 4
}

TEST_P(TimerTest, AChangedDeadlineCounts) {
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  loop.Handle("overdue", Logging());
  Set(3, 17, absl::Hours(1));
  Set(3, 17, absl::Hours(3));
  clock_.Advance(absl::Hours(2));
  EXPECT_EQ(FireDue(loop), 0);
  Set(3, 17, absl::Hours(-1));  // in the past: soon
  EXPECT_EQ(FireDue(loop), 1);
}

// Read as due by one process, then cleared, or set anew, also to a deadline that has passed: the old one is void.
TEST_P(TimerTest, AnOldGenerationHasNoEffect) {
  Set(3, 17, absl::Hours(-1));
  Set(3, 18, absl::Hours(-1));
  std::vector<timer::TimerRow> rows;
  const auto read = [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(rows, timer::ReadTimers(session, "overdue", absl::ToUnixMicros(clock_.Now()), {}, 10));
    return absl::OkStatus();
  };
  ASSERT_TRUE(database_->Read(kNoDeadline, read).ok());
  ASSERT_THAT(rows, SizeIs(2));
  Set(3, 17, absl::Hours(-1));
  Write(3, [](WriteTxn& txn) { return ClearTimer(txn, "overdue", 18); });
  Set(3, 18, absl::Hours(-1));
  Write(3, [&](WriteTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<bool> ours, timer::DeleteTimers(txn.session(), rows));
    EXPECT_THAT(ours, ElementsAre(false, false));
    for (const timer::TimerRow& row : rows) {
      RONGHE_RETURN_IF_ERROR(timer::Postpone(txn.session(), row, INT64_MAX));
    }
    return absl::OkStatus();
  });
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  loop.Handle("overdue", Logging());
  EXPECT_EQ(FireDue(loop), 2);
}

TEST_P(TimerTest, AHandlerMaySetItAnew) {
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  loop.Handle("step", [&](WriteTxn& txn, const DueTimer& timer) {
    RONGHE_RETURN_IF_ERROR(Logging()(txn, timer));
    return SetTimer(txn, timer.kind, timer.record, timer.due + absl::Hours(24));
  });
  Set(3, 17, absl::Hours(1), "step");
  for (int day = 1; day <= 3; ++day) {
    clock_.Advance(absl::Hours(24));
    EXPECT_EQ(FireDue(loop), 1);
    EXPECT_EQ(Fired()["step/17"], day);
  }
}

TEST_P(TimerTest, AFailureIsTriedAgainLaterAndHoldsUpNoOther) {
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  bool broken = true;
  int tries = 0;
  loop.Handle("overdue", [&](WriteTxn& txn, const DueTimer& timer) {
    RONGHE_RETURN_IF_ERROR(Logging()(txn, timer));
    if (timer.record != 13) return absl::OkStatus();
    ++tries;
    return broken ? absl::InternalError("broken") : absl::OkStatus();
  });
  std::vector<absl::Status> errors;
  loop.OnError([&](const absl::Status& status) { errors.push_back(status); });
  for (int64_t record = 1; record <= 20; ++record) Set(3, record, absl::ZeroDuration());
  Set(5, 1, absl::ZeroDuration(), "overdue");
  EXPECT_EQ(FireDue(loop), 20);
  EXPECT_THAT(errors, SizeIs(1));
  EXPECT_EQ(Fired().count("overdue/13"), 0u);
  EXPECT_NE(Due(3, 13), std::nullopt);
  // Not at once; after 1, 2 and 4 seconds.
  const int before = tries;
  EXPECT_EQ(FireDue(loop), 0);
  EXPECT_EQ(tries, before);
  for (const int pause : {1, 2, 4}) {
    clock_.Advance(absl::Seconds(pause) - absl::Microseconds(1));
    EXPECT_EQ(FireDue(loop), 0);
    const int so_far = tries;
    clock_.Advance(absl::Microseconds(1));
    EXPECT_EQ(FireDue(loop), 0);
    EXPECT_EQ(tries, so_far + 1) << pause;
  }
  broken = false;
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(FireDue(loop), 1);
  EXPECT_EQ(Fired()["overdue/13"], 1);
  EXPECT_EQ(Fired()["overdue/1"], 2);  // in two partitions
}

TEST_P(TimerTest, ThoseOfAPartitionAreHandledTogether) {
  TimerLoop::Options options = kInjected;
  options.together = 4;
  TimerLoop loop(*database_, *log_, clock_, options);
  std::vector<size_t> sizes;
  loop.HandleTogether("overdue", [&](WriteTxn& txn, std::span<const DueTimer> timers) -> absl::Status {
    if (timers.size() > 1) sizes.push_back(timers.size());
    for (const DueTimer& timer : timers) {
      if (timer.record == 5) return absl::InternalError("broken");
      RONGHE_RETURN_IF_ERROR(Logging()(txn, timer));
    }
    return absl::OkStatus();
  });
  for (int64_t record = 1; record <= 10; ++record) Set(3, record, absl::ZeroDuration());
  // The second four fail together; alone, all but one succeed.
  EXPECT_EQ(FireDue(loop), 9);
  EXPECT_THAT(sizes, ElementsAre(4, 4, 2));
  EXPECT_THAT(Fired(), SizeIs(9));
  EXPECT_NE(Due(3, 5), std::nullopt);
}

// As another process would, which is at work in the partition: the loop goes elsewhere, and comes back.
TEST_P(TimerTest, WhereNoneIsLeftTheLoopComesBackForTheOthers) {
  TimerLoop::Options options = kInjected;
  options.together = 2;
  TimerLoop loop(*database_, *log_, clock_, options);
  std::vector<int64_t> order;
  loop.Handle("overdue", [&](WriteTxn& txn, const DueTimer& timer) -> absl::Status {
    order.push_back(timer.record);
    if (timer.record == 1) {
      RONGHE_RETURN_IF_ERROR(ClearTimer(txn, "overdue", 3));
      RONGHE_RETURN_IF_ERROR(ClearTimer(txn, "overdue", 4));
    }
    return Logging()(txn, timer);
  });
  for (int64_t record = 1; record <= 8; ++record) Set(3, record, absl::ZeroDuration());
  for (int64_t record = 11; record <= 12; ++record) Set(5, record, absl::ZeroDuration());
  EXPECT_EQ(FireDue(loop), 8);
  EXPECT_THAT(order, ElementsAre(1, 2, 11, 12, 5, 6, 7, 8));
}

TEST_P(TimerTest, WhatAHandlerLogsMayBeRefused) {
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  loop.Handle("overdue", [&](WriteTxn& txn, const DueTimer& timer) {
    if (timer.record == 2) txn.Log({.resource = "no text: \xff"});
    return Logging()(txn, timer);
  });
  int errors = 0;
  loop.OnError([&](const absl::Status&) { ++errors; });
  for (int64_t record = 1; record <= 3; ++record) Set(3, record, absl::ZeroDuration());
  Set(9, 4, absl::ZeroDuration());
  EXPECT_EQ(FireDue(loop), 3);
  EXPECT_EQ(errors, 1);
  EXPECT_EQ(Fired().size(), 3u);
}

TEST_P(TimerTest, AKindWithoutAHandlerIsLeftAlone) {
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  Set(3, 1, absl::ZeroDuration(), "unknown");
  loop.Handle("overdue", Logging());
  EXPECT_EQ(FireDue(loop), 0);
  EXPECT_NE(Due(3, 1, "unknown"), std::nullopt);
}

TEST_P(TimerTest, ThousandsAtOnceGoInBatches) {
  Write(3, [&](WriteTxn& txn) -> absl::Status {
    for (int64_t record = 1; record <= 2500; ++record) {
      RONGHE_RETURN_IF_ERROR(SetTimer(txn, "overdue", record, clock_.Now()));
    }
    return absl::OkStatus();
  });
  for (int64_t partition = 4; partition < 30; ++partition) Set(partition, partition, absl::ZeroDuration());
  TimerLoop::Options options = kInjected;
  options.batch = 300;
  TimerLoop loop(*database_, *log_, clock_, options);
  loop.Handle("overdue", Logging());
  EXPECT_EQ(FireDue(loop), 2526);
  EXPECT_THAT(Fired(), SizeIs(2500));
}

// Two processes, each with its own loop, and someone who sets and clears meanwhile.
TEST_P(TimerTest, TwoLoopsFireOnce) {
  constexpr int64_t kRecords = 300;
  TimerLoop loops[2] = {{*database_, *log_, clock_, kInjected}, {*database_, *log_, clock_, kInjected}};
  std::atomic<int> errors = 0;
  for (TimerLoop& loop : loops) {
    loop.Handle("overdue", Logging());
    loop.OnError([&](const absl::Status&) { ++errors; });
  }
  for (TimerLoop& loop : loops) loop.Start();
  for (int64_t record = 1; record <= kRecords; ++record) {
    Set(3 + record % 5, record, absl::ZeroDuration());
    for (TimerLoop& loop : loops) loop.Hint();
  }
  const absl::Time until = SystemClock().Now() + absl::Seconds(60);
  while (Fired().size() < kRecords && SystemClock().Now() < until) tests::Pause();
  for (TimerLoop& loop : loops) loop.Stop();
  const std::map<std::string, int> fired = Fired();
  EXPECT_THAT(fired, SizeIs(kRecords));
  for (const auto& [name, times] : fired) EXPECT_EQ(times, 1) << name;
  EXPECT_EQ(errors, 0);
}

// The transaction that fires ends at any point before its commit: nothing has happened, and it happens later.
TEST_P(TimerTest, AKilledFiringHappensLater) {
  int deaths = 0;
  for (int64_t record = 1; record <= 5; ++record) Set(3, record, absl::ZeroDuration());
  for (int round = 0; round < 4; ++round) {
    TimerLoop loop(*database_, *log_, clock_, kInjected);
    loop.Handle("overdue", [&](WriteTxn& txn, const DueTimer& timer) {
      RONGHE_RETURN_IF_ERROR(Logging()(txn, timer));
      if (round == 3) return absl::OkStatus();
      ++deaths;
      return txn.session().Execute({"test.fail", "INSERT INTO no_such_table (a) VALUES (1)"}).status();
    });
    EXPECT_EQ(FireDue(loop), round == 3 ? 5 : 0);
    EXPECT_THAT(Fired(), SizeIs(round == 3 ? 5 : 0));
    clock_.Advance(absl::Hours(1));
  }
  EXPECT_GT(deaths, 0);
}

TEST_P(TimerTest, AClockSetBackUnfiresNothing) {
  TimerLoop loop(*database_, *log_, clock_, kInjected);
  loop.Handle("overdue", Logging());
  Set(3, 1, absl::Hours(1));
  Set(3, 2, absl::Hours(2));
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(FireDue(loop), 1);
  clock_.Advance(absl::Hours(-5));
  EXPECT_EQ(FireDue(loop), 0);
  EXPECT_EQ(Due(3, 1), std::nullopt);
  clock_.Advance(absl::Hours(6));
  EXPECT_EQ(FireDue(loop), 1);
  EXPECT_EQ(Fired().size(), 2u);
}

// PostgreSQL's own clock judges, whatever ours says; SQLite has none.
TEST_P(TimerTest, TheServersClockJudges) {
  TimerLoop::Options options = kInjected;
  options.server_clock = true;
  TimerLoop loop(*database_, *log_, clock_, options);
  loop.Handle("overdue", Logging());
  clock_.Set(SystemClock().Now() - absl::Hours(24));
  Set(3, 1, absl::Hours(12));  // has passed by the server's clock
  Set(3, 2, absl::Hours(36));
  EXPECT_EQ(FireDue(loop), sqlite() ? 0 : 1);
  clock_.Set(SystemClock().Now() + absl::Hours(240));
  EXPECT_EQ(FireDue(loop), sqlite() ? 2 : 0);
}

TEST_P(TimerTest, TheLoopWakesByItself) {
  SystemClock real;
  TimerLoop loop(*database_, *log_, real);
  std::atomic<int> fired = 0;
  loop.Handle("overdue", [&](WriteTxn& txn, const DueTimer& timer) {
    ++fired;
    return Logging()(txn, timer);
  });
  loop.Start();
  Write(3, [&](WriteTxn& txn) { return SetTimer(txn, "overdue", 1, real.Now() + absl::Milliseconds(300)); });
  const absl::Time until = real.Now() + absl::Seconds(30);
  while (fired == 0 && real.Now() < until) tests::Pause();
  loop.Stop();
  EXPECT_EQ(fired, 1);
}

TEST_P(TimerTest, StopDoesNotWait) {
  TimerLoop::Options options = kInjected;
  options.poll = absl::Hours(1);
  TimerLoop loop(*database_, *log_, clock_, options);
  loop.Handle("overdue", Logging());
  loop.Start();
  loop.Stop();
  loop.Start();
  loop.Hint();
  loop.Stop();
}

}  // namespace
}  // namespace ronghe::common
