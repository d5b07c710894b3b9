#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/values/ids.h"
#include "services/common/vault/key_ring.h"
#include "services/education/app/activity_store.h"

namespace ronghe::education {

// Encrypts the texts of activities, of what is recorded of members and of what happened: one data key for each
// activity, bound to its id. Thread-safe.
class ActivityTexts {
 public:
  // Both outlive it.
  ActivityTexts(const common::KeyRing& ring, common::Random& random) : ring_(ring), random_(random) {}

  common::WrappedKey NewKey(ActivityId id) const;
  absl::StatusOr<std::string> Seal(ActivityId id, const common::WrappedKey& key, const Activity& activity) const;
  absl::Status Open(ActivityId id, const common::WrappedKey& key, std::string_view sealed, Activity& activity) const;
  // Many rows are sealed and opened with one key.
  absl::StatusOr<common::DataKey> Unwrap(ActivityId id, const common::WrappedKey& key) const;
  std::string Seal(ActivityId id, const common::DataKey& key, const Attendance& row) const;
  absl::Status Open(ActivityId id, const common::DataKey& key, std::string_view sealed, Attendance& row) const;
  absl::StatusOr<std::string> Seal(ActivityId id, const common::WrappedKey& key, const ActivityStep& step) const;
  absl::Status Open(ActivityId id, const common::DataKey& key, std::string_view sealed, ActivityStep& step) const;

 private:
  const common::KeyRing& ring_;
  common::Random& random_;
};

}  // namespace ronghe::education
