#pragma once

#include <span>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "ronghe/common/v1/summary.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/rollup/summaries.h"
#include "services/common/sql/database.h"
#include "services/common/summary/published_gate.h"
#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/period.h"
#include "services/common/values/status.h"

namespace ronghe::common {

// Answers a service's requests for totals. The caller's permission has been checked. Thread-safe; blocks on the
// database.
class SummaryService {
 public:
  // All outlive it.
  struct Parts {
    sql::Database& database;
    const MetricSet& metrics;
    const Directory& directory;
    ChangeLog& log;
    PublishedGate& gate;
    Calendar calendar;
  };
  explicit SummaryService(const Parts& parts) : parts_(parts) {}

  // Fills a BatchGetSummariesResponse of the service's own package. INVALID_ARGUMENT with every wrong field; NOT_FOUND
  // for unknown units; UNAVAILABLE, reason NOT_YET_VISIBLE, where `min_revision` is not covered within the deadline.
  absl::Status BatchGet(const Call& call, const v1::BatchGetSummariesRequest& request,
                        google::protobuf::Message& response) const;
  // Names outside the caller's scope are left empty. Errors as above.
  absl::StatusOr<v1::GetStructureDifferenceResponse> GetDifference(
      const Call& call, const v1::GetStructureDifferenceRequest& request) const;

 private:
  struct Wanted {
    std::string name;
    SummaryUnit unit;
  };
  absl::StatusOr<std::vector<Wanted>> Units(const v1::BatchGetSummariesRequest& request) const;
  absl::StatusOr<DirectoryUnit> Find(const std::string& name) const;
  std::vector<DirectoryUnit> ActiveChildren(UnitUid unit) const;
  std::string NameFor(const Call& call, UnitUid unit) const;
  void WriteAmounts(std::span<const int64_t> values, bool zeros,
                    google::protobuf::Map<std::string, int64_t>& amounts) const;

  const Parts parts_;
};

// The periods of a request, and those it did not name: the current month. Adds a violation for each that is malformed
// or has not begun.
std::vector<Period> ReadPeriods(const google::protobuf::RepeatedPtrField<std::string>& texts, const Calendar& calendar,
                                Violations& violations);
void WriteMark(const SummaryMark& mark, std::string incarnation, v1::Watermark& watermark);

}  // namespace ronghe::common
