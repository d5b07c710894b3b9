#include "tests/storage/rollup/fixture.h"

#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ronghe/rectification/v1/metrics.pb.h"

#include "services/common/rollup/schema.h"
#include "services/common/sql/database.h"

namespace ronghe::tests {

using common::MonthNumber;
namespace sql = common::sql;
using Values = RollupModel::Values;
using Uid = RollupModel::Uid;

const common::MetricSet& TestMetrics() {
  static const common::MetricSet metrics(rectification::v1::RectificationMetrics::descriptor());
  return metrics;
}

absl::TimeZone Beijing() {
  return absl::FixedTimeZone(8 * 60 * 60);
}

void RollupTest::SetUp() {
  database_ = OpenNew({.readers = 6});
  ASSERT_TRUE(sql::Migrate(*database_, "changelog", common::ChangeLogMigrations()).ok());
  const absl::Status migrated = common::MigrateRollup(*database_, TestMetrics());
  ASSERT_TRUE(migrated.ok()) << migrated;
  log_.emplace(*database_, clock_, random_);
  folder_.emplace(TestMetrics(), Beijing());
  publisher_.emplace(*database_, clock_, random_);
  publisher_->SetStep(*folder_);
}

MonthNumber RollupTest::Month() const {
  return common::MonthAt(common::Calendar(clock_, Beijing()), clock_.Now());
}

void RollupTest::Log(int64_t partition, const common::RollupChange& change) {
  const absl::StatusOr<int64_t> revision =
      log_->Write(common::PartitionId(partition), common::Call{}, [&](common::WriteTxn& txn) {
        txn.Log({.resource = "things/1", .rollup = EncodeRollup(change)});
        return absl::OkStatus();
      });
  ASSERT_TRUE(revision.ok()) << revision.status();
}

void RollupTest::Publish() {
  const absl::StatusOr<int64_t> position = publisher_->PublishOnce();
  ASSERT_TRUE(position.ok()) << position.status();
}

void RollupTest::Spoil(const std::string& statement) {
  const absl::Status status = database_->Write(kNoDeadline, [&](sql::Session& session) {
    return session.Execute({"test.spoil", statement}).status();
  });
  ASSERT_TRUE(status.ok()) << status;
}

int64_t RollupTest::Number(const std::string& query) {
  int64_t number = 0;
  const absl::Status status = database_->Read(kNoDeadline, [&](sql::Session& session) {
    return session.Select({"test.number", query}, {}, [&](const sql::Row& row) {
      number = row.Int(0);
      return absl::OkStatus();
    });
  });
  EXPECT_TRUE(status.ok()) << status;
  return number;
}

Values RollupTest::FiguresOf(const Rows& rows, MonthNumber month) const {
  Values figures(TestMetrics().size());
  for (const auto& [of, values] : rows) {
    for (size_t m = 0; m < figures.size(); ++m) {
      if (!TestMetrics().at(m).stock) {
        if (of == month) figures[m] += values[m];
      } else if (of == 0) {
        figures[m] += values[m];
      } else if (of > month) {
        figures[m] -= values[m];
      }
    }
  }
  return figures;
}

std::vector<MonthNumber> RollupTest::Months() const {
  std::set<MonthNumber> months{RollupModel::kNow, 202601};
  for (const auto& [uid, unit] : model_.units()) {
    for (const auto& [month, values] : unit.recorded) months.insert(month);
    for (const auto& [month, parent] : unit.places) months.insert(month);
  }
  months.erase(0);
  return {months.begin(), months.end()};
}

void RollupTest::CheckTotals() {
  std::map<Uid, Rows> own;
  std::map<Uid, Rows> sums;
  const std::string text = fmt::format("SELECT partition_id, unit_uid, month{}{} FROM rollup_total",
                                       OwnColumns(TestMetrics()), SumColumns(TestMetrics()));
  const absl::Status status = database_->Read(kNoDeadline, [&](sql::Session& session) {
    return session.Select({"test.totals", text}, {}, [&](const sql::Row& row) {
      const Uid unit = row.Int(1);
      EXPECT_TRUE(model_.units().contains(unit)) << unit;
      if (!model_.units().contains(unit)) return absl::OkStatus();
      EXPECT_EQ(row.Int(0), model_.units().at(unit).partition);
      Values& own_values = own[unit][static_cast<MonthNumber>(row.Int(2))];
      Values& sum_values = sums[unit][static_cast<MonthNumber>(row.Int(2))];
      const int count = static_cast<int>(TestMetrics().size());
      for (int m = 0; m < count; ++m) own_values.push_back(row.Int(3 + m));
      for (int m = 0; m < count; ++m) sum_values.push_back(row.Int(3 + count + m));
      return absl::OkStatus();
    });
  });
  ASSERT_TRUE(status.ok()) << status;
  for (const MonthNumber month : Months()) {
    const std::map<Uid, Values> expected = model_.Sums(month);
    for (const auto& [uid, unit] : model_.units()) {
      ASSERT_EQ(FiguresOf(own[uid], month), model_.Own(uid, month)) << "own of " << uid << " in " << month;
      ASSERT_EQ(FiguresOf(sums[uid], month), expected.at(uid)) << "sum of " << uid << " in " << month;
    }
  }
}

void RollupTest::CheckEdges() {
  std::map<std::pair<Uid, Uid>, Rows> edges;
  const std::string text =
      fmt::format("SELECT partition_id, parent_uid, child_uid, month{} FROM rollup_edge", SumColumns(TestMetrics()));
  const absl::Status status = database_->Read(kNoDeadline, [&](sql::Session& session) {
    return session.Select({"test.edges", text}, {}, [&](const sql::Row& row) {
      EXPECT_EQ(row.Int(0), model_.units().at(row.Int(1)).partition);
      Values& values = edges[{row.Int(1), row.Int(2)}][static_cast<MonthNumber>(row.Int(3))];
      for (size_t m = 0; m < TestMetrics().size(); ++m) values.push_back(row.Int(static_cast<int>(4 + m)));
      return absl::OkStatus();
    });
  });
  ASSERT_TRUE(status.ok()) << status;
  for (const auto& [uid, unit] : model_.units()) {
    for (const auto& [month, parent] : unit.places) {
      if (parent != 0 && model_.units().at(parent).partition != unit.partition) edges[{parent, uid}];
    }
  }
  for (const MonthNumber month : Months()) {
    const std::map<Uid, Values> sums = model_.Sums(month);
    for (const auto& [edge, rows] : edges) {
      const bool stood = model_.ParentAt(edge.second, month) == edge.first &&
                         model_.units().at(edge.first).partition != model_.units().at(edge.second).partition;
      const Values expected = stood ? sums.at(edge.second) : Values(TestMetrics().size());
      ASSERT_EQ(FiguresOf(rows, month), expected) << edge.second << " under " << edge.first << " in " << month;
    }
  }
}

}  // namespace ronghe::tests
