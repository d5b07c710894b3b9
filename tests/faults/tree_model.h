#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <absl/time/civil_time.h>

#include "ronghe/organization/v1/metrics.pb.h"
#include "ronghe/organization/v1/unit.pb.h"

#include "services/common/values/mutex.h"
#include "tests/support/rpc_client.h"

namespace ronghe::tests {

// What all writes that were acknowledged must have made. Units by their codes. Thread-safe.
class TreeModel {
 public:
  struct Unit {
    std::string parent;  // empty: the root
    organization::v1::Level level = organization::v1::LEVEL_UNSPECIFIED;
    absl::CivilDay from;  // of its latest version
    bool active = true;
    organization::v1::OrganizationMetrics own;
  };
  using Units = std::map<std::string, Unit>;

  // A committee, or from branches down a branch.
  void Add(const std::string& code, const std::string& parent, organization::v1::Level level, absl::CivilDay from);
  void Move(const std::string& code, const std::string& parent, absl::CivilDay from);
  void Dissolve(const std::string& code);
  // Adds to the unit's own figures.
  void Count(const std::string& code, const organization::v1::OrganizationMetrics& more);

  Unit Get(const std::string& code) const;
  Units All() const;

 private:
  mutable common::Mutex mutex_;
  Units units_ ABSL_GUARDED_BY(mutex_);
};

// Compares what a gateway tells of `root` and everything below it with the model: children, own figures, totals; and
// each total with the sum over the children's plus the unit's own. One line for each figure that differs.
std::vector<std::string> Compare(const TreeModel::Units& units, const std::string& root, RpcClient& gateway);

}  // namespace ronghe::tests
