// The auditor: says nothing of a healthy store, also while others write, and finds and names every kind of fault.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/rollup/audit_schedule.h"
#include "services/common/rollup/auditor.h"
#include "services/common/values/status.h"
#include "tests/storage/rollup/fixture.h"
#include "tests/support/eventually.h"

namespace ronghe::common {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::kFound;
using tests::kNoDeadline;
using tests::kOpen;
using Kind = AuditDifference::Kind;

// Records as a service has them: a table, written in the transaction that logs the change.
class SqlFacts final : public FactSource {
 public:
  static absl::Status Add(sql::Session& session, PartitionId partition, int64_t unit, MonthNumber month, size_t metric,
                          int64_t amount) {
    return session
        .Execute(
            {"test.fact", "INSERT INTO fact (partition_id, unit_uid, month, metric, amount) VALUES (?, ?, ?, ?, ?)"},
            {partition.value, unit, int64_t{month}, static_cast<int64_t>(metric), amount})
        .status();
  }
  absl::Status Count(sql::Session& session, EachAmount each) override {
    ++counts;
    return session.Select(
        {"test.facts", "SELECT unit_uid, month, metric, amount FROM fact"}, {}, [&](const sql::Row& row) {
          each(UnitUid(row.Int(0)), static_cast<MonthNumber>(row.Int(1)), static_cast<size_t>(row.Int(2)), row.Int(3));
          return absl::OkStatus();
        });
  }
  std::atomic<int> counts = 0;
};

// A prefecture (1) with two counties (2 and 3) in partitions of their own, a township (4) in the first, and branches: 5
// in the township, 6 in the second county. In November the township went from the first county to the second one.
class AuditorTest : public tests::RollupTest {
 protected:
  void SetUp() override {
    RollupTest::SetUp();
    Spoil("CREATE TABLE fact (partition_id BIGINT, unit_uid BIGINT, month BIGINT, metric BIGINT, amount BIGINT)");
    clock_.Set(absl::FromCivil(absl::CivilSecond(2026, 10, 20), tests::Beijing()));
    RollupChange units;
    const auto place = [&](int64_t unit, int64_t parent, int64_t partition) {
      units.places.push_back({UnitUid(unit), UnitUid(parent), PartitionId(partition), 0});
    };
    place(1, 0, 2);
    place(2, 1, 3);
    place(3, 1, 4);
    place(4, 2, 3);
    place(5, 4, 3);
    place(6, 3, 4);
    Log(0, units);
    for (const int64_t unit : {5, 6, 4}) {
      Record(unit, 202610, kFound, 3);
      Record(unit, 202610, kOpen, 2);
    }
    Publish();
    clock_.Set(absl::FromCivil(absl::CivilSecond(2026, 11, 20), tests::Beijing()));
    RollupChange move;
    move.places.push_back({UnitUid(4), UnitUid(3), PartitionId(3), 202611});
    Log(0, move);
    Record(5, 202611, kFound, 4);
    Record(5, 202610, kFound, 1);
    Record(5, 202611, kOpen, -1);
    Publish();
  }

  static PartitionId PartitionOf(int64_t unit) { return PartitionId(unit == 1 ? 2 : unit == 3 || unit == 6 ? 4 : 3); }
  absl::Status TryRecord(int64_t unit, MonthNumber month, size_t metric, int64_t amount) {
    const bool stock = tests::TestMetrics().at(metric).stock;
    RollupChange change;
    change.amounts.push_back({UnitUid(unit), month, {{tests::TestMetrics().at(metric).name, amount}}});
    return log_
        ->Write(PartitionOf(unit), Call{},
                [&](WriteTxn& txn) {
                  txn.Log({.rollup = EncodeRollup(change)});
                  return SqlFacts::Add(txn.session(), PartitionOf(unit), unit, stock ? 0 : month, metric, amount);
                })
        .status();
  }
  void Record(int64_t unit, MonthNumber month, size_t metric, int64_t amount) {
    const absl::Status status = TryRecord(unit, month, metric, amount);
    ASSERT_TRUE(status.ok()) << status;
  }

  AuditReport Audit(int max_differences = 1000) {
    Auditor auditor(*database_, tests::TestMetrics(), facts_, clock_);
    absl::StatusOr<AuditReport> report = auditor.Run(max_differences, kNoDeadline);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(AuditReport{});
  }
  // `own 5 202610 problems_found: 4, counted 5`.
  static std::string Words(const AuditDifference& difference) {
    static constexpr const char* kKinds[] = {"own", "sum", "edge", "place"};
    return fmt::format("{} {}{} {} {}: {}, counted {}", kKinds[static_cast<int>(difference.kind)],
                       difference.unit.value,
                       difference.parent ? fmt::format(" under {}", difference.parent.value) : "", difference.month,
                       tests::TestMetrics().at(difference.metric).name, difference.folded, difference.counted);
  }
  std::vector<std::string> Found() {
    const AuditReport report = Audit();
    EXPECT_EQ(report.difference_count, static_cast<int64_t>(report.differences.size()));
    std::vector<std::string> words;
    for (const AuditDifference& difference : report.differences) words.push_back(Words(difference));
    return words;
  }

  SqlFacts facts_;
};
INSTANTIATE_ENGINES(AuditorTest);

TEST_P(AuditorTest, FindsNothingWhereNothingIs) {
  const AuditReport report = Audit();
  EXPECT_THAT(report.differences, IsEmpty());
  EXPECT_EQ(report.difference_count, 0);
  EXPECT_EQ(report.units, 6);
  EXPECT_EQ(report.totals, Number("SELECT COUNT(*) FROM rollup_total"));
  EXPECT_GT(report.totals, 0);
  EXPECT_EQ(report.mark.position, Number("SELECT position FROM feed_state"));
  EXPECT_EQ(report.mark.month, 202611);
  EXPECT_EQ(report.start, clock_.Now());
  EXPECT_EQ(facts_.counts, 1);  // the second count is for faults
}

TEST_P(AuditorTest, AnEmptyStoreIsHealthy) {
  Spoil("DELETE FROM fact");
  for (const char* table : {"rollup_total", "rollup_edge", "rollup_place"}) Spoil(fmt::format("DELETE FROM {}", table));
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_P(AuditorTest, WhatIsNotPublishedIsNoFault) {
  Record(5, 202611, kFound, 40);
  Record(6, 202609, kOpen, -7);
  EXPECT_THAT(Found(), IsEmpty());
  Publish();
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_P(AuditorTest, ARecordWithoutAChange) {
  const auto body = [&](sql::Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(SqlFacts::Add(session, PartitionId(3), 5, 202610, kFound, 2));
    return SqlFacts::Add(session, PartitionId(4), 77, 0, kOpen, 1);  // of a unit that nobody knows
  };
  ASSERT_TRUE(database_->Write(kNoDeadline, body).ok());
  EXPECT_THAT(Found(), ::testing::ElementsAre("own 5 202610 problems_found: 4, counted 6",
                                              "own 77 0 problems_open: 0, counted 1"));
}

TEST_P(AuditorTest, AChangeWithoutARecord) {
  RollupChange change;
  change.amounts.push_back({UnitUid(6), 202611, {{"problems_found", 5}}});
  Log(4, change);
  EXPECT_THAT(Found(), Contains("own 6 202611 problems_found: 0, counted -5"));  // not published
  Publish();
  EXPECT_THAT(Found(), ::testing::ElementsAre("own 6 202611 problems_found: 5, counted 0"));
}

TEST_P(AuditorTest, OwnFiguresThatAreWrong) {
  Spoil("UPDATE rollup_total SET own_problems_found = 7 WHERE unit_uid = 5 AND month = 202610");
  const std::vector<std::string> found = Found();
  EXPECT_EQ(found[0], "own 5 202610 problems_found: 7, counted 4");
  // Sums are counted from own figures: now those above are wrong too.
  EXPECT_THAT(found, Contains("sum 5 202610 problems_found: 4, counted 7"));
  EXPECT_THAT(found, Contains("sum 4 202610 problems_found: 7, counted 10"));
  EXPECT_THAT(found, Contains("sum 1 202610 problems_found: 10, counted 13"));
  EXPECT_THAT(found, SizeIs(5));
}

TEST_P(AuditorTest, AStockThatIsWrongNow) {
  Spoil("UPDATE rollup_total SET own_problems_open = 9, sum_problems_open = 9 WHERE unit_uid = 6 AND month = 0");
  const std::vector<std::string> found = Found();
  EXPECT_THAT(found, Contains("own 6 0 problems_open: 9, counted 2"));
  // What changed does not add up to what is: before its first month the unit had seven.
  EXPECT_THAT(found, Contains("own 6 202609 problems_open: 7, counted 0"));
}

TEST_P(AuditorTest, APastChangeOfAStockThatIsWrong) {
  Spoil("UPDATE rollup_total SET sum_problems_open = sum_problems_open + 1 WHERE unit_uid = 3 AND month = 202611");
  EXPECT_THAT(Found(), ::testing::ElementsAre("sum 3 202611 problems_open: 4, counted 3",
                                              "edge 3 under 1 202611 problems_open: 3, counted 4"));
}

TEST_P(AuditorTest, ASumThatIsWrong) {
  Spoil("UPDATE rollup_total SET sum_problems_found = 0 WHERE unit_uid = 1 AND month = 202610");
  EXPECT_THAT(Found(), ::testing::ElementsAre("sum 1 202610 problems_found: 0, counted 10"));
}

TEST_P(AuditorTest, ASumThatIsLost) {
  Spoil("DELETE FROM rollup_total WHERE unit_uid = 1 AND month = 202611");
  EXPECT_THAT(Found(), Contains("sum 1 202611 problems_found: 0, counted 4"));
}

TEST_P(AuditorTest, AFlowThatIsLost) {
  Spoil("DELETE FROM rollup_total WHERE unit_uid = 5 AND month = 202611");
  const std::vector<std::string> found = Found();
  EXPECT_THAT(found, Contains("own 5 202611 problems_found: 0, counted 4"));
  EXPECT_THAT(found, Contains("own 5 202609 problems_open: -1, counted 0"));
}

TEST_P(AuditorTest, FiguresOfAUnitWithoutAPlace) {
  Spoil(
      "INSERT INTO rollup_total (partition_id, unit_uid, month, own_problems_found, sum_problems_found) "
      "VALUES (9, 99, 202610, 3, 4)");
  EXPECT_THAT(Found(), ::testing::ElementsAre("own 99 202610 problems_found: 3, counted 0",
                                              "sum 99 202610 problems_found: 4, counted 3"));
}

TEST_P(AuditorTest, EdgesThatAreWrong) {
  Spoil("UPDATE rollup_edge SET sum_problems_found = 1 WHERE child_uid = 2 AND month = 202610");
  Spoil("DELETE FROM rollup_edge WHERE child_uid = 4 AND month = 202611");
  Spoil(
      "INSERT INTO rollup_edge (partition_id, parent_uid, child_uid, month, source_position, sum_problems_found) "
      "VALUES (4, 3, 2, 202610, 1, 8)");
  EXPECT_THAT(Found(), ::testing::UnorderedElementsAre("edge 2 under 1 202610 problems_found: 1, counted 7",
                                                       "edge 2 under 3 202610 problems_found: 8, counted 0",
                                                       "edge 4 under 3 202611 problems_found: 0, counted 4",
                                                       "edge 4 under 3 202611 problems_open: 0, counted 3"));
}

TEST_P(AuditorTest, APlaceThatIsWrong) {
  Spoil("UPDATE rollup_place SET parent_uid = 2 WHERE uid = 4 AND from_month = 202611");
  const std::vector<std::string> found = Found();
  EXPECT_THAT(found, Contains("sum 3 202611 problems_found: 4, counted 0"));
  EXPECT_THAT(found, Contains("sum 2 202611 problems_found: 0, counted 4"));
  EXPECT_THAT(found, Contains("edge 4 under 3 202611 problems_open: 3, counted 0"));
}

TEST_P(AuditorTest, ListsTheFirstAndCountsAll) {
  Spoil("UPDATE rollup_total SET own_problems_found = own_problems_found + 1");
  const AuditReport all = Audit();
  const AuditReport some = Audit(2);
  EXPECT_GT(all.difference_count, 10);
  EXPECT_EQ(some.difference_count, all.difference_count);
  ASSERT_THAT(some.differences, SizeIs(2));
  EXPECT_EQ(Words(some.differences[0]), Words(all.differences[0]));
  EXPECT_EQ(some.differences[0].kind, Kind::kOwn);
  EXPECT_THAT(Audit(0).differences, IsEmpty());
}

TEST_P(AuditorTest, RepairsNothing) {
  Spoil("UPDATE rollup_total SET sum_problems_found = 0 WHERE unit_uid = 1 AND month = 202610");
  EXPECT_EQ(Found(), Found());
  EXPECT_EQ(Number("SELECT sum_problems_found FROM rollup_total WHERE unit_uid = 1 AND month = 202610"), 0);
}

TEST_P(AuditorTest, HealthyWhileOthersWrite) {
  std::atomic<bool> done = false;
  std::atomic<int> writes = 0;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  publisher_->Start();
  for (int writer = 0; writer < 3; ++writer) {
    threads.emplace_back([&, writer] {
      tests::SeededRandom random(static_cast<uint64_t>(writer) + 1);
      while (!done) {
        const auto unit = static_cast<int64_t>(1 + random.Below(6));
        const MonthNumber month = random.Below(2) == 0 ? 202610 : 202611;
        const absl::Status status = TryRecord(unit, month, random.Below(2) == 0 ? kFound : kOpen, 1);
        ++(status.ok() ? writes : failures);
        publisher_->Hint();
        tests::Pause();
      }
    });
  }
  threads.emplace_back([&] {
    for (int64_t parent = 2; !done; parent = 5 - parent) {
      RollupChange move;
      move.places.push_back({UnitUid(4), UnitUid(parent), PartitionId(3), 202611});
      const auto body = [&](WriteTxn& txn) {
        txn.Log({.rollup = EncodeRollup(move)});
        return absl::OkStatus();
      };
      if (!log_->Write(PartitionId(0), Call{}, body).ok()) ++failures;
      tests::Pause();
    }
  });
  for (int i = 0; i < 30 || writes < 50; ++i) {
    const AuditReport report = Audit(1);
    EXPECT_EQ(report.difference_count, 0) << Words(report.differences.at(0));
    if (report.difference_count != 0) break;
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  publisher_->Stop();
  EXPECT_EQ(failures, 0);
  Publish();
  EXPECT_EQ(Audit().difference_count, 0);
}

TEST_P(AuditorTest, ADeadlineAndACancellationEndIt) {
  Auditor auditor(*database_, tests::TestMetrics(), facts_, clock_);
  EXPECT_EQ(auditor.Run(1, absl::InfinitePast()).status().code(), absl::StatusCode::kDeadlineExceeded);
  auditor.Cancel();
  EXPECT_EQ(auditor.Run(1, kNoDeadline).status().code(), absl::StatusCode::kCancelled);
}

TEST_P(AuditorTest, OnASchedule) {
  Spoil("UPDATE rollup_total SET sum_problems_found = 0 WHERE unit_uid = 1 AND month = 202610");
  Auditor auditor(*database_, tests::TestMetrics(), facts_, clock_);
  std::atomic<int> runs = 0;
  std::atomic<int64_t> differences = 0;
  AuditSchedule schedule(auditor,
                         {.interval = absl::Milliseconds(1), .deadline = absl::Minutes(1), .max_differences = 1},
                         [&](const absl::StatusOr<AuditReport>& report) {
                           EXPECT_TRUE(report.ok()) << report.status();
                           if (report.ok()) differences = report->difference_count;
                           ++runs;
                         });
  schedule.Start();
  const absl::Time until = SystemClock().Now() + absl::Seconds(30);
  while (runs < 3 && SystemClock().Now() < until) tests::Pause();
  schedule.Stop();
  const int so_far = runs;
  EXPECT_GE(so_far, 3);
  EXPECT_EQ(differences, 1);
  schedule.Start();  // not any more
  schedule.Stop();
  EXPECT_EQ(runs, so_far);
}

TEST_P(AuditorTest, AScheduleThatWaitsStopsAtOnce) {
  Auditor auditor(*database_, tests::TestMetrics(), facts_, clock_);
  AuditSchedule schedule(auditor, {}, [](const absl::StatusOr<AuditReport>&) { FAIL(); });
  schedule.Start();
  schedule.Stop();
}

}  // namespace
}  // namespace ronghe::common
