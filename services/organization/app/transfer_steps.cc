// What happens to a transfer once it is applied for.
#include <utility>

#include "services/organization/app/transfer_app.h"

namespace ronghe::organization {
namespace {

using common::Call;
using common::PartitionId;
using common::Violations;

absl::Status NotYourSide(TransferSide side) {
  return common::PermissionDenied("NOT_YOUR_SIDE",
                                  side == TransferSide::kSource
                                      ? common::Text{"only the source may do that", "只有转出组织可以办理"}
                                      : common::Text{"only the target may do that", "只有接收组织可以办理"});
}

// A merger has taken a side to another county between the look at it and the lock.
absl::Status MovedOn() {
  return common::Aborted("TRANSFER_MOVED",
                         {"a side has got another unit meanwhile; call again", "转接一方的组织已变更，请重试"});
}

// Whose membership has ended for good does not come back with a letter.
bool MayComeBack(MemberStatus status) {
  return status == MemberStatus::kLeft || status == MemberStatus::kMovedOutside;
}

}  // namespace

absl::StatusOr<TransferView> TransferApp::Run(const Call& call, const std::string& name, TransferEvent event,
                                              const WriteOptions& options, std::vector<PartitionId> also,
                                              Effect effect) {
  Violations v = StartWith(options);
  const absl::StatusOr<TransferId> id = CheckName(name);
  v.AddAll(id.status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const StoredTransfer seen, FindVisible(call, name));
  const auto places = [&](const Transfer& transfer) {
    std::vector<PartitionId> of_sides;
    for (common::UnitUid unit : {transfer.source, transfer.target}) {
      if (const auto side = parts_.tree.Find(unit)) of_sides.push_back(side->partition);
    }
    return of_sides;
  };
  const std::vector<PartitionId> seen_places = places(seen.transfer);
  also.insert(also.end(), seen_places.begin(), seen_places.end());
  const auto body = [&](TransferTxn& txn) -> absl::StatusOr<StoredTransfer> {
    std::optional<TransferId> prior;
    if (!options.validate_only) {
      RONGHE_ASSIGN_OR_RETURN(prior, txn.Claim(options.key));
    }
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredTransfer> before, txn.Find(*id));
    if (!before || !Sees(call.scope, before->transfer)) return common::NotFound(name);
    if (prior) return *std::move(before);
    RONGHE_RETURN_IF_ERROR(CheckEtag(EtagOf(*before), options.etag));
    if (places(before->transfer) != seen_places) return MovedOn();
    const TransferSide side = SideOf(event, before->transfer).value_or(TransferSide::kSource);
    const common::UnitUid acting = side == TransferSide::kSource ? before->transfer.source : before->transfer.target;
    if (!parts_.tree.Covers(call.scope, acting)) return NotYourSide(side);
    Transfer next = before->transfer;
    RONGHE_ASSIGN_OR_RETURN(next.state, NextState(before->transfer.state, event, name));
    RONGHE_RETURN_IF_ERROR(CheckLetter(before->transfer, event, parts_.calendar.Today(), name));
    RONGHE_RETURN_IF_ERROR(effect(txn, *before, next));
    txn.Remember(*id);
    return txn.Replace(*before, next);
  };
  return Commit(call, options, common::PartitionOf(id->value), also, body);
}

absl::StatusOr<TransferView> TransferApp::Release(const Call& call, const std::string& name,
                                                  const WriteOptions& options) {
  const absl::CivilDay today = parts_.calendar.Today();
  const auto letter = [&](TransferTxn& txn, const StoredTransfer& before, Transfer& after) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(after.letter_number, txn.NextLetter(today.year()));
    after.letter_day = today;
    after.expire_day = LastDayOf(today);
    return txn.SetDue(before.id, DueOf(after));
  };
  return Run(call, name, TransferEvent::kRelease, options, {}, letter);
}

absl::Status TransferApp::LeaveForOutside(MemberTxn& members, const StoredMember& member) {
  const absl::CivilDay today = parts_.calendar.Today();
  Membership membership = member.membership;
  membership.transfer = 0;
  const MemberState state = StateOf(member.member, membership, parts_.rules, today);
  RONGHE_ASSIGN_OR_RETURN(const MemberStatus next, NextStatus(state, MemberEvent::kMoveOutside, MemberName(member.id)));
  membership.floating = Floating::kNone;
  membership.floating_unit = {};
  membership.floating_since.reset();
  membership.leave_reason = LeaveReason::kMovedOutside;
  membership.leave_day = today;
  RONGHE_RETURN_IF_ERROR(members.EndPosts(member, common::UnitUid(), today));
  const NewMember left{member.unit, WithStatus(member.member, next, std::nullopt), membership};
  return members.Replace(member, left, "accept_transfer").status();
}

// The member comes to the target: the one change of a member in which the figures of both units change.
absl::Status TransferApp::TakeOver(TransferTxn& txn, const StoredTransfer& before) {
  const Transfer& transfer = before.transfer;
  RONGHE_ASSIGN_OR_RETURN(MemberTxn * members, txn.Members(common::PartitionOf(transfer.member.value)));
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, members->Find(transfer.member));
  if (!member || member->unit != transfer.source) {
    return common::Internal("a transfer names a member that is not where it says");
  }
  if (!transfer.target) return LeaveForOutside(*members, *member);
  RONGHE_RETURN_IF_ERROR(CheckTarget(*members, transfer.target));
  Membership membership = member->membership;
  membership.transfer = 0;
  EndFloatingAt(transfer.target, membership);
  RONGHE_RETURN_IF_ERROR(members->EndPosts(*member, transfer.target, parts_.calendar.Today()));
  return members->Replace(*member, {transfer.target, member->member, membership}, "accept_transfer").status();
}

// Somebody from outside: registered, or, who was here before, taken back under the same name.
absl::Status TransferApp::TakeIn(TransferTxn& txn, const Member& facts, std::optional<MemberId> known,
                                 Transfer& after) {
  RONGHE_ASSIGN_OR_RETURN(MemberTxn * members, txn.Members(txn.partition()));
  RONGHE_RETURN_IF_ERROR(CheckTarget(*members, after.target));
  if (known) {
    RONGHE_ASSIGN_OR_RETURN(MemberTxn * rows, txn.Members(common::PartitionOf(known->value)));
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, rows->Find(*known));
    if (member && MayComeBack(member->member.status()) && member->member.identity_number() == facts.identity_number()) {
      after.member = *known;
      return rows->Replace(*member, {after.target, facts, {}}, "accept_transfer").status();
    }
  }
  const NewMember row{after.target, facts};
  RONGHE_ASSIGN_OR_RETURN(const auto made, members->Insert({&row, 1}));
  RONGHE_RETURN_IF_ERROR(made.front().status());
  after.member = made.front()->id;
  return absl::OkStatus();
}

absl::StatusOr<TransferView> TransferApp::Accept(const Call& call, const std::string& name,
                                                 const std::optional<Member::Fields>& facts,
                                                 const WriteOptions& options) {
  RONGHE_ASSIGN_OR_RETURN(const StoredTransfer seen, FindVisible(call, name));
  const bool from_outside = seen.transfer.direction == TransferDirection::kFromOutside;
  WriteOptions checked = options;
  if (from_outside != facts.has_value()) {
    checked.faults.push_back(
        {"member",
         from_outside ? "REQUIRED" : "NOT_ALLOWED",
         {"the facts of the person are needed from outside, and only then", "仅从系统外转入时须填写人员信息"}});
  }
  if (!from_outside) {
    return Run(call, name, TransferEvent::kAccept, checked, {},
               [&](TransferTxn& txn, const StoredTransfer& before, Transfer&) { return TakeOver(txn, before); });
  }
  std::optional<Member> member;
  if (facts) {
    absl::StatusOr<Member> made = Member::Create(*facts, parts_.calendar.Today());
    Violations v = StartWith(checked);
    v.AddAll(made.status(), "member.");
    RONGHE_RETURN_IF_ERROR(v.ToStatus());
    member = *std::move(made);
  }
  // Whoever was here before has a row, in a partition that need not be the target's.
  std::vector<PartitionId> also;
  std::optional<MemberId> known;
  if (member) {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<FoundMember> found,
                            parts_.members.FindByIdentityNumber(member->identity_number(), call.deadline));
    if (found && MayComeBack(found->status)) {
      known = found->id;
      also.push_back(common::PartitionOf(found->id.value));
    }
  }
  return Run(
      call, name, TransferEvent::kAccept, checked, std::move(also),
      [&](TransferTxn& txn, const StoredTransfer&, Transfer& after) { return TakeIn(txn, *member, known, after); });
}

absl::StatusOr<TransferView> TransferApp::Withdraw(const Call& call, const std::string& name,
                                                   const WriteOptions& options) {
  return Run(call, name, TransferEvent::kWithdraw, options, {},
             [&](TransferTxn& txn, const StoredTransfer& before, Transfer&) {
               return LetGo(txn, before.transfer.member, "withdraw_transfer");
             });
}

absl::StatusOr<TransferView> TransferApp::Return(const Call& call, const std::string& name, int reason,
                                                 const WriteOptions& options) {
  WriteOptions checked = options;
  if (reason < static_cast<int>(TransferReturnReason::kIncompleteDocuments) ||
      reason > static_cast<int>(TransferReturnReason::kFactsWrong)) {
    checked.faults.push_back({"reason",
                              reason == 0 ? "REQUIRED" : "UNKNOWN_VALUE",
                              {"must be one of the categories", "必须从原因类别中选择"}});
  }
  return Run(call, name, TransferEvent::kReturn, checked, {},
             [&](TransferTxn& txn, const StoredTransfer& before, Transfer& after) {
               after.reason = static_cast<TransferReturnReason>(reason);
               return LetGo(txn, before.transfer.member, "return_transfer");
             });
}

absl::Status TransferApp::Expire(TransferTxn& txn, TransferId id) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredTransfer> before, txn.Find(id));
  if (!before || before->transfer.state != TransferState::kReleased) return absl::OkStatus();
  Transfer after = before->transfer;
  RONGHE_ASSIGN_OR_RETURN(after.state, NextState(after.state, TransferEvent::kExpire, TransferName(id)));
  RONGHE_RETURN_IF_ERROR(LetGo(txn, after.member, "expire_transfer"));
  return txn.Replace(*before, after).status();
}

}  // namespace ronghe::organization
