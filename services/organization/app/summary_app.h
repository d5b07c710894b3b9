#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/organization/app/consistency.h"
#include "services/organization/app/summary_source.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

struct UnitTotals {
  std::string code;
  UnitCounts own;
  UnitCounts total;
};

struct Summaries {
  std::vector<UnitTotals> units;
  int64_t position = 0;
  absl::Time time;
};

// Totals of units: plain sums over the subtree of today. Thread-safe.
class SummaryApp {
 public:
  SummaryApp(SummarySource& source, Consistency& consistency, const Tree& tree)
      : source_(source), consistency_(consistency), tree_(tree) {}

  absl::StatusOr<Summaries> BatchGet(const common::Call& call, const std::vector<std::string>& units,
                                     bool include_children);

 private:
  SummarySource& source_;
  Consistency& consistency_;
  const Tree& tree_;
};

}  // namespace ronghe::organization
