#pragma once

#include "services/common/auth/auth.h"
#include "services/rectification/app/problem_app.h"

namespace ronghe::rectification {

// Finds the units of this service's records for permissions. Thread-safe.
class ProblemOwners final : public common::OwnerResolver {
 public:
  explicit ProblemOwners(ProblemApp& app) : app_(app) {}
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) override {
    return app_.OwnerOf(resource, deadline);
  }

 private:
  ProblemApp& app_;
};

}  // namespace ronghe::rectification
