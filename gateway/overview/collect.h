#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "gateway/overview/last_known.h"
#include "gateway/overview/part.h"
#include "services/common/values/call.h"
#include "services/common/values/clock.h"

namespace ronghe::gateway {

// What all services together know about some units.
struct Collected {
  struct OfService {
    std::string service;
    bool missing = false;                           // of at least one unit
    bool stale = false;                             // of at least one unit
    FeedPlace place;                                // the oldest
    absl::flat_hash_map<int64_t, Figures> figures;  // by uid
  };
  std::vector<OfService> services;  // in the order of the parts
};

// A unit whose figures are wanted.
struct WantedUnit {
  common::UnitUid uid;
  std::string name;
};
struct CollectRequest {
  std::vector<WantedUnit> units;
  // Set where `units` are one unit, first, and all the units directly under it: then one indexed read does.
  bool with_children = false;
  std::vector<std::string> min_revision;
};

// Asks the services side by side, within the caller's deadline, each at most three seconds. A service that does not
// answer contributes its last known figures, or none; with `min_revision` never older ones. An error of the request
// itself, or one that says to ask again (NOT_YET_VISIBLE), is returned as it is. Thread-safe.
class Collector {
 public:
  // All outlive it.
  Collector(std::vector<std::unique_ptr<OverviewPart>> parts, const common::Clock& clock)
      : parts_(std::move(parts)), clock_(clock), last_known_(clock) {}

  absl::StatusOr<Collected> Collect(const common::Call& call, const CollectRequest& request);

 private:
  // One service's answers, and what is remembered where there is none.
  void Gather(const CollectRequest& request, std::span<const absl::StatusOr<PartAnswer>> answers,
              Collected::OfService& service);

  const std::vector<std::unique_ptr<OverviewPart>> parts_;
  const common::Clock& clock_;
  LastKnown last_known_;
};

}  // namespace ronghe::gateway
