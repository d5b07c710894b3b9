#pragma once

#include <optional>
#include <span>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/unit_store.h"

// Rows of tables `reorganization` and `unit_successor`, between SQL and the domain.
namespace ronghe::organization {

absl::StatusOr<std::optional<Reorganization>> SelectReorganization(common::sql::Session& session, int64_t id);
// As UnitReader::Reorganizations.
absl::StatusOr<std::vector<Reorganization>> SelectReorganizations(common::sql::Session& session, int64_t before,
                                                                  uint32_t states, int limit);
absl::Status InsertReorganization(common::sql::Session& session, const Reorganization& reorganization);
// State, outcome, end and revision.
absl::Status UpdateReorganization(common::sql::Session& session, const Reorganization& reorganization);

// Who took the place of these units, in order; units without successors are not in it. No units: of all there are.
using SuccessorMap = absl::flat_hash_map<common::UnitUid, std::vector<UnitRef>>;
absl::StatusOr<SuccessorMap> SelectSuccessors(common::sql::Session& session, std::span<const common::UnitUid> uids);
// From now on these, whoever it was before.
absl::Status ReplaceSuccessors(common::sql::Session& session, const Unit& unit);

}  // namespace ronghe::organization
