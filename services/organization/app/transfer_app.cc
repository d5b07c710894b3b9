#include "services/organization/app/transfer_app.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/write_once.h"
#include "services/organization/domain/masking.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

using common::Call;
using common::PartitionId;
using common::Violations;

constexpr size_t kMaxOutside = 100;
constexpr size_t kMaxLetter = 40;

// Texts that callers send about the outside.
void CheckOutside(const TransferRequest& request, bool from, Violations& v) {
  CheckText({"transfer.outside_organization", 1, kMaxOutside}, request.outside, v);
  if (CountCharacters(request.outside) == 1) {
    v.Add("transfer.outside_organization", "TOO_SHORT", {"has at least 2 characters", "至少2个字符"});
  }
  if (LongestNumber(request.outside) >= kPersonalDigits) {
    v.Add("transfer.outside_organization", "PERSONAL_DATA",
          {"must not hold a phone or identity number", "不得包含电话或身份号码"});
  }
  if (from) CheckText({"transfer.letter_number", 1, kMaxLetter}, request.letter_number, v);
}

}  // namespace

absl::StatusOr<TransferId> TransferApp::CheckName(const std::string& name) {
  if (const std::optional<TransferId> id = TransferIdOf(name)) return *id;
  return common::InvalidArgument("name", "BAD_NAME",
                                 {"the name has the form transfers/{number}", "名称格式应为transfers/{数字}"});
}

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
  const auto write = [&](absl::FunctionRef<absl::Status(TransferTxn&)> in) {
    return parts_.store.Write(partition, also, call, in);
  };
  RONGHE_ASSIGN_OR_RETURN(const StoredTransfer result,
                          (common::WriteOrTry<StoredTransfer, TransferTxn>(options, write, body)));
  return View(call, result);
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

}  // namespace ronghe::organization
