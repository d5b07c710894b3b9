#pragma once

#include <optional>
#include <string>
#include <utility>

#include "services/common/changelog/changelog.h"
#include "services/organization/app/record_store.h"

namespace ronghe::organization {

// What transactions on records read of units and members, in this session's snapshot.
absl::StatusOr<std::optional<HostUnit>> SelectHostUnit(common::sql::Session& session, common::UnitUid unit);
absl::StatusOr<bool> IsUnitWithin(common::sql::Session& session, common::UnitUid unit, common::UnitUid above);
absl::StatusOr<std::optional<MemberFacts>> SelectMemberFacts(common::sql::Session& session,
                                                             common::PartitionId partition, MemberId id);

// The common side of a write transaction of the change log, for `Base`, a RecordTxn. It holds the lock row of the
// partition, which a dissolution takes too (SqlMemberTxn says why nothing is then left in a dissolved unit).
template <typename Base>
class SqlRecordTxn : public Base {
 public:
  // `txn` outlives it.
  explicit SqlRecordTxn(common::WriteTxn& txn) : txn_(txn) {}

  common::PartitionId partition() const final { return txn_.partition(); }
  absl::Time now() const final { return txn_.now(); }
  absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) final {
    RONGHE_ASSIGN_OR_RETURN(std::optional<common::PriorWrite> prior, txn_.Claim(key));
    if (!prior) return std::nullopt;
    return std::move(prior->resource);
  }
  void Remember(std::string resource) final { txn_.Remember(std::move(resource)); }
  absl::StatusOr<std::optional<HostUnit>> FindUnit(common::UnitUid unit) final {
    return SelectHostUnit(txn_.session(), unit);
  }
  absl::StatusOr<bool> IsWithin(common::UnitUid unit, common::UnitUid above) final {
    return IsUnitWithin(txn_.session(), unit, above);
  }
  absl::StatusOr<std::optional<MemberFacts>> FindMember(MemberId id) final {
    return SelectMemberFacts(txn_.session(), partition(), id);
  }

 protected:
  // Of the next version of a record.
  RecordInfo Next(const RecordInfo& before) const {
    RecordInfo info = before;
    info.version = before.version + 1;
    info.revision = txn_.next_revision();
    info.update_time = txn_.now();
    if (before.version == 0) info.create_time = txn_.now();
    return info;
  }

  common::WriteTxn& txn_;
};

}  // namespace ronghe::organization
