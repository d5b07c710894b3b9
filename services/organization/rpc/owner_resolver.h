#pragma once

#include "services/common/auth/auth.h"
#include "services/organization/app/consistency.h"
#include "services/organization/app/owner_registry.h"

namespace ronghe::organization {

// Answers the authorizer's questions from the registry and the store. Thread-safe.
class ServiceOwnerResolver final : public common::OwnerResolver {
 public:
  // Both must outlive it.
  ServiceOwnerResolver(const OwnerRegistry& registry, Consistency& consistency)
      : registry_(registry), consistency_(consistency) {}

  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) override {
    return registry_.OwnerOf(resource, deadline);
  }
  bool CatchUp(absl::Time deadline) override;

 private:
  const OwnerRegistry& registry_;
  Consistency& consistency_;
};

}  // namespace ronghe::organization
