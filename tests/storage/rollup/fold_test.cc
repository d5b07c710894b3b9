// Folding against a model that counts naively, while units come, move and go, months end, and publishers fail.
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/common/rollup/difference.h"
#include "services/common/rollup/summaries.h"
#include "services/common/values/status.h"
#include "tests/storage/rollup/fixture.h"

namespace ronghe::common {
namespace {

using tests::RollupModel;
using Uid = RollupModel::Uid;
using Values = RollupModel::Values;

// Folds, and sometimes fails before, amid or after it, or does not say that it was committed.
class Fragile final : public PublicationStep {
 public:
  Fragile(tests::SeededRandom& random, absl::TimeZone zone) : folder_(tests::TestMetrics(), zone), random_(random) {}

  absl::Status Publish(sql::Session& session, int64_t before, int64_t position) override {
    const uint64_t fate = failing_ ? random_.Below(6) : 5;
    if (fate == 0) return absl::UnavailableError("killed before");
    RONGHE_RETURN_IF_ERROR(folder_.Publish(session, before, position));
    if (fate == 1) return absl::UnavailableError("killed after");
    if (fate == 2) return session.Execute({"test.fail", "INSERT INTO no_such_table (a) VALUES (1)"}).status();
    return absl::OkStatus();
  }
  // Where a connection is lost nobody knows how the transaction ended.
  void Ended(bool committed) override { folder_.Ended(committed && !(failing_ && random_.Below(5) == 0)); }
  void set_failing(bool failing) { failing_ = failing; }

 private:
  Folder folder_;
  tests::SeededRandom& random_;
  bool failing_ = false;
};

constexpr size_t kRecorded[] = {tests::kFound, tests::kClosed, tests::kOpen, tests::kOverdue, tests::kOpen};

class FoldTest : public tests::RollupTest {
 protected:
  void SetUp() override {
    RollupTest::SetUp();
    for (Holder& holder : holders_) {
      holder.step.emplace(random_, tests::Beijing());
    }
  }

  uint64_t Below(uint64_t limit) { return random_.Below(limit); }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  // A unit that is there; 0 if `none` is as good as any.
  Uid Any(bool none = false) {
    std::vector<Uid> units;
    for (const auto& [uid, unit] : model_.units()) {
      if (!unit.gone) units.push_back(uid);
    }
    if (none) units.push_back(0);
    return units[Below(units.size())];
  }
  MonthNumber Back(uint64_t months) const { return MonthOf(CivilMonthOf(Month()) - static_cast<int>(months)); }

  void AddUnit(RollupChange& change) {
    const Uid parent = Any();
    // A county has a partition of its own; whatever is made below it shares it.
    const int64_t partition = OneIn(3) ? 2 + static_cast<int64_t>(Below(6)) : model_.units().at(parent).partition;
    model_.Add(++last_uid_, parent, partition, change);
  }
  void MoveUnit(RollupChange& change) {
    Uid unit = Any();
    Uid parent = Any(OneIn(5));
    if (moved_ != 0 && !model_.units().at(moved_).gone) {
      // Again what moved last, back to where it was, or something below or above it.
      const uint64_t what = Below(8);
      if (what < 2) unit = moved_;
      if (what == 0) parent = moved_from_;
      if (what == 2) parent = moved_;
      if (what == 3 && model_.ParentAt(moved_, Back(1)) != 0) unit = model_.ParentAt(moved_, Back(1));
      if (what == 4 && model_.ParentAt(unit, Back(1)) != 0) parent = model_.ParentAt(unit, Back(1));
    }
    if (model_.units().at(unit).gone || (parent != 0 && model_.units().at(parent).gone)) return;
    const MonthNumber from = Back(OneIn(2) ? 0 : OneIn(4) ? 2 : 1);
    const Uid before = model_.ParentAt(unit, RollupModel::kNow);
    if (!model_.Move(unit, parent, from, change)) return;
    moves_ += before == parent ? 0 : 1;
    moved_ = unit;
    moved_from_ = before;
  }
  // Two flows and two stocks, in the partition of the unit, as records are.
  void RecordSome() {
    RollupChange change;
    const Uid unit = Any();
    for (uint64_t i = 0; i <= Below(3); ++i) {
      const size_t metric = kRecorded[Below(std::size(kRecorded))];
      const MonthNumber month = OneIn(8) ? MonthOf(CivilMonthOf(Month()) + 1) : Back(OneIn(2) ? 0 : Below(4));
      model_.Record(unit, metric, Month(), month, static_cast<int64_t>(Below(9)) - 2, change);
    }
    Log(model_.units().at(unit).partition, change);
  }
  void Step() {
    RollupChange change;
    const uint64_t what = Below(20);
    if (what < 9) return RecordSome();
    if (what < 12) {
      AddUnit(change);
      if (OneIn(2)) MoveUnit(change);
    } else if (what < 18) {
      MoveUnit(change);
      if (OneIn(4)) MoveUnit(change);
    } else if (what < 19) {
      const Uid unit = Any();
      if (unit != 1 && !model_.HasChildren(unit)) model_.Forget(unit, Month(), change);
    } else {
      clock_.Advance(absl::Hours(24 * (10 + static_cast<int64_t>(Below(30)))));
      return;
    }
    if (!change.empty()) Log(structure_partition_, change);
  }

  // By one of two processes, whatever happens to them. False if it failed and gave up: the other one may come next,
  // when there is more to publish.
  bool PublishSomehow(int batch) {
    Holder& holder = holders_[Below(2)];
    if (!holder.publisher) {
      holder.publisher.emplace(*database_, clock_, random_, Publisher::Options{.batch = batch});
      holder.publisher->SetStep(*holder.step);
    }
    holder.step->set_failing(OneIn(2));
    for (int i = 0; i < 4; ++i) {
      if (holder.publisher->PublishOnce().ok()) return true;
      if (OneIn(3)) return false;
    }
    holder.step->set_failing(false);
    const absl::Status published = holder.publisher->PublishOnce().status();
    EXPECT_TRUE(published.ok()) << published;
    return published.ok();
  }

  void CheckDifferences(MonthNumber month);
  void CheckSummaries();
  void CheckAudit() {
    Auditor auditor(*database_, tests::TestMetrics(), model_, clock_);
    const absl::StatusOr<AuditReport> report = auditor.Run(3, tests::kNoDeadline);
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->difference_count, 0)
        << static_cast<int>(report->differences[0].kind) << " unit " << report->differences[0].unit.value << " month "
        << report->differences[0].month;
    EXPECT_EQ(report->mark.position, Number("SELECT position FROM feed_state"));
  }

  void Walk(uint64_t seed, int steps, int batch, uint64_t publish_every) {
    for (uint64_t i = 0; i < seed; ++i) random_.Next();
    structure_partition_ = seed % 2 == 0 ? 0 : 900;
    RollupChange root;
    model_.Add(++last_uid_, 0, 1, root);
    Log(structure_partition_, root);
    for (int i = 0; i < steps; ++i) {
      SCOPED_TRACE(fmt::format("step {}", i));
      Step();
      if (OneIn(10)) CheckAudit();  // with changes that are not published
      if (!OneIn(publish_every) || !PublishSomehow(batch)) continue;
      Check();
      if (OneIn(3)) CheckAudit();
      if (OneIn(3)) CheckDifferences(Back(Below(5)));
      if (OneIn(3)) CheckSummaries();
      if (HasFatalFailure()) return;
    }
    EXPECT_GT(model_.units().size(), 10u);
    EXPECT_GT(moves_, steps / 10);
    EXPECT_GT(Months().size(), 5u);
  }

  struct Holder {
    std::optional<Fragile> step;
    std::optional<Publisher> publisher;
  };
  Holder holders_[2];
  int64_t structure_partition_ = 0;
  Uid last_uid_ = 0;
  int moves_ = 0;
  Uid moved_ = 0;
  Uid moved_from_ = 0;
};
INSTANTIATE_ENGINES(FoldTest);

void FoldTest::CheckDifferences(MonthNumber month) {
  const std::map<Uid, Values> then = model_.Sums(month);
  const std::map<Uid, Values> now = model_.Sums(month, RollupModel::kNow);
  const absl::Status status = database_->Read(tests::kNoDeadline, [&](sql::Session& session) -> absl::Status {
    for (const auto& [uid, unit] : model_.units()) {
      RONGHE_ASSIGN_OR_RETURN(
          const MonthDifference difference,
          ReadDifference(session, tests::TestMetrics(), UnitUid(uid), PartitionId(unit.partition), month));
      std::vector<UnitUid> today;
      std::vector<UnitUid> expected_children;
      for (const auto& [child, of] : model_.units()) {
        if (model_.ParentAt(child, RollupModel::kNow) == uid) today.emplace_back(child);
        if (model_.ParentAt(child, month) == uid) expected_children.emplace_back(child);
      }
      RONGHE_ASSIGN_OR_RETURN(const std::vector<UnitUid> children, ReadChildrenAt(session, UnitUid(uid), month, today));
      EXPECT_EQ(children, expected_children) << "under " << uid << " in " << month;
      EXPECT_EQ(difference.then, then.at(uid)) << uid;
      EXPECT_EQ(difference.now, now.at(uid)) << uid;
      Values moved(tests::TestMetrics().size());
      for (const StructureDifference& part : difference.units) {
        EXPECT_EQ(part.parent_then.value, model_.ParentAt(part.unit.value, month));
        EXPECT_EQ(part.parent_now.value, model_.ParentAt(part.unit.value, RollupModel::kNow));
        EXPECT_NE(part.parent_then, part.parent_now);
        for (size_t m = 0; m < moved.size(); ++m) moved[m] += part.joined ? part.amounts[m] : -part.amounts[m];
      }
      for (size_t m = 0; m < moved.size(); ++m) {
        EXPECT_EQ(difference.now[m] - difference.then[m], moved[m]) << uid << " in " << month;
      }
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
}

void FoldTest::CheckSummaries() {
  std::vector<SummaryUnit> units;
  for (const auto& [uid, unit] : model_.units()) {
    units.push_back({UnitUid(uid), PartitionId(unit.partition)});
    const Uid parent = model_.ParentAt(uid, RollupModel::kNow);
    if (parent != 0 && OneIn(2)) {
      units.push_back({UnitUid(uid), PartitionId(unit.partition), UnitUid(parent),
                       PartitionId(model_.units().at(parent).partition)});
    }
  }
  const std::vector<Period> periods{{Month(), Month()}, {Back(2), Back(2)}, {202610, 202612}, {Back(3), Back(1)}};
  std::vector<SummaryValues> then;
  std::vector<SummaryValues> now;
  const absl::Status status = database_->Read(tests::kNoDeadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(then, ReadSummaries(session, tests::TestMetrics(), units, periods));
    RONGHE_ASSIGN_OR_RETURN(now, ReadSummariesNow(session, tests::TestMetrics(), units, periods));
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  for (size_t p = 0; p < periods.size(); ++p) {
    std::map<Uid, Values> expected_then;
    std::map<Uid, Values> expected_now;
    for (const MonthNumber month : MonthsOf(periods[p])) {
      for (const bool today : {false, true}) {
        for (const auto& [uid, values] : model_.Sums(month, today ? RollupModel::kNow : month)) {
          Values& into = (today ? expected_now : expected_then)[uid];
          into.resize(values.size());
          for (size_t m = 0; m < values.size(); ++m) {
            into[m] = values[m] + (tests::TestMetrics().at(m).stock ? 0 : into[m]);
          }
        }
      }
    }
    for (size_t u = 0; u < units.size(); ++u) {
      ASSERT_EQ(then[u * periods.size() + p].sum, expected_then[units[u].uid.value])
          << units[u].uid.value << " in " << PeriodText(periods[p]) << (units[u].parent ? " beside siblings" : "");
      ASSERT_EQ(now[u * periods.size() + p].sum, expected_now[units[u].uid.value])
          << units[u].uid.value << " in " << PeriodText(periods[p]) << " under today's structure";
    }
  }
}

TEST_P(FoldTest, EveryChangeAtOnce) {
  Walk(2, 200, 5000, 1);
}
TEST_P(FoldTest, OneChangeInABatch) {
  Walk(3, 300, 1, 6);
}
TEST_P(FoldTest, ManyChangesInABatch) {
  Walk(4, 600, 5000, 12);
}
TEST_P(FoldTest, SmallBatchesStructureLast) {
  Walk(5, 400, 3, 8);
}

}  // namespace
}  // namespace ronghe::common
