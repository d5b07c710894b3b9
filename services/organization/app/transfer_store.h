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
#include "services/organization/app/member_store.h"
#include "services/organization/domain/transfer.h"

namespace ronghe::organization {

struct TransferStep {
  TransferState state = TransferState::kApplied;
  absl::Time time;
  std::string actor;
};

// A transfer as it is kept.
struct StoredTransfer {
  TransferId id = {};
  Transfer transfer = {};
  int64_t version = 0;   // from 1
  int64_t revision = 0;  // of the write that made this version, in the log of:
  common::PartitionId revision_partition = {};
  absl::Time create_time = {};
  absl::Time update_time = {};
  std::vector<TransferStep> steps = {};  // only from Find
};
// `transfers/{id}` and back; nullopt for anything else.
std::string TransferName(TransferId id);
std::optional<TransferId> TransferIdOf(std::string_view name);
std::string EtagOf(const StoredTransfer& transfer);

// A write transaction about transfers of one partition and their members. Not thread-safe; valid inside
// the function it was given to.
class TransferTxn {
 public:
  virtual ~TransferTxn() = default;
  virtual common::PartitionId partition() const = 0;
  // The same transaction, for members whose rows lie in a partition: this one, or one that was named to
  // TransferStore::Write. Valid as long as this.
  virtual absl::StatusOr<MemberTxn*> Members(common::PartitionId partition) = 0;
  // As MemberTxn::Claim and Remember, for transfers.
  virtual absl::StatusOr<std::optional<TransferId>> Claim(const common::RequestKey& key) = 0;
  virtual void Remember(TransferId id) = 0;

  virtual absl::StatusOr<std::optional<StoredTransfer>> Find(TransferId id) = 0;
  // Makes a transfer of this partition, listed on both sides, and logs it.
  virtual absl::StatusOr<StoredTransfer> Insert(const Transfer& transfer) = 0;
  // Makes the next version of `before`, which is the current one in this transaction. The letter of a transfer that is
  // not open any more does not expire.
  virtual absl::StatusOr<StoredTransfer> Replace(const StoredTransfer& before, const Transfer& after) = 0;
  // When the letter expires.
  virtual absl::Status SetDue(TransferId id, absl::Time due) = 0;
  // A letter's number, given once: `2026-17-000123`, the second being the number of the partition.
  virtual absl::StatusOr<std::string> NextLetter(int64_t year) = 0;
};

// The member of a transfer that ends otherwise than by acceptance stays where it is, free for another. OK for no
// member.
absl::Status LetGo(TransferTxn& txn, MemberId member, std::string_view action);

// Which transfers a list wants, by side: bit n allows state n.
struct TransferFilter {
  uint32_t source_states = ~0u;
  uint32_t target_states = ~0u;
};

struct TransferPosition {
  common::UnitUid unit;
  TransferId transfer;
  friend auto operator<=>(const TransferPosition&, const TransferPosition&) = default;
};

// Where transfers are kept. Thread-safe. Errors as MemberStore.
class TransferStore {
 public:
  virtual ~TransferStore() = default;
  // As MemberStore::Write.
  virtual absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                             const common::Call& call, absl::FunctionRef<absl::Status(TransferTxn&)> body) = 0;
  virtual absl::StatusOr<std::optional<StoredTransfer>> Find(TransferId id, absl::Time deadline) = 0;
  // At most `limit` sides of the units by (unit, transfer) after `after`. At most 512 units; none: the whole partition.
  virtual absl::StatusOr<std::vector<TransferPosition>> List(const UnitsOfPartition& units,
                                                             const TransferFilter& filter,
                                                             const TransferPosition& after, int limit,
                                                             absl::Time deadline) = 0;
  // Those that are there, without steps, in no order. At most 1,001.
  virtual absl::StatusOr<std::vector<StoredTransfer>> FindAll(std::span<const TransferId> ids, absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
