#pragma once

#include <span>
#include <string>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/status.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/unit_app.h"

namespace ronghe::organization {

// What all writes of one member have in common. Thread-safe.
class MemberWriter {
 public:
  // Both must outlive it.
  MemberWriter(MemberStore& store, const Tree& tree) : store_(store), tree_(tree) {}

  using Change = absl::FunctionRef<absl::StatusOr<StoredMember>(MemberTxn&, const StoredMember& before)>;
  // Claims the request, finds the current version, checks scope and etag, changes it, remembers. `also` as
  // MemberStore::Write; the home unit's partition is held in any case.
  absl::StatusOr<StoredMember> Run(const common::Call& call, const std::string& name, const WriteOptions& options,
                                   std::span<const common::PartitionId> also, Change change);
  // The unit in the caller's scope; NOT_FOUND otherwise.
  absl::StatusOr<TreeUnit> FindUnit(const common::Call& call, const std::string& name) const;

 private:
  bool HoldsHome(const StoredMember& member, common::UnitUid locked) const;

  MemberStore& store_;
  const Tree& tree_;
};

// INVALID_ARGUMENT on `field` unless it is `members/{id}`.
absl::StatusOr<MemberId> CheckMemberName(const std::string& name, std::string field);
// INVALID_ARGUMENT on `purpose` unless it can be the reason of a reading in the audit log.
absl::Status CheckPurpose(const std::string& purpose);
// FAILED_PRECONDITION with every reason at once unless members may be registered in this unit: UNIT_DISSOLVED,
// UNIT_HOLDS_NO_MEMBERS. `name` is the unit's.
absl::Status CheckHome(const HomeUnit& unit, const std::string& name);
// ABORTED: what is done needs other lock rows than those that it holds.
absl::Status MovedMeanwhile();
// FAILED_PRECONDITION, reason OTHER_COUNTY.
absl::Status OtherCounty(const std::string& unit);

}  // namespace ronghe::organization
