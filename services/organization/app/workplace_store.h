#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/organization/app/record_store.h"
#include "services/organization/domain/appointment.h"
#include "services/organization/domain/workplace.h"

namespace ronghe::organization {

struct StoredWorkplace {
  WorkplaceId id = {};
  RecordInfo info;  // the unit: its home unit
  WorkplaceKind kind = WorkplaceKind::kUnspecified;
  std::string title;
  std::string credit_code;
  std::string external_id;
  DaySpan days;
  WorkplaceState state = WorkplaceState::kActive;
  int covering = 0;  // active covers that count; kept by the store

  bool covered() const { return state == WorkplaceState::kActive && covering > 0; }
};

struct StoredCover {
  CoverId id = {};
  RecordInfo info;  // the unit: the one that serves
  WorkplaceId workplace = {};
  DaySpan days;
  CoverState state = CoverState::kActive;
  CoverEndReason end_reason = CoverEndReason::kUnspecified;
  bool counts = false;  // the unit is of a kind that covers
};

// `workplaces/{id}`, `covers/{id}`.
std::string NameOf(WorkplaceId id);
std::string NameOf(CoverId id);

// The workplaces and covers of a partition: both of a cover's ends lie in it. Inserts and replacements are logged with
// what they add to totals.
class WorkplaceTxn : public RecordTxn {
 public:
  virtual absl::StatusOr<std::optional<StoredWorkplace>> Find(WorkplaceId id) = 0;
  virtual absl::StatusOr<std::optional<StoredCover>> Find(CoverId id) = 0;
  // In the order of recording, closed and ended ones too.
  virtual absl::StatusOr<std::vector<StoredWorkplace>> WorkplacesOf(common::UnitUid home) = 0;
  virtual absl::StatusOr<std::vector<StoredCover>> CoversOf(WorkplaceId workplace) = 0;
  virtual absl::StatusOr<std::vector<StoredCover>> CoversOf(common::UnitUid unit) = 0;

  // Adds a record: id, version, revision and times are the store's. ALREADY_EXISTS, reason DUPLICATE_CODE or
  // DUPLICATE_EXTERNAL_ID, where another workplace of the deployment has the key.
  virtual absl::StatusOr<StoredWorkplace> Insert(StoredWorkplace workplace) = 0;
  virtual absl::StatusOr<StoredCover> Insert(StoredCover cover) = 0;
  // Makes the next version of a record, which is current in this transaction.
  virtual absl::StatusOr<StoredWorkplace> Replace(const StoredWorkplace& after) = 0;
  virtual absl::StatusOr<StoredCover> Replace(const StoredCover& after) = 0;
};

// Which workplaces or covers a list wants, beside the units: bit n of a mask allows the value n.
struct WorkplaceFilter {
  uint32_t kinds = ~0u;
  uint32_t states = ~0u;
  bool with_cover = true;
  bool without_cover = true;
  WorkplaceId workplace = {};  // covers: of this one only
};

// Thread-safe.
class WorkplaceStore {
 public:
  using Txn = WorkplaceTxn;
  virtual ~WorkplaceStore() = default;
  // One transaction in one partition: OK commits durably; an error rolls back and is returned. `body` may run again.
  // `also`: the partitions of the members that are named, so that none of them goes elsewhere meanwhile.
  virtual absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                             const common::Call& call, absl::FunctionRef<absl::Status(WorkplaceTxn&)> body) = 0;
  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(WorkplaceTxn&)> body) {
    return Write(partition, {}, call, body);
  }
  virtual absl::StatusOr<std::optional<StoredWorkplace>> Find(WorkplaceId id, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::optional<StoredCover>> Find(CoverId id, absl::Time deadline) = 0;
  // At most `limit` records of the units by (unit, id) after `after`, over all partitions. At most 512 units in all.
  virtual absl::StatusOr<std::vector<StoredWorkplace>> ListWorkplaces(std::span<const UnitsOfPartition> units,
                                                                      const WorkplaceFilter& filter,
                                                                      const RecordPosition& after, int limit,
                                                                      absl::Time deadline) = 0;
  virtual absl::StatusOr<std::vector<StoredCover>> ListCovers(std::span<const UnitsOfPartition> units,
                                                              const WorkplaceFilter& filter,
                                                              const RecordPosition& after, int limit,
                                                              absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
