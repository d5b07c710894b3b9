#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/unit_bulk.h"

namespace ronghe::organization {

// Members registered together, for imports: checked as a whole first, applied in chunks later. Faults name the fields
// of organization.v1.Member and never hold a value.

struct MemberDraft {
  int64_t line = 0;  // as the sender numbers it, unique
  std::string unit;  // `units/{code}`
  Member::Fields fields;
};

// Checks drafts as CreateMember would, against each other and against the store. Keeps about 80 bytes a draft, no
// personal data. Not thread-safe.
class MemberBulkCheck {
 public:
  // `under`: all must lie in or below this unit, in `partition`. Both stores must outlive it.
  struct Scope {
    common::UnitUid under;
    common::PartitionId partition;
  };
  MemberBulkCheck(MemberStore& store, const Tree& tree, Scope scope, absl::CivilDay today)
      : store_(store), tree_(tree), scope_(scope), today_(today) {}

  // In any order, in portions of at most 500. Of two that name the same person, or the same external id, the later is
  // refused. Errors are those of the store and of the sink.
  absl::Status Add(const common::Call& call, std::span<const MemberDraft> drafts, FaultSink refuse);

 private:
  absl::Status CheckUnit(const MemberDraft& draft, FaultSink refuse);

  MemberStore& store_;
  const Tree& tree_;
  Scope scope_;
  absl::CivilDay today_;
  absl::flat_hash_set<std::string> persons_;  // keys of MemberStore::PersonKey
  absl::flat_hash_set<std::string> externals_;
};

struct MemberBulkResult {
  struct Created {
    int64_t line = 0;
    MemberId id;
  };
  std::vector<Created> created;
  std::vector<DraftFault> refused;  // what has changed since the check; nothing of them is written
};

// Registers drafts (at most 500, all of the transaction's partition) that passed the check. One statement per registry
// and one bulk insert.
absl::StatusOr<MemberBulkResult> CreateMembers(MemberTxn& txn, const Tree& tree, std::span<const MemberDraft> drafts,
                                               absl::CivilDay today);

// Takes members out as if they had never been (the revert of an import), or none: FAILED_PRECONDITION, reason
// IMPORT_IN_USE, with every blocker: CHANGED_SINCE. Members already gone do not matter.
absl::Status EraseMembers(MemberTxn& txn, std::span<const MemberId> ids);

}  // namespace ronghe::organization
