#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/common/values/write_once.h"
#include "services/organization/app/owner_registry.h"
#include "services/organization/app/record_store.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/write_options.h"

// What the writes of records have in common; for the use cases only. A store has a type `Txn` and a method `Write`.
namespace ronghe::organization {

// The collection of a kind of record: `posts`.
template <typename IdType>
struct Collection;

// The id in a name; no id, and BAD_NAME on `field`, for another form.
template <typename IdType>
IdType ReadId(const std::string& name, std::string_view field, common::Violations& violations) {
  const IdType id(IdFromName(name, Collection<IdType>::kName));
  if (!id) {
    const std::string form = std::string(Collection<IdType>::kName) + "/{number}";
    violations.Add(std::string(field), name.empty() ? "REQUIRED" : "BAD_NAME",
                   {"must have the form " + form, "格式应为 " + form});
  }
  return id;
}

// FAILED_PRECONDITION with all blockers and the reason of the first; OK for none.
absl::Status RefuseFor(std::vector<common::Blocker> blockers);

// What keeps a unit from taking on something new: UNIT_DISSOLVED, UNIT_CLOSING, NO_ORGANIZATION.
std::vector<common::Blocker> HostBlockers(const HostUnit& unit);

// The unit that a request names, where the caller may see it; or everything that is wrong so far; or NOT_FOUND.
absl::StatusOr<TreeUnit> VisibleUnit(const Tree& tree, const common::Call& call, const std::string& name,
                                     std::string_view field, common::Violations violations);

// The day of an event: `options.effective` or today; adds IN_FUTURE.
absl::CivilDay EventDay(const common::Calendar& calendar, const WriteOptions& options, std::string_view field,
                        common::Violations& violations);

// What was only tried has no revision, and so no name.
template <typename Stored>
void MarkTried(Stored& stored) {
  stored.info.revision = 0;
}
template <typename Stored>
void MarkTried(std::vector<Stored>& all) {
  for (Stored& stored : all) MarkTried(stored);
}

// common::WriteOnce in a store; `also` as PostStore::Write.
template <typename Result, typename Store>
absl::StatusOr<Result> RunWrite(
    Store& store, common::PartitionId partition, const common::Call& call, const WriteOptions& options,
    absl::FunctionRef<absl::StatusOr<Result>(typename Store::Txn&, std::string& remember)> change,
    absl::FunctionRef<absl::StatusOr<Result>(typename Store::Txn&, const std::string& name)> again,
    std::span<const common::PartitionId> also = {}) {
  const auto write = [&](absl::FunctionRef<absl::Status(typename Store::Txn&)> body) {
    return store.Write(partition, also, call, body);
  };
  return common::WriteOnce<Result, typename Store::Txn>(options, write, change, again);
}

// The record that a remembered name means, as it is now.
template <typename Stored, typename IdType, typename Txn>
absl::StatusOr<Stored> SameRecord(Txn& txn, const std::string& done) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<Stored> now, txn.Find(IdType(IdFromName(done, Collection<IdType>::kName))));
  if (!now) return common::NotFound(done);
  return *std::move(now);
}

// RunWrite on a record that exists: found, in scope, of the etag that the caller knows.
template <typename Stored, typename IdType, typename Store>
absl::StatusOr<Stored> RunWriteOn(Store& store, const Tree& tree, const common::Call& call, const std::string& name,
                                  IdType id, const WriteOptions& options,
                                  absl::FunctionRef<absl::StatusOr<Stored>(typename Store::Txn&, const Stored&)> change,
                                  std::span<const common::PartitionId> also = {}) {
  using Txn = typename Store::Txn;
  auto changed = [&](Txn& txn, std::string& remember) -> absl::StatusOr<Stored> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<Stored> before, txn.Find(id));
    // The wrapper has checked the unit that owned it when the call came.
    if (!before || !tree.Covers(call.scope, before->info.unit)) return common::NotFound(name);
    RONGHE_RETURN_IF_ERROR(CheckEtag(EtagOf(before->info), options.etag));
    remember = NameOf(id);
    return change(txn, *before);
  };
  return RunWrite<Stored>(store, common::PartitionOf(id.value), call, options, changed, SameRecord<Stored, IdType, Txn>,
                          also);
}

// A record by its name, in the caller's scope.
template <typename Stored, typename IdType, typename Store>
absl::StatusOr<Stored> FindVisibleRecord(Store& store, const Tree& tree, const common::Call& call,
                                         const std::string& name) {
  common::Violations violations;
  const auto id = ReadId<IdType>(name, "name", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(std::optional<Stored> found, store.Find(id, call.deadline));
  if (!found || !tree.Covers(call.scope, found->info.unit)) return common::NotFound(name);
  return *std::move(found);
}

// The unit that owns a record, for permissions. NOT_FOUND.
template <typename IdType, typename Store>
absl::StatusOr<common::UnitUid> OwnerOfRecord(Store& store, std::string_view name, IdType id, absl::Time deadline) {
  RONGHE_ASSIGN_OR_RETURN(const auto found, store.Find(id, deadline));
  if (!found) return common::NotFound(std::string(name));
  return found->info.unit;
}

}  // namespace ronghe::organization
