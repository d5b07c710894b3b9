#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "gateway/overview/summary.h"
#include "ronghe/common/v1/summary.pb.h"

namespace ronghe::gateway {

// What a service answered about some units.
struct SummaryBatch {
  Place place;
  // Serialized totals, by the unit's name and the period as asked for.
  absl::flat_hash_map<std::pair<std::string, std::string>, std::string> totals;
};

// A service that is asked for totals, by the gateway on its own behalf: permission has been checked before.
// Thread-safe.
class SummarySource {
 public:
  template <typename T>
  using Done = std::function<void(absl::StatusOr<T>)>;
  virtual ~SummarySource() = default;

  // `done` is called once, at the deadline at the latest, from another thread or this one.
  virtual void BatchGet(const common::v1::BatchGetSummariesRequest& request, absl::Time deadline,
                        Done<SummaryBatch> done) = 0;
  virtual void GetDifference(const common::v1::GetStructureDifferenceRequest& request, absl::Time deadline,
                             Done<common::v1::GetStructureDifferenceResponse> done) = 0;
};

}  // namespace ronghe::gateway
