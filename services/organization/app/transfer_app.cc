#include "services/organization/app/transfer_app.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "services/organization/domain/masking.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

using common::Call;
using common::PartitionId;
using common::Violations;

constexpr size_t kMinOutside = 2;
constexpr size_t kMaxOutside = 100;
constexpr size_t kMaxLetter = 40;

absl::StatusOr<TransferId> CheckName(const std::string& name) {
  if (const std::optional<TransferId> id = TransferIdOf(name)) return *id;
  return common::InvalidArgument("name", "BAD_NAME",
                                 {"the name has the form transfers/{number}", "名称格式应为transfers/{数字}"});
}

absl::Status EtagMismatch() {
  return common::Aborted("ETAG_MISMATCH", {"the transfer was changed meanwhile; read it again, then write",
                                           "该转接已被修改,请重新读取后再提交"});
}

absl::Status NotYourSide(TransferSide side) {
  return common::PermissionDenied("NOT_YOUR_SIDE",
                                  side == TransferSide::kSource
                                      ? common::Text{"only the source may do that", "只有转出组织可以办理"}
                                      : common::Text{"only the target may do that", "只有接收组织可以办理"});
}

void EndFloatingAt(common::UnitUid unit, Membership& membership) {
  if (membership.floating_unit != unit) return;
  membership.floating = Floating::kNone;
  membership.floating_unit = {};
  membership.floating_since.reset();
}

// Texts that callers send about the outside.
void CheckOutside(const TransferRequest& request, bool from, Violations& v) {
  CheckText({"transfer.outside_organization", 1, kMaxOutside}, request.outside, v);
  if (CountCharacters(request.outside) == 1) {
    v.Add("transfer.outside_organization", "TOO_SHORT", {"has at least 2 characters", "至少2个字符"});
  }
  if (from) CheckText({"transfer.letter_number", 1, kMaxLetter}, request.letter_number, v);
}

}  // namespace

std::string TransferApp::UnitName(common::UnitUid unit) const {
  return unit ? "units/" + parts_.tree.CodeOf(unit) : "";
}

// A letter is good until the end of its last day.
std::optional<absl::Time> TransferApp::DueOf(const Transfer& transfer) const {
  if (transfer.state != TransferState::kReleased || !transfer.expire_day) return std::nullopt;
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
    if (transfer.member) {
      view.member = MemberName(transfer.member);
      view.full_name = names[transfer.member];
    }
    view.source = UnitName(transfer.source);
    view.target = UnitName(transfer.target);
    view.revision = parts_.gate.Token(stored.revision_partition, stored.revision);
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

absl::StatusOr<TransferView> TransferApp::CreateInside(const Call& call, const TransferRequest& request,
                                                       const WriteOptions& options) {
  Violations v = FaultsOf(options);
  const absl::StatusOr<MemberId> id = CheckMemberName(request.member, "transfer.member");
  v.AddAll(id.status());
  const bool outside = request.target.empty();
  if (outside) {
    CheckOutside(request, false, v);
  } else {
    v.AddAll(CodeFromName(request.target, "transfer.target_unit").status());
    if (!request.outside.empty()) {
      v.Add("transfer.outside_organization", "NOT_ALLOWED",
            {"the target is a unit of the deployment", "接收组织在系统内,不应填写系统外组织"});
    }
  }
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  std::optional<TreeUnit> target;
  std::vector<PartitionId> also;
  if (!outside) {
    RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(request.target, "transfer.target_unit"));
    // Anywhere: to whom somebody goes is not in the scope of whom the person leaves.
    target = parts_.tree.FindByCode(code);
    if (!target) return common::NotFound(request.target);
    also.push_back(target->partition);
  }
  const absl::CivilDay today = parts_.calendar.Today();
  std::optional<StoredTransfer> made;
  const auto body = [&](TransferTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<TransferId> prior, txn.Claim(options.key));
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, txn.members().Find(*id));
    if (prior) {
      RONGHE_ASSIGN_OR_RETURN(made, txn.Find(*prior));
      return made && Sees(call.scope, made->transfer) ? absl::OkStatus() : common::NotFound(request.member);
    }
    if (!member || !parts_.tree.Covers(call.scope, member->unit)) return common::NotFound(request.member);
    const MemberState state = StateOf(member->member, member->membership, parts_.rules, today);
    RONGHE_RETURN_IF_ERROR(NextStatus(state, MemberEvent::kTransfer, request.member).status());
    Transfer transfer;
    transfer.direction = outside ? TransferDirection::kToOutside : TransferDirection::kInside;
    transfer.member = *id;
    transfer.source = member->unit;
    transfer.outside = request.outside;
    if (target) {
      RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.members().FindUnit(target->uid));
      if (!home) return common::NotFound(request.target);
      RONGHE_RETURN_IF_ERROR(CheckHome(*home, request.target));
      if (target->uid == member->unit) {
        return common::InvalidArgument("transfer.target_unit", "HOME_UNIT", {"is the home unit", "已在该组织"});
      }
      transfer.target = target->uid;
    }
    RONGHE_ASSIGN_OR_RETURN(made, txn.Insert(transfer, std::nullopt));
    Membership membership = member->membership;
    membership.transfer = made->id.value;
    txn.Remember(made->id);
    return txn.members().Replace(*member, {member->unit, member->member, membership}, "apply_transfer").status();
  };
  RONGHE_RETURN_IF_ERROR(parts_.store.Write(common::PartitionOf(id->value), also, call, body));
  return View(call, *made);
}

absl::StatusOr<TransferView> TransferApp::CreateFromOutside(const Call& call, const TransferRequest& request,
                                                            const WriteOptions& options) {
  Violations v = FaultsOf(options);
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
    v.Add("transfer.letter_date", "LETTER_EXPIRED",
          {fmt::format("the letter was good for {} days", parts_.rules.On(*letter).transfers.letter_days),
           fmt::format("介绍信有效期为{}天,已过期", parts_.rules.On(*letter).transfers.letter_days)});
  }
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  const std::optional<TreeUnit> target = parts_.tree.FindByCode(*code);
  if (!target || !parts_.tree.Covers(call.scope, target->uid)) return common::NotFound(request.target);
  std::optional<StoredTransfer> made;
  const auto body = [&](TransferTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<TransferId> prior, txn.Claim(options.key));
    if (prior) {
      RONGHE_ASSIGN_OR_RETURN(made, txn.Find(*prior));
      return made && Sees(call.scope, made->transfer) ? absl::OkStatus() : common::NotFound(request.target);
    }
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.members().FindUnit(target->uid));
    if (!home) return common::NotFound(request.target);
    RONGHE_RETURN_IF_ERROR(CheckHome(*home, request.target));
    Transfer transfer;
    transfer.direction = TransferDirection::kFromOutside;
    transfer.state = TransferState::kReleased;
    transfer.target = target->uid;
    transfer.outside = request.outside;
    transfer.letter_number = request.letter_number;
    transfer.letter_day = letter;
    transfer.expire_day = LastDayOf(*letter);
    RONGHE_ASSIGN_OR_RETURN(made, txn.Insert(transfer, DueOf(transfer)));
    txn.Remember(made->id);
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(parts_.store.Write(target->partition, {}, call, body));
  return View(call, *made);
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
                                              const WriteOptions& options, std::optional<Place> place, Effect effect) {
  Violations v = FaultsOf(options);
  const absl::StatusOr<TransferId> id = CheckName(name);
  v.AddAll(id.status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  // Sides do not change, so what is read here says which lock rows are needed.
  RONGHE_ASSIGN_OR_RETURN(const StoredTransfer seen, FindVisible(call, name));
  if (!place) place = Place{common::PartitionOf(id->value), {}};
  if (const auto target = parts_.tree.Find(seen.transfer.target)) place->also.push_back(target->partition);
  std::optional<StoredTransfer> after;
  const auto body = [&](TransferTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<TransferId> prior, txn.Claim(options.key));
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredTransfer> before, txn.Find(*id));
    if (!before || !Sees(call.scope, before->transfer)) return common::NotFound(name);
    if (prior) {
      after = before;
      return absl::OkStatus();
    }
    if (!options.etag.empty() && options.etag != EtagOf(*before)) return EtagMismatch();
    const TransferSide side = SideOf(event, before->transfer).value_or(TransferSide::kSource);
    const common::UnitUid acting = side == TransferSide::kSource ? before->transfer.source : before->transfer.target;
    if (!parts_.tree.Covers(call.scope, acting)) return NotYourSide(side);
    Transfer next = before->transfer;
    RONGHE_ASSIGN_OR_RETURN(next.state, NextState(before->transfer.state, event, name));
    RONGHE_RETURN_IF_ERROR(effect(txn, *before, next));
    RONGHE_ASSIGN_OR_RETURN(after, txn.Replace(*before, next, DueOf(next)));
    txn.Remember(*id);
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(parts_.store.Write(place->partition, place->also, call, body));
  return View(call, *after);
}

absl::StatusOr<TransferView> TransferApp::Release(const Call& call, const std::string& name,
                                                  const WriteOptions& options) {
  const absl::CivilDay today = parts_.calendar.Today();
  const auto letter = [&](TransferTxn& txn, const StoredTransfer&, Transfer& after) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(after.letter_number, txn.NextLetter(today.year()));
    after.letter_day = today;
    after.expire_day = LastDayOf(today);
    return absl::OkStatus();
  };
  return Run(call, name, TransferEvent::kRelease, options, std::nullopt, letter);
}

// The member comes to the target: the one write in which the figures of both units change.
absl::Status TransferApp::TakeOver(TransferTxn& txn, const StoredTransfer& before) {
  const Transfer& transfer = before.transfer;
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, txn.members().Find(transfer.member));
  if (!member) return common::Internal("a transfer names a member that is not there");
  Membership membership = member->membership;
  membership.transfer = 0;
  if (!transfer.target) {
    const absl::CivilDay today = parts_.calendar.Today();
    const MemberState state = StateOf(member->member, membership, parts_.rules, today);
    RONGHE_ASSIGN_OR_RETURN(const MemberStatus next,
                            NextStatus(state, MemberEvent::kMoveOutside, MemberName(member->id)));
    EndFloatingAt(membership.floating_unit, membership);
    membership.leave_reason = LeaveReason::kMovedOutside;
    membership.leave_day = today;
    const NewMember left{member->unit, WithStatus(member->member, next, std::nullopt), membership};
    return txn.members().Replace(*member, left, "accept_transfer").status();
  }
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.members().FindUnit(transfer.target));
  if (!home) return common::NotFound(UnitName(transfer.target));
  RONGHE_RETURN_IF_ERROR(CheckHome(*home, UnitName(transfer.target)));
  EndFloatingAt(transfer.target, membership);
  return txn.members().Replace(*member, {transfer.target, member->member, membership}, "accept_transfer").status();
}

// Somebody from outside: registered, or, who was here before, taken back under the same name.
absl::Status TransferApp::TakeIn(TransferTxn& txn, const Member& facts, std::optional<MemberId> known,
                                 Transfer& after) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.members().FindUnit(after.target));
  if (!home) return common::NotFound(UnitName(after.target));
  RONGHE_RETURN_IF_ERROR(CheckHome(*home, UnitName(after.target)));
  if (known) {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, txn.members().Find(*known));
    if (member && member->member.status() == MemberStatus::kMovedOutside &&
        member->member.identity_number() == facts.identity_number()) {
      after.member = *known;
      return txn.members().Replace(*member, {after.target, facts, {}}, "accept_transfer").status();
    }
  }
  const NewMember row{after.target, facts};
  RONGHE_ASSIGN_OR_RETURN(const auto made, txn.members().Insert({&row, 1}));
  RONGHE_RETURN_IF_ERROR(made.front().status());
  after.member = made.front()->id;
  return absl::OkStatus();
}

absl::StatusOr<TransferView> TransferApp::Accept(const Call& call, const std::string& name,
                                                 const std::optional<Member::Fields>& facts,
                                                 const WriteOptions& options) {
  RONGHE_ASSIGN_OR_RETURN(const StoredTransfer seen, FindVisible(call, name));
  const bool from_outside = seen.transfer.direction == TransferDirection::kFromOutside;
  if (from_outside != facts.has_value()) {
    return common::InvalidArgument(
        "member", from_outside ? "REQUIRED" : "NOT_ALLOWED",
        {"the facts of the person are needed from outside, and only then", "仅从系统外转入时须填写人员信息"});
  }
  if (!from_outside) {
    return Run(call, name, TransferEvent::kAccept, options, std::nullopt,
               [&](TransferTxn& txn, const StoredTransfer& before, Transfer&) { return TakeOver(txn, before); });
  }
  const absl::StatusOr<Member> member = Member::Create(*facts, parts_.calendar.Today());
  if (!member.ok()) {
    Violations v;
    v.AddAll(member.status(), "member.");
    return v.ToStatus();
  }
  // Whoever was here before has a row, in a partition that need not be the target's; it decides which log this is
  // written to.
  Place place{common::PartitionOf(seen.id.value), {}};
  std::optional<MemberId> known;
  RONGHE_ASSIGN_OR_RETURN(const std::optional<FoundMember> found,
                          parts_.members.FindByIdentityNumber(member->identity_number(), call.deadline));
  if (found && found->status == MemberStatus::kMovedOutside) {
    known = found->id;
    place.also.push_back(place.partition);
    place.partition = common::PartitionOf(found->id.value);
  }
  return Run(
      call, name, TransferEvent::kAccept, options, place,
      [&](TransferTxn& txn, const StoredTransfer&, Transfer& after) { return TakeIn(txn, *member, known, after); });
}

// The member stays where it is, free for another transfer.
absl::Status TransferApp::LetGo(TransferTxn& txn, MemberId id, std::string_view action) {
  if (!id) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, txn.members().Find(id));
  if (!member) return common::Internal("a transfer names a member that is not there");
  Membership membership = member->membership;
  membership.transfer = 0;
  return txn.members().Replace(*member, {member->unit, member->member, membership}, action).status();
}

absl::StatusOr<TransferView> TransferApp::Withdraw(const Call& call, const std::string& name,
                                                   const WriteOptions& options) {
  return Run(call, name, TransferEvent::kWithdraw, options, std::nullopt,
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
  return Run(call, name, TransferEvent::kReturn, checked, std::nullopt,
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
  return txn.Replace(*before, after, std::nullopt).status();
}

}  // namespace ronghe::organization
