#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"
#include "services/organization/app/member_writer.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/transfer_store.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// A transfer as a caller sees it: of the member no more than that.
struct TransferView {
  StoredTransfer stored;
  std::string name;       // empty for what was only tried
  std::string member;     // `members/{id}`; empty for none
  std::string full_name;  // masked
  std::string source;     // `units/{code}`; empty for outside
  std::string target;     // the same
  std::string revision;
};

// A transfer as it is asked for. Without a member it is one from outside, without a target one to outside.
struct TransferRequest {
  std::string member;
  std::string target;
  std::string outside;
  std::string letter_number;
  DateParts letter_date;
};

// Members on their way from unit to unit, also between counties and over the edge of the deployment. Thread-safe.
class TransferApp {
 public:
  // All must outlive it.
  struct Parts {
    TransferStore& store;
    MemberStore& members;
    const Tree& tree;
    RevisionGate& gate;
    const common::TokenSigner& signer;
    common::Calendar calendar;
    const RuleBook& rules;
  };
  explicit TransferApp(const Parts& parts) : parts_(parts) {}

  // The caller's scope covers the member, or the target of somebody from outside; NOT_FOUND otherwise. The other side
  // may lie anywhere.
  absl::StatusOr<TransferView> Create(const common::Call& call, const TransferRequest& request,
                                      const WriteOptions& options);
  // The scope covers one side; NOT_FOUND otherwise. So for all below.
  absl::StatusOr<TransferView> Get(const common::Call& call, const std::string& name);
  absl::StatusOr<common::Page<TransferView>> List(const common::Call& call, const std::string& parent, int page_size,
                                                  const std::string& page_token, const std::string& filter);
  // PERMISSION_DENIED, reason NOT_YOUR_SIDE, for an event that is the other side's. So for all below.
  absl::StatusOr<TransferView> Release(const common::Call& call, const std::string& name, const WriteOptions& options);
  // `facts`: of somebody from outside, without whom there is none.
  absl::StatusOr<TransferView> Accept(const common::Call& call, const std::string& name,
                                      const std::optional<Member::Fields>& facts, const WriteOptions& options);
  absl::StatusOr<TransferView> Withdraw(const common::Call& call, const std::string& name, const WriteOptions& options);
  // `reason` as in organization.v1.
  absl::StatusOr<TransferView> Return(const common::Call& call, const std::string& name, int reason,
                                      const WriteOptions& options);
  // What the timer of a letter does, in the firing transaction. OK for a transfer that is not open any more.
  absl::Status Expire(TransferTxn& txn, TransferId id);

 private:
  // What an event does beside changing the state: members, letters. Changes `after`.
  using Effect = absl::FunctionRef<absl::Status(TransferTxn&, const StoredTransfer& before, Transfer& after)>;
  // Claim, find, scope, etag, side, state, effect. `also`: partitions beside those of the transfer and its sides.
  absl::StatusOr<TransferView> Run(const common::Call& call, const std::string& name, TransferEvent event,
                                   const WriteOptions& options, std::vector<common::PartitionId> also, Effect effect);
  // Makes one in `partition`; `make` after the claim. What was made before is answered if the caller sees it.
  absl::StatusOr<TransferView> Make(const common::Call& call, const WriteOptions& options,
                                    common::PartitionId partition, std::span<const common::PartitionId> also,
                                    absl::FunctionRef<absl::StatusOr<StoredTransfer>(TransferTxn&)> make);
  // One transaction; with `options.validate_only` everything is done and rolled back, and `result` has no revision.
  absl::StatusOr<TransferView> Commit(const common::Call& call, const WriteOptions& options,
                                      common::PartitionId partition, std::span<const common::PartitionId> also,
                                      absl::FunctionRef<absl::StatusOr<StoredTransfer>(TransferTxn&)> body);
  absl::StatusOr<TransferView> CreateInside(const common::Call& call, const TransferRequest& request,
                                            const WriteOptions& options);
  absl::StatusOr<TransferView> CreateFromOutside(const common::Call& call, const TransferRequest& request,
                                                 const WriteOptions& options);
  absl::Status TakeOver(TransferTxn& txn, const StoredTransfer& before);
  absl::Status LeaveForOutside(MemberTxn& members, const StoredMember& member);
  absl::Status TakeIn(TransferTxn& txn, const Member& facts, std::optional<MemberId> known, Transfer& after);
  absl::StatusOr<Transfer> Applied(TransferTxn& txn, const StoredMember& member, const TransferRequest& request,
                                   const std::optional<TreeUnit>& target);
  // As CheckHome.
  absl::Status CheckTarget(MemberTxn& txn, common::UnitUid unit) const;
  // At most `limit` sides of a part of the units below `root`, after `after`, are added.
  absl::Status Collect(const common::Call& call, common::UnitUid root, const UnitsOfPartition& part,
                       const TransferFilter& filter, TransferPosition after, int limit,
                       std::vector<TransferPosition>& found);
  static absl::StatusOr<TransferId> CheckName(const std::string& name);
  bool Sees(const common::Scope& scope, const Transfer& transfer) const;
  absl::StatusOr<StoredTransfer> FindVisible(const common::Call& call, const std::string& name);
  absl::StatusOr<std::vector<TransferView>> Views(const common::Call& call,
                                                  std::vector<StoredTransfer> transfers) const;
  absl::StatusOr<TransferView> View(const common::Call& call, const StoredTransfer& transfer) const;
  std::string UnitName(common::UnitUid unit) const;
  // When a letter that has a last good day expires.
  absl::Time DueOf(const Transfer& transfer) const;
  // The last good day of a letter: the day of issue counts.
  absl::CivilDay LastDayOf(absl::CivilDay letter) const;

  Parts parts_;
};

// `worklist = TO_DO AND side = TARGET`.
absl::StatusOr<TransferFilter> ParseTransferFilter(std::string_view filter);

}  // namespace ronghe::organization
