#pragma once

#include <optional>
#include <span>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/rectification/app/problem_store.h"
#include "services/rectification/storage/problem_texts.h"

// Rows of the table of orders, between SQL and the domain.
namespace ronghe::rectification {

absl::Status InsertOrderRow(common::sql::Session& session, const ProblemTexts& texts, const StoredOrder& stored);
absl::StatusOr<std::optional<StoredOrder>> SelectOrder(common::sql::Session& session, const ProblemTexts& texts,
                                                       OrderId id);
absl::StatusOr<std::vector<StoredOrder>> SelectOrders(common::sql::Session& session, const ProblemTexts& texts,
                                                      common::PartitionId partition, common::UnitUid unit,
                                                      int64_t before, int limit);
// Adds what a partition has of it.
absl::Status AddProgress(common::sql::Session& session, common::PartitionId partition, OrderId id,
                         OrderProgress& progress);

}  // namespace ronghe::rectification
