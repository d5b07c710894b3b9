#include "services/organization/app/transfer_app.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/organization/domain/masking.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

using common::Call;
using common::PartitionId;
using common::Violations;

constexpr size_t kMaxOutside = 100;
constexpr size_t kMaxLetter = 40;

absl::StatusOr<TransferId> CheckName(const std::string& name) {
  if (const std::optional<TransferId> id = TransferIdOf(name)) return *id;
  return common::InvalidArgument("name", "BAD_NAME",
                                 {"the name has the form transfers/{number}", "名称格式应为transfers/{数字}"});
}

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

// So many digits in a row have phones and identity numbers.
bool HasLongNumber(std::string_view text) {
  constexpr int kPersonalDigits = 11;
  int run = 0;
  for (char c : text) {
    run = c >= '0' && c <= '9' ? run + 1 : 0;
    if (run == kPersonalDigits) return true;
  }
  return false;
}

// Whose membership has ended for good does not come back with a letter.
bool MayComeBack(MemberStatus status) {
  return status == MemberStatus::kLeft || status == MemberStatus::kMovedOutside;
}

// Texts that callers send about the outside.
void CheckOutside(const TransferRequest& request, bool from, Violations& v) {
  CheckText({"transfer.outside_organization", 1, kMaxOutside}, request.outside, v);
  if (CountCharacters(request.outside) == 1) {
    v.Add("transfer.outside_organization", "TOO_SHORT", {"has at least 2 characters", "至少2个字符"});
  }
  if (HasLongNumber(request.outside)) {
    v.Add("transfer.outside_organization", "PERSONAL_DATA",
          {"must not hold a phone or identity number", "不得包含电话或身份号码"});
  }
  if (from) CheckText({"transfer.letter_number", 1, kMaxLetter}, request.letter_number, v);
}

}  // namespace

std::string TransferApp::UnitName(common::UnitUid unit) const {
  return unit ? "units/" + parts_.tree.CodeOf(unit) : "";
}

// A letter is good until the end of its last day.
absl::Time TransferApp::DueOf(const Transfer& transfer) const {
  return parts_.calendar.StartOf(*transfer.expire_day + 1);
}

absl::CivilDay TransferApp::LastDayOf(absl::CivilDay letter) const {
  return letter + (parts_.rules.On(letter).transfers.letter_days - 1);
}

bool TransferApp::Sees(const common::Scope& scope, const Transfer& transfer) const {
  return (transfer.source && parts_.tree.Covers(scope, transfer.source)) ||
         (transfer.target && parts_.tree.Covers(scope, transfer.target));
}

absl::StatusOr<std::vector<TransferView>> TransferApp::Views(const Call& call,
                                                             std::vector<StoredTransfer> transfers) const {
  std::set<MemberId> wanted;
  for (const StoredTransfer& stored : transfers) {
    if (stored.transfer.member) wanted.insert(stored.transfer.member);
  }
  std::map<MemberId, std::string> names;
  const std::vector<MemberId> ids(wanted.begin(), wanted.end());
  constexpr size_t kPiece = 500;
  for (size_t begin = 0; begin < ids.size(); begin += kPiece) {
    const std::span<const MemberId> piece = std::span(ids).subspan(begin, std::min(kPiece, ids.size() - begin));
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredMember> members, parts_.members.FindAll(piece, call.deadline));
    for (const StoredMember& member : members) names[member.id] = MaskName(member.member.full_name());
  }
  std::vector<TransferView> views;
  for (StoredTransfer& stored : transfers) {
    TransferView view;
    const Transfer& transfer = stored.transfer;
    const bool tried = stored.revision == 0;
    if (!tried) view.name = TransferName(stored.id);
    if (transfer.member) {
      view.member = MemberName(transfer.member);
      view.full_name = names[transfer.member];
    }
    view.source = UnitName(transfer.source);
    view.target = UnitName(transfer.target);
    if (!tried) view.revision = parts_.gate.Token(stored.revision_partition, stored.revision);
    view.stored = std::move(stored);
    views.push_back(std::move(view));
  }
  return views;
}

absl::StatusOr<TransferView> TransferApp::View(const Call& call, const StoredTransfer& transfer) const {
  RONGHE_ASSIGN_OR_RETURN(std::vector<TransferView> views, Views(call, {transfer}));
  return std::move(views.front());
}

absl::StatusOr<TransferView> TransferApp::Create(const Call& call, const TransferRequest& request,
                                                 const WriteOptions& options) {
  return request.member.empty() ? CreateFromOutside(call, request, options) : CreateInside(call, request, options);
}

absl::Status TransferApp::CheckTarget(MemberTxn& txn, common::UnitUid unit) const {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.FindUnit(unit));
  if (!home) return common::NotFound(UnitName(unit));
  return CheckHome(*home, UnitName(unit));
}

absl::StatusOr<TransferView> TransferApp::Commit(const Call& call, const WriteOptions& options, PartitionId partition,
                                                 std::span<const PartitionId> also,
                                                 absl::FunctionRef<absl::StatusOr<StoredTransfer>(TransferTxn&)> body) {
  std::optional<StoredTransfer> result;
  bool tried = false;
  const absl::Status status = parts_.store.Write(partition, also, call, [&](TransferTxn& txn) -> absl::Status {
    tried = false;
    RONGHE_ASSIGN_OR_RETURN(result, body(txn));
    tried = options.validate_only;
    return tried ? absl::CancelledError("only tried") : absl::OkStatus();
  });
  if (!tried || !absl::IsCancelled(status)) RONGHE_RETURN_IF_ERROR(status);
  if (tried) result->revision = 0;
  return View(call, *result);
}

absl::StatusOr<TransferView> TransferApp::Make(const Call& call, const WriteOptions& options, PartitionId partition,
                                               std::span<const PartitionId> also,
                                               absl::FunctionRef<absl::StatusOr<StoredTransfer>(TransferTxn&)> make) {
  return Commit(call, options, partition, also, [&](TransferTxn& txn) -> absl::StatusOr<StoredTransfer> {
    std::optional<TransferId> prior;
    if (!options.validate_only) {
      RONGHE_ASSIGN_OR_RETURN(prior, txn.Claim(options.key));
    }
    if (prior) {
      RONGHE_ASSIGN_OR_RETURN(std::optional<StoredTransfer> made, txn.Find(*prior));
      if (!made || !Sees(call.scope, made->transfer)) return common::NotFound(TransferName(*prior));
      return *std::move(made);
    }
    RONGHE_ASSIGN_OR_RETURN(StoredTransfer made, make(txn));
    txn.Remember(made.id);
    return made;
  });
}

absl::StatusOr<Transfer> TransferApp::Applied(TransferTxn& txn, const StoredMember& member,
                                              const TransferRequest& request, const std::optional<TreeUnit>& target) {
  const MemberState state = StateOf(member.member, member.membership, parts_.rules, parts_.calendar.Today());
  RONGHE_RETURN_IF_ERROR(NextStatus(state, MemberEvent::kTransfer, request.member).status());
  Transfer transfer;
  transfer.direction = target ? TransferDirection::kInside : TransferDirection::kToOutside;
  transfer.member = member.id;
  transfer.source = member.unit;
  transfer.outside = request.outside;
  if (!target) return transfer;
  RONGHE_ASSIGN_OR_RETURN(MemberTxn * members, txn.Members(txn.partition()));
  RONGHE_RETURN_IF_ERROR(CheckTarget(*members, target->uid));
  if (target->uid == member.unit) {
    return common::InvalidArgument("transfer.target_unit", "HOME_UNIT", {"is the home unit", "已在该组织"});
  }
  transfer.target = target->uid;
  return transfer;
}

absl::StatusOr<TransferView> TransferApp::CreateInside(const Call& call, const TransferRequest& request,
                                                       const WriteOptions& options) {
  Violations v = StartWith(options);
  const absl::StatusOr<MemberId> id = CheckMemberName(request.member, "transfer.member");
  v.AddAll(id.status());
  const bool outside = request.target.empty();
  absl::StatusOr<std::string> code = std::string();
  if (outside) {
    CheckOutside(request, false, v);
  } else {
    code = CodeFromName(request.target, "transfer.target_unit");
    v.AddAll(code.status());
    if (!request.outside.empty()) {
      v.Add("transfer.outside_organization", "NOT_ALLOWED",
            {"the target is a unit of the deployment", "接收组织在系统内，不应填写系统外组织"});
    }
  }
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const std::optional<common::UnitUid> home, parts_.members.UnitOf(*id, call.deadline));
  const std::optional<TreeUnit> source = parts_.tree.Find(home.value_or(common::UnitUid()));
  if (!source || !parts_.tree.Covers(call.scope, source->uid)) return common::NotFound(request.member);
  std::vector<PartitionId> also = {source->partition};
  std::optional<TreeUnit> target;
  if (!outside) {
    // Anywhere: to whom somebody goes is not in the scope of whom the person leaves.
    target = parts_.tree.FindByCode(*code);
    if (!target) return common::NotFound(request.target);
    also.push_back(target->partition);
  }
  const auto make = [&](TransferTxn& txn) -> absl::StatusOr<StoredTransfer> {
    RONGHE_ASSIGN_OR_RETURN(MemberTxn * members, txn.Members(txn.partition()));
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, members->Find(*id));
    if (!member || !parts_.tree.Covers(call.scope, member->unit)) return common::NotFound(request.member);
    const std::optional<TreeUnit> now = parts_.tree.Find(member->unit);
    if (!now || now->partition != source->partition) return MovedMeanwhile();
    RONGHE_ASSIGN_OR_RETURN(const Transfer transfer, Applied(txn, *member, request, target));
    RONGHE_ASSIGN_OR_RETURN(StoredTransfer made, txn.Insert(transfer));
    Membership membership = member->membership;
    membership.transfer = made.id.value;
    RONGHE_RETURN_IF_ERROR(
        members->Replace(*member, {member->unit, member->member, membership}, "apply_transfer").status());
    return made;
  };
  return Make(call, options, common::PartitionOf(id->value), also, make);
}

absl::StatusOr<TransferView> TransferApp::CreateFromOutside(const Call& call, const TransferRequest& request,
                                                            const WriteOptions& options) {
  Violations v = StartWith(options);
  const absl::StatusOr<std::string> code = CodeFromName(request.target, "transfer.target_unit");
  v.AddAll(code.status());
  CheckOutside(request, true, v);
  const std::optional<absl::CivilDay> letter = request.letter_date.ToDay();
  const absl::CivilDay today = parts_.calendar.Today();
  if (!letter) {
    v.Add("transfer.letter_date", request.letter_date.empty() ? "REQUIRED" : "BAD_DATE",
          {"is no day of the calendar", "不是有效的日期"});
  } else if (*letter > today) {
    v.Add("transfer.letter_date", "IN_FUTURE", {"lies in the future", "不能晚于今天"});
  } else if (LastDayOf(*letter) < today) {
    const int days = parts_.rules.On(*letter).transfers.letter_days;
    v.Add("transfer.letter_date", "LETTER_EXPIRED",
          {fmt::format("the letter was good for {} days", days), fmt::format("介绍信有效期为{}天，已过期", days)});
  }
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  const std::optional<TreeUnit> target = parts_.tree.FindByCode(*code);
  if (!target || !parts_.tree.Covers(call.scope, target->uid)) return common::NotFound(request.target);
  const auto make = [&](TransferTxn& txn) -> absl::StatusOr<StoredTransfer> {
    RONGHE_ASSIGN_OR_RETURN(MemberTxn * members, txn.Members(txn.partition()));
    RONGHE_RETURN_IF_ERROR(CheckTarget(*members, target->uid));
    Transfer transfer;
    transfer.direction = TransferDirection::kFromOutside;
    transfer.state = TransferState::kReleased;
    transfer.target = target->uid;
    transfer.outside = request.outside;
    transfer.letter_number = request.letter_number;
    transfer.letter_day = letter;
    transfer.expire_day = LastDayOf(*letter);
    RONGHE_ASSIGN_OR_RETURN(StoredTransfer made, txn.Insert(transfer));
    RONGHE_RETURN_IF_ERROR(txn.SetDue(made.id, DueOf(transfer)));
    return made;
  };
  return Make(call, options, target->partition, {}, make);
}

absl::StatusOr<StoredTransfer> TransferApp::FindVisible(const Call& call, const std::string& name) {
  RONGHE_ASSIGN_OR_RETURN(const TransferId id, CheckName(name));
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredTransfer> found, parts_.store.Find(id, call.deadline));
  if (!found || !Sees(call.scope, found->transfer)) return common::NotFound(name);
  return *std::move(found);
}

absl::StatusOr<TransferView> TransferApp::Get(const Call& call, const std::string& name) {
  RONGHE_ASSIGN_OR_RETURN(const StoredTransfer found, FindVisible(call, name));
  return View(call, found);
}

absl::StatusOr<common::UnitUid> TransferApp::OwnerOf(std::string_view name, int64_t id, absl::Time deadline) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredTransfer> found, parts_.store.Find(TransferId(id), deadline));
  if (!found) return common::NotFound(std::string(name));
  return found->transfer.owner();
}

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
