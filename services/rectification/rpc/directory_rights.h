#pragma once

#include "services/common/directory/directory.h"
#include "services/common/values/clock.h"
#include "services/rectification/app/rights.h"

namespace ronghe::rectification {

// What callers may do, by the replica of grants. Thread-safe.
class DirectoryRights final : public Rights {
 public:
  // Both outlive it.
  DirectoryRights(const common::Directory& directory, const common::Clock& clock)
      : directory_(directory), clock_(clock) {}
  bool Holds(const common::Actor& actor, Right right, common::UnitUid unit) const override;

 private:
  const common::Directory& directory_;
  const common::Clock& clock_;
};

}  // namespace ronghe::rectification
