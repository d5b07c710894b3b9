#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

namespace ronghe::organization {

using WorkplaceId = common::Id<struct WorkplaceIdTag>;
using CoverId = common::Id<struct CoverIdTag>;

// Numbers are those of ronghe.organization.v1.
enum class WorkplaceKind { kUnspecified = 0, kEnterprise = 1, kOther = 8 };  // 1 to 8 are known
enum class WorkplaceState { kUnspecified = 0, kActive = 1, kClosed = 2 };
enum class WorkplaceEvent { kUpdate, kMove, kServe, kClose, kRestore };
enum class CoverState { kUnspecified = 0, kActive = 1, kEnded = 2 };
enum class CoverEvent { kEnd };
enum class CoverEndReason {
  kUnspecified = 0,
  kReleased = 1,
  kWorkplaceClosed = 2,
  kUnitDissolved = 3,
  kUnitSucceeded = 4,
};

common::Text StateText(WorkplaceState state);
common::Text EventText(WorkplaceEvent event);
common::Text StateText(CoverState state);
common::Text EventText(CoverEvent event);
// Names as filters use them (`ENTERPRISE`); nullopt for unknown ones.
std::optional<WorkplaceKind> WorkplaceKindFromName(std::string_view name);
std::optional<WorkplaceState> WorkplaceStateFromName(std::string_view name);
std::optional<CoverState> CoverStateFromName(std::string_view name);

// The state after `event`; FAILED_PRECONDITION, reason WORKPLACE_STATE or COVER_ENDED.
absl::StatusOr<WorkplaceState> NextState(WorkplaceState state, WorkplaceEvent event, const std::string& resource);
absl::StatusOr<CoverState> NextState(CoverState state, CoverEvent event, const std::string& resource);

// What is wrong with a unified social credit code: its form, or its check character (GB 32100-2015).
enum class CreditCodeFault { kNone, kForm, kCheck };
CreditCodeFault CheckCreditCode(std::string_view code);

// What a caller says about a workplace.
struct WorkplaceFields {
  int kind = 0;
  std::string title;
  std::string credit_code;
  std::string external_id;
};
// Adds every violation of the field rules of workplace.proto; fields are prefixed.
void CheckWorkplaceFields(const WorkplaceFields& fields, std::string_view prefix, common::Violations& violations);

}  // namespace ronghe::organization
