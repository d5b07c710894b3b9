// Reading totals, their schema, and what becomes of them when the feed is shortened.
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ronghe/education/v1/metrics.pb.h"

#include "services/common/rollup/schema.h"
#include "services/common/rollup/summaries.h"
#include "services/common/values/status.h"
#include "tests/storage/rollup/fixture.h"

namespace ronghe::common {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using tests::kFound;
using tests::kNoDeadline;
using tests::kOpen;

constexpr MonthNumber kMonths[] = {202610, 202611, 202612, 202701};

class SummariesTest : public tests::RollupTest {
 protected:
  // A county 1 in partition 2 with units 2 … 5 in it, and units 6 and 7 of partitions of their own below it. Every unit
  // records its own number in each month, of both kinds.
  void SetUp() override {
    RollupTest::SetUp();
    RollupChange units;
    model_.Add(1, 0, 2, units);
    for (int64_t unit = 2; unit <= 5; ++unit) model_.Add(unit, 1, 2, units);
    for (int64_t unit = 6; unit <= 7; ++unit) model_.Add(unit, 1, unit, units);
    Log(0, units);
    for (const MonthNumber month : kMonths) {
      SetMonth(month);
      for (const auto& [uid, unit] : model_.units()) {
        RollupChange change;
        model_.Record(uid, kFound, month, month, uid, change);
        model_.Record(uid, kOpen, month, month, uid, change);
        Log(unit.partition, change);
      }
    }
    Publish();
    Check();
  }
  void SetMonth(MonthNumber month) {
    clock_.Set(absl::FromCivil(absl::CivilSecond(CivilMonthOf(month)), tests::Beijing()) + absl::Hours(24 * 14));
  }
  std::vector<SummaryValues> Read(std::vector<SummaryUnit> units, std::vector<Period> periods) {
    std::vector<SummaryValues> values;
    const absl::Status status = database_->Read(kNoDeadline, [&](sql::Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(values, ReadSummaries(session, tests::TestMetrics(), units, periods));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return values;
  }
  // Found and open.
  static std::vector<int64_t> Two(const std::vector<int64_t>& values) { return {values[kFound], values[kOpen]}; }
};
INSTANTIATE_ENGINES(SummariesTest);

TEST_P(SummariesTest, MonthsQuartersAndYears) {
  const std::vector<SummaryValues> values =
      Read({{UnitUid(1), PartitionId(2)}, {UnitUid(6), PartitionId(6)}},
           {{202611, 202611}, {202610, 202612}, {202601, 202612}, {202701, 202712}, {202501, 202512}});
  ASSERT_THAT(values, SizeIs(10));
  EXPECT_THAT(Two(values[0].own), ElementsAre(1, 2));
  EXPECT_THAT(Two(values[0].sum), ElementsAre(28, 56));
  EXPECT_THAT(Two(values[1].sum), ElementsAre(84, 84));
  EXPECT_THAT(Two(values[2].sum), ElementsAre(84, 84));
  EXPECT_THAT(Two(values[3].sum), ElementsAre(28, 112));  // a period that has not ended: now
  EXPECT_THAT(Two(values[4].sum), ElementsAre(0, 0));
  EXPECT_THAT(Two(values[5].own), ElementsAre(6, 12));
  EXPECT_THAT(Two(values[5].sum), ElementsAre(6, 12));
}

TEST_P(SummariesTest, ChildrenAreReadBesideTheirParent) {
  const SummaryUnit here{UnitUid(2), PartitionId(2), UnitUid(1), PartitionId(2)};
  const SummaryUnit there{UnitUid(6), PartitionId(6), UnitUid(1), PartitionId(2)};
  const std::vector<SummaryValues> values = Read({here, there, there}, {{202610, 202611}});
  EXPECT_THAT(Two(values[0].sum), ElementsAre(4, 4));
  EXPECT_THAT(Two(values[0].own), ElementsAre(4, 4));
  EXPECT_THAT(Two(values[1].sum), ElementsAre(12, 12));
  EXPECT_THAT(Two(values[1].own), ElementsAre(0, 0));
  EXPECT_THAT(Two(values[2].sum), ElementsAre(12, 12));  // asked twice
}

TEST_P(SummariesTest, AChildThatCameLaterHasAllItsFigures) {
  RollupChange move;
  ASSERT_TRUE(model_.Move(6, 7, 202701, move));
  Log(0, move);
  const SummaryUnit child{UnitUid(6), PartitionId(6), UnitUid(7), PartitionId(7)};
  const SummaryUnit gone{UnitUid(6), PartitionId(6), UnitUid(1), PartitionId(2)};
  // The asker's structure may be ahead of what is folded, or behind it.
  for (int published = 0; published < 2; ++published) {
    const std::vector<SummaryValues> values = Read({child, gone}, {{202610, 202611}, {202701, 202701}});
    for (const size_t unit : {0u, 2u}) {
      EXPECT_THAT(Two(values[unit].sum), ElementsAre(12, 12)) << published;
      EXPECT_THAT(Two(values[unit + 1].sum), ElementsAre(6, 24)) << published;
    }
    Publish();
  }
  Check();
}

TEST_P(SummariesTest, UnknownUnitsHaveZeros) {
  const std::vector<SummaryValues> values = Read(
      {{UnitUid(99), PartitionId(2)}, {UnitUid(98), PartitionId(9), UnitUid(1), PartitionId(2)}}, {{202611, 202611}});
  ASSERT_THAT(values, SizeIs(2));
  for (const SummaryValues& value : values) {
    EXPECT_THAT(value.own, Each(0));
    EXPECT_THAT(value.sum, Each(0));
  }
  EXPECT_THAT(Read({}, {{202611, 202611}}), SizeIs(0));
  EXPECT_THAT(Read({{UnitUid(1), PartitionId(2)}}, {}), SizeIs(0));
}

TEST_P(SummariesTest, ManyUnitsAtOnce) {
  RollupChange units;
  RollupChange figures;
  for (int64_t unit = 1000; unit < 1600; ++unit) {
    model_.Add(unit, 5, 2, units);
    model_.Record(unit, kFound, 202701, 202701, unit, figures);
  }
  Log(0, units);
  Log(2, figures);
  Publish();
  std::vector<SummaryUnit> wanted;
  for (int64_t unit = 1000; unit < 1600; ++unit) wanted.push_back({UnitUid(unit), PartitionId(2)});
  wanted.push_back({UnitUid(5), PartitionId(2)});
  const std::vector<SummaryValues> values = Read(wanted, {{202701, 202701}, {202610, 202610}});
  int64_t all = 5;
  for (size_t i = 0; i < 600; ++i) {
    ASSERT_EQ(values[2 * i].own[kFound], static_cast<int64_t>(1000 + i));
    ASSERT_EQ(values[2 * i].sum[kFound], static_cast<int64_t>(1000 + i));
    ASSERT_EQ(values[2 * i + 1].sum[kFound], 0);
    all += static_cast<int64_t>(1000 + i);
  }
  EXPECT_EQ(values[1200].sum[kFound], all);
  EXPECT_EQ(values[1201].sum[kFound], 5);
}

TEST_P(SummariesTest, TheMarkSaysHowFar) {
  RollupChange change;
  ASSERT_TRUE(model_.Move(3, 2, 202701, change));
  change.structure_revision = 41;
  Log(0, change);
  Publish();
  SummaryMark mark;
  const auto read = [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(mark, ReadMark(session));
    return absl::OkStatus();
  };
  ASSERT_TRUE(database_->Read(kNoDeadline, read).ok());
  EXPECT_EQ(mark.position, Number("SELECT position FROM feed_state"));
  EXPECT_EQ(mark.time, clock_.Now());
  EXPECT_EQ(mark.structure_revision, 41);
  EXPECT_EQ(mark.month, 202701);
  EXPECT_EQ(mark.tree_version, 2);
  RollupChange own;
  own.structure_revision = RollupChange::kOwn;
  Log(0, own);
  Publish();
  ASSERT_TRUE(database_->Read(kNoDeadline, read).ok());
  EXPECT_EQ(mark.structure_revision, Number("SELECT rev FROM shard_rev WHERE partition_id = 0"));
  EXPECT_EQ(mark.tree_version, 2);
}

TEST_P(SummariesTest, AShorterFeedChangesNoTotals) {
  clock_.Advance(absl::Hours(24 * 40));
  const absl::StatusOr<int64_t> dropped = publisher_->DropExpired();
  ASSERT_TRUE(dropped.ok()) << dropped.status();
  EXPECT_GT(*dropped, 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM change_log"), 0);
  Check();
  RollupChange change;
  model_.Record(2, kFound, Month(), 202610, 3, change);
  ASSERT_TRUE(model_.Move(2, 7, Month(), change));
  Log(2, change);
  Publish();
  Check();
  Auditor auditor(*database_, tests::TestMetrics(), model_, clock_);
  EXPECT_EQ(auditor.Run(1, kNoDeadline)->difference_count, 0);
}

// A change that cannot be folded stops the publication, loudly, rather than making wrong totals.
TEST_P(SummariesTest, WhatCannotBeFoldedIsNotPublished) {
  const int64_t position = Number("SELECT position FROM feed_state");
  RollupChange change;
  change.amounts.push_back({UnitUid(2), 202701, {{"no_such_metric", 1}}});
  Log(2, change);
  EXPECT_EQ(publisher_->PublishOnce().status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Number("SELECT position FROM feed_state"), position);
  Check();
}

class RollupSchemaTest : public tests::EngineTest {};
INSTANTIATE_ENGINES(RollupSchemaTest);

TEST_P(RollupSchemaTest, TakesTheMissingSteps) {
  const std::unique_ptr<sql::Database> database = OpenNew();
  EXPECT_GT(*PendingRollupMigrations(*database, tests::TestMetrics()), 0);
  for (int i = 0; i < 2; ++i) {
    const absl::Status migrated = MigrateRollup(*database, tests::TestMetrics());
    ASSERT_TRUE(migrated.ok()) << migrated;
    EXPECT_EQ(*PendingRollupMigrations(*database, tests::TestMetrics()), 0);
  }
}

TEST_P(RollupSchemaTest, AMetricAddedLaterIsZero) {
  const std::unique_ptr<sql::Database> database = OpenNew();
  ASSERT_TRUE(MigrateRollup(*database, tests::TestMetrics()).ok());
  const auto insert = [](sql::Session& session) {
    return session
        .Execute({"test.row",
                  "INSERT INTO rollup_total (partition_id, unit_uid, month, own_problems_found) "
                  "VALUES (2, 1, 0, 5)"})
        .status();
  };
  ASSERT_TRUE(database->Write(kNoDeadline, insert).ok());
  const MetricSet more(education::v1::EducationMetrics::descriptor());
  EXPECT_EQ(*PendingRollupMigrations(*database, more), static_cast<int>(more.size()));
  const absl::Status migrated = MigrateRollup(*database, more);
  ASSERT_TRUE(migrated.ok()) << migrated;
  EXPECT_EQ(*PendingRollupMigrations(*database, more), 0);
  EXPECT_EQ(*PendingRollupMigrations(*database, tests::TestMetrics()), 0);  // columns stay
  const auto read = [&](sql::Session& session) {
    return session.Select(
        {"test.read", "SELECT own_problems_found, own_learning_records, sum_learning_records FROM rollup_total"}, {},
        [](const sql::Row& row) {
          EXPECT_EQ(row.Int(0), 5);
          EXPECT_FALSE(row.IsNull(1));
          EXPECT_EQ(row.Int(1), 0);
          EXPECT_EQ(row.Int(2), 0);
          return absl::OkStatus();
        });
  };
  EXPECT_TRUE(database->Read(kNoDeadline, read).ok());
}

TEST_P(RollupSchemaTest, SeveralProcessesAtOnce) {
  for (int round = 0; round < 3; ++round) {
    const std::string url = NewUrl();
    std::vector<std::thread> threads;
    std::vector<absl::Status> results(4, absl::UnknownError(""));
    for (absl::Status& result : results) {
      threads.emplace_back([&] {
        absl::StatusOr<std::unique_ptr<sql::Database>> database = sql::OpenDatabase(url);
        result = database.ok() ? MigrateRollup(**database, tests::TestMetrics()) : database.status();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& result : results) EXPECT_TRUE(result.ok()) << result;
    EXPECT_EQ(*PendingRollupMigrations(**sql::OpenDatabase(url), tests::TestMetrics()), 0);
  }
}

}  // namespace
}  // namespace ronghe::common
