#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/organization/app/record_write.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/workplace_store.h"
#include "services/organization/app/write_options.h"
#include "services/organization/domain/rules.h"

namespace ronghe::organization {

// Writes of workplaces and of who serves them. `options.effective` is the day of the event, today where it has none.
// Thread-safe.
class WorkplaceApp {
 public:
  // All outlive it.
  WorkplaceApp(WorkplaceStore& store, const Tree& tree, common::Calendar calendar, const RuleBook& rules)
      : store_(store), tree_(tree), calendar_(calendar), rules_(rules) {}

  // Reads, in the caller's scope.
  absl::StatusOr<StoredWorkplace> GetWorkplace(const common::Call& call, const std::string& name);
  absl::StatusOr<StoredCover> GetCover(const common::Call& call, const std::string& name);
  // The owning unit, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOfWorkplace(std::string_view name, int64_t id, absl::Time deadline);
  absl::StatusOr<common::UnitUid> OwnerOfCover(std::string_view name, int64_t id, absl::Time deadline);

  absl::StatusOr<StoredWorkplace> Create(const common::Call& call, const std::string& unit,
                                         const WorkplaceFields& fields, const WriteOptions& options);
  struct Changes {
    WorkplaceFields fields;
    std::vector<std::string> mask;  // empty: those that are set
  };
  absl::StatusOr<StoredWorkplace> Update(const common::Call& call, const std::string& name, const Changes& changes,
                                         const WriteOptions& options);
  absl::StatusOr<StoredWorkplace> Move(const common::Call& call, const std::string& name, const std::string& unit,
                                       const WriteOptions& options);
  absl::StatusOr<StoredWorkplace> Close(const common::Call& call, const std::string& name, const WriteOptions& options);
  absl::StatusOr<StoredWorkplace> Restore(const common::Call& call, const std::string& name,
                                          const WriteOptions& options);

  // All or none, in the order asked for.
  absl::StatusOr<std::vector<StoredCover>> Assign(const common::Call& call, const std::string& unit,
                                                  const std::vector<std::string>& workplaces,
                                                  const WriteOptions& options);
  absl::StatusOr<std::vector<StoredCover>> Release(const common::Call& call, const std::string& unit,
                                                   const std::vector<std::string>& workplaces,
                                                   const WriteOptions& options);

 private:
  struct Batch {
    TreeUnit unit;
    std::vector<WorkplaceId> workplaces;
    absl::CivilDay day;
  };
  absl::StatusOr<Batch> ReadBatch(const common::Call& call, const std::string& unit,
                                  const std::vector<std::string>& workplaces, const WriteOptions& options,
                                  std::string_view day_field);
  // The last cover of each workplace by the unit.
  absl::StatusOr<std::vector<StoredCover>> LastCovers(WorkplaceTxn& txn, const Batch& batch);

  WorkplaceStore& store_;
  const Tree& tree_;
  common::Calendar calendar_;
  const RuleBook& rules_;
};

// Ends a cover on a day, or on its first day where that is later.
absl::StatusOr<StoredCover> EndCover(WorkplaceTxn& txn, StoredCover cover, absl::CivilDay day, CoverEndReason reason);
// What follows from a change of a unit, in the transaction that changes it: what it serves ends with it; and begins or
// ceases to count with its kind.
absl::Status FollowUnit(WorkplaceTxn& txn, common::UnitUid unit, bool lives, bool counts, absl::CivilDay day);
// Workplaces whose home is one unit get another; without `only` also what it serves is served by the other one, in
// whose name it `counts` or not. Returns how many workplaces.
struct WorkplaceHandOver {
  common::UnitUid from;
  common::UnitUid to;
  absl::CivilDay day;
  bool counts = false;
  std::optional<std::vector<WorkplaceId>> only = {};
};
absl::StatusOr<int64_t> HandOverWorkplaces(WorkplaceTxn& txn, const WorkplaceHandOver& order);

}  // namespace ronghe::organization
