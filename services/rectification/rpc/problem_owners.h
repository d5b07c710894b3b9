#pragma once

#include <string>
#include <string_view>

#include "services/common/auth/auth.h"
#include "services/common/import/import_app.h"
#include "services/rectification/app/check_app.h"
#include "services/rectification/app/order_app.h"
#include "services/rectification/app/problem_app.h"
#include "services/rectification/app/risk_app.h"

namespace ronghe::rectification {

// Finds the units of this service's records for permissions. Thread-safe.
class ProblemOwners final : public common::OwnerResolver {
 public:
  ProblemOwners(ProblemApp& problems, OrderApp& orders, CheckApp& checks, RiskApp& risks, common::ImportApp& imports)
      : problems_(problems), orders_(orders), checks_(checks), risks_(risks), imports_(imports) {}
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) override {
    if (resource.starts_with("orders/")) return orders_.OwnerOf(resource, deadline);
    if (resource.starts_with("checklists/") || resource.starts_with("checkRounds/") ||
        resource.starts_with("selfChecks/")) {
      return checks_.OwnerOf(resource, deadline);
    }
    if (resource.starts_with("riskPoints/")) return risks_.OwnerOf(resource, deadline);
    if (!resource.starts_with("problemImports/")) return problems_.OwnerOf(resource, deadline);
    RONGHE_ASSIGN_OR_RETURN(const int64_t id, imports_.IdOf(std::string(resource)));
    return imports_.OwnerOf(id, deadline);
  }

 private:
  ProblemApp& problems_;
  OrderApp& orders_;
  CheckApp& checks_;
  RiskApp& risks_;
  common::ImportApp& imports_;
};

}  // namespace ronghe::rectification
