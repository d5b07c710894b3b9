#pragma once

#include "services/common/auth/auth.h"
#include "services/rectification/app/order_app.h"
#include "services/rectification/app/problem_app.h"

namespace ronghe::rectification {

// Finds the units of this service's records for permissions. Thread-safe.
class ProblemOwners final : public common::OwnerResolver {
 public:
  ProblemOwners(ProblemApp& problems, OrderApp& orders) : problems_(problems), orders_(orders) {}
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) override {
    return resource.starts_with("orders/") ? orders_.OwnerOf(resource, deadline)
                                           : problems_.OwnerOf(resource, deadline);
  }

 private:
  ProblemApp& problems_;
  OrderApp& orders_;
};

}  // namespace ronghe::rectification
