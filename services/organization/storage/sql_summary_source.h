#pragma once

#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/organization/app/summary_source.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// Counts what lives in units, in one snapshot with the head of the feed. Thread-safe.
class SqlSummarySource final : public SummarySource {
 public:
  // All must outlive it.
  SqlSummarySource(common::sql::Database& database, common::Feed& feed, std::vector<UnitOccupants*> occupants)
      : database_(database), feed_(feed), occupants_(std::move(occupants)) {}

  absl::StatusOr<OwnCounts> Read(std::span<const common::PartitionId> partitions, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::Feed& feed_;
  std::vector<UnitOccupants*> occupants_;
};

}  // namespace ronghe::organization
