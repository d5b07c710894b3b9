#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "services/common/changelog/changelog.h"
#include "services/common/rollup/change.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/metric_set.h"
#include "tests/storage/rollup/model.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::tests {

inline constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

// What the totals are about: the metrics of rectification, some flows and some stocks.
const common::MetricSet& TestMetrics();
inline constexpr size_t kFound = 0;    // flow
inline constexpr size_t kClosed = 1;   // flow
inline constexpr size_t kOpen = 6;     // stock
inline constexpr size_t kOverdue = 7;  // stock
absl::TimeZone Beijing();

// A database with a change log and totals, one folder and its publisher.
class RollupTest : public EngineTest {
 protected:
  void SetUp() override;

  common::MonthNumber Month() const;  // by the clock
  // Logs what happened, in one write of a partition.
  void Log(int64_t partition, const common::RollupChange& change);
  void Publish();
  // Everything stored, at every level and for every month, is what the model says.
  void CheckTotals();
  void CheckEdges();
  void Check() {
    CheckTotals();
    CheckEdges();
  }
  // Statements that no program of ours runs.
  void Spoil(const std::string& statement);
  int64_t Number(const std::string& query);

  // Rows by month, each an array of values.
  using Rows = std::map<common::MonthNumber, RollupModel::Values>;
  // The figures of a month that rows say.
  RollupModel::Values FiguresOf(const Rows& rows, common::MonthNumber month) const;
  // All months that are of interest, and kNow.
  std::vector<common::MonthNumber> Months() const;

  FakeClock clock_;
  SeededRandom random_;
  std::unique_ptr<common::sql::Database> database_;
  std::optional<common::ChangeLog> log_;
  std::optional<common::Folder> folder_;
  std::optional<common::Publisher> publisher_;
  RollupModel model_{TestMetrics()};
};

}  // namespace ronghe::tests
