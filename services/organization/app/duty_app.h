#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/organization/app/duty_store.h"
#include "services/organization/app/record_write.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/write_options.h"
#include "services/organization/domain/rules.h"

namespace ronghe::organization {

// Writes of duties and their results. `options.effective` is the day of the event, today where it has none.
// Thread-safe.
class DutyApp {
 public:
  // All outlive it.
  DutyApp(DutyStore& store, const Tree& tree, common::Calendar calendar, const RuleBook& rules)
      : store_(store), tree_(tree), calendar_(calendar), rules_(rules) {}

  // Reads, in the caller's scope.
  absl::StatusOr<StoredDuty> GetDuty(const common::Call& call, const std::string& name);
  absl::StatusOr<StoredDutyResult> GetResult(const common::Call& call, const std::string& name);
  absl::StatusOr<std::vector<DutyAmendment>> AmendmentsOf(const common::Call& call, DutyResultId id);
  // The owning unit, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOfDuty(std::string_view name, int64_t id, absl::Time deadline);
  absl::StatusOr<common::UnitUid> OwnerOfResult(std::string_view name, int64_t id, absl::Time deadline);

  // A party with its first day, where one was given.
  struct Party {
    PartyFields fields;
    std::optional<absl::CivilDay> from;
  };
  absl::StatusOr<StoredDuty> Create(const common::Call& call, const std::string& unit, const DutyFields& fields,
                                    const std::vector<Party>& parties, const WriteOptions& options);
  struct Changes {
    DutyFields fields;
    std::vector<std::string> mask;  // empty: those that are set
  };
  absl::StatusOr<StoredDuty> Update(const common::Call& call, const std::string& name, const Changes& changes,
                                    const WriteOptions& options);
  absl::StatusOr<StoredDuty> Start(const common::Call& call, const std::string& name, const WriteOptions& options);
  absl::StatusOr<StoredDuty> Complete(const common::Call& call, const std::string& name, const WriteOptions& options);
  absl::StatusOr<StoredDuty> End(const common::Call& call, const std::string& name, const std::string& reason,
                                 const WriteOptions& options);
  absl::StatusOr<StoredDuty> Cancel(const common::Call& call, const std::string& name, const std::string& reason,
                                    const WriteOptions& options);
  absl::StatusOr<StoredDuty> AddParties(const common::Call& call, const std::string& name,
                                        const std::vector<Party>& parties, const WriteOptions& options);
  absl::StatusOr<StoredDuty> EndPart(const common::Call& call, const std::string& name, int64_t part,
                                     const WriteOptions& options);

  struct Result {
    int outcome = 0;
    std::string summary;
  };
  absl::StatusOr<StoredDutyResult> Record(const common::Call& call, const std::string& name, const Result& result,
                                          const WriteOptions& options);
  absl::StatusOr<StoredDutyResult> Amend(const common::Call& call, const std::string& name, const Result& result,
                                         const std::string& reason, const WriteOptions& options);

  // A month begins in which the duty is active, in the firing transaction.
  absl::Status MonthDue(DutyTxn& txn, DutyId id, absl::Time due);

 private:
  absl::StatusOr<StoredDuty> Finish(const common::Call& call, const std::string& name, DutyEvent event,
                                    const std::string& reason, const WriteOptions& options);
  // Adds the parties to the duty, or everything that stands in their way.
  absl::Status Join(DutyTxn& txn, const common::Call& call, StoredDuty& duty, const std::vector<Party>& parties,
                    std::vector<common::Blocker>& blockers);
  // Where the rows of those members lie.
  static std::vector<common::PartitionId> PartitionsOf(const std::vector<Party>& parties);
  absl::Status JoinMember(DutyTxn& txn, const common::Call& call, const StoredDuty& duty, const Party& party,
                          StoredPart& part, std::vector<common::Blocker>& blockers);
  // Results become due for every month from the one after `due_through` (or of `from`) to this one.
  absl::Status MakeDue(DutyTxn& txn, StoredDuty& duty, common::MonthNumber through);
  bool IsOpen(common::MonthNumber month) const;
  // `options.effective` or today: not in the future, not before the oldest open month.
  absl::CivilDay OpenDay(const WriteOptions& options, std::string_view field, common::Violations& violations) const;

  DutyStore& store_;
  const Tree& tree_;
  common::Calendar calendar_;
  const RuleBook& rules_;
};

// What a member's going to another unit of the partition (none: away altogether) ends: every part after `to` none; else
// those, other than PARTNER, in duties whose unit does not have `to` in or below it. In the transaction in which the
// member goes.
absl::Status EndPartsOfMember(DutyTxn& txn, MemberId member, common::UnitUid to, absl::CivilDay day);
// The open duties of one unit are another's from now on; with `only`, those. Their results stay where they became due.
// Returns how many.
absl::StatusOr<int64_t> HandOverDuties(DutyTxn& txn, common::UnitUid from, common::UnitUid to,
                                       const std::optional<std::vector<DutyId>>& only);

}  // namespace ronghe::organization
