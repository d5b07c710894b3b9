#pragma once

#include "services/common/auth/auth.h"
#include "services/education/app/activity_app.h"

namespace ronghe::education {

// Finds the units of this service's records for permissions. Thread-safe.
class EducationOwners final : public common::OwnerResolver {
 public:
  explicit EducationOwners(ActivityApp& activities) : activities_(activities) {}
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) override {
    return activities_.OwnerOf(resource, deadline);
  }

 private:
  ActivityApp& activities_;
};

}  // namespace ronghe::education
