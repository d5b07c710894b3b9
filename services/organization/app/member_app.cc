#include "services/organization/app/member_app.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/organization/domain/text_rules.h"
#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

// The fields that an update names; adds a violation for each path that is none.
std::vector<MemberField> FieldsOf(const MemberChanges& changes, common::Violations& v) {
  if (changes.mask.empty()) return Differences(Member::Fields{}, changes.fields);
  std::vector<MemberField> fields;
  for (const std::string& path : changes.mask) {
    if (const std::optional<MemberField> field = MemberFieldOf(path)) {
      fields.push_back(*field);
      continue;
    }
    // A path is the caller's text: it is quoted only where it looks like one.
    const bool plain = path.size() <= 64 && std::all_of(path.begin(), path.end(), [](unsigned char c) {
                         return std::isalpha(c) || c == '_' || c == '.' || c == '*';
                       });
    const std::string shown = plain ? path : "?";
    v.Add("update_mask", "UNKNOWN_FIELD",
          {fmt::format("{} is no field that can be updated", shown), fmt::format("{}不是可修改的字段", shown)});
  }
  return fields;
}

// The fields' violations as paths of the request.
absl::Status InMember(const absl::Status& status, common::Violations v) {
  v.AddAll(status, "member.");
  return v.ToStatus();
}

}  // namespace

absl::StatusOr<StoredMember> MemberApp::Register(MemberTxn& txn, const TreeUnit& unit, const Member& member) {
  const std::string name = "units/" + unit.code;
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.FindUnit(unit.uid));
  if (!home) return common::NotFound(name);
  RONGHE_RETURN_IF_ERROR(CheckHome(*home, name));
  const NewMember row{unit.uid, member};
  RONGHE_ASSIGN_OR_RETURN(auto rows, txn.Insert({&row, 1}));
  return std::move(rows.front());
}

absl::StatusOr<MemberView> MemberApp::Create(const common::Call& call, const std::string& unit_name,
                                             const Member::Fields& fields, const WriteOptions& options) {
  common::Violations v = StartWith(options);
  const absl::StatusOr<std::string> code = CodeFromName(unit_name, "member.unit");
  v.AddAll(code.status());
  const absl::StatusOr<Member> member = Member::Create(fields, calendar_.Today());
  if (!member.ok()) return InMember(member.status(), std::move(v));
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  const std::optional<TreeUnit> unit = tree_.FindByCode(*code);
  if (!unit || !tree_.Covers(call.scope, unit->uid)) return common::NotFound(unit_name);

  std::optional<StoredMember> created;
  bool checked = false;
  const absl::Status status = store_.Write(unit->partition, call, [&](MemberTxn& txn) -> absl::Status {
    checked = false;
    std::optional<MemberId> prior;
    if (!options.validate_only) {
      RONGHE_ASSIGN_OR_RETURN(prior, txn.Claim(options.key));
    }
    if (prior) {
      RONGHE_ASSIGN_OR_RETURN(created, txn.Find(*prior));
      return created ? absl::OkStatus() : common::NotFound(MemberName(*prior));
    }
    RONGHE_ASSIGN_OR_RETURN(created, Register(txn, *unit, *member));
    txn.Remember(created->id);
    checked = options.validate_only;
    return checked ? absl::CancelledError("only checked") : absl::OkStatus();
  });
  if (checked && absl::IsCancelled(status)) return views_.Masked({.unit = unit->uid, .member = *member});
  RONGHE_RETURN_IF_ERROR(status);
  return views_.Masked(*created);
}

absl::StatusOr<StoredMember> MemberApp::FindVisible(const common::Call& call, const std::string& name) {
  RONGHE_ASSIGN_OR_RETURN(const MemberId id, CheckMemberName(name, "name"));
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredMember> member, store_.Find(id, call.deadline));
  // The wrapper has checked the unit in which the member was when the call came; it may have moved since.
  if (!member || !tree_.Covers(call.scope, member->unit)) return common::NotFound(name);
  return *std::move(member);
}

absl::StatusOr<common::UnitUid> MemberApp::OwnerOf(std::string_view name, int64_t id, absl::Time deadline) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<common::UnitUid> unit, store_.UnitOf(MemberId(id), deadline));
  if (!unit) return common::NotFound(std::string(name));
  return *unit;
}

absl::StatusOr<MemberView> MemberApp::Get(const common::Call& call, const std::string& name) {
  RONGHE_ASSIGN_OR_RETURN(const StoredMember member, FindVisible(call, name));
  return views_.Masked(member);
}

absl::StatusOr<MemberView> MemberApp::Reveal(const common::Call& call, const std::string& name,
                                             const std::string& purpose) {
  RONGHE_RETURN_IF_ERROR(CheckPurpose(purpose));
  RONGHE_ASSIGN_OR_RETURN(const StoredMember member, FindVisible(call, name));
  const std::optional<TreeUnit> home = tree_.Find(member.unit);
  if (!home) return common::NotFound(name);
  RONGHE_RETURN_IF_ERROR(
      audit_.Append(home->partition, {call.actor.key, "members.reveal", name, purpose, member.unit}, call.deadline));
  return views_.Full(member);
}

absl::StatusOr<MemberView> MemberApp::View(const absl::StatusOr<StoredMember>& member) const {
  if (!member.ok()) return member.status();
  return views_.Masked(*member);
}

// A status is corrected only as ConfirmMember would have changed it.
absl::Status MemberApp::CheckStatus(const StoredMember& before, const Member& after, const std::string& name) const {
  if (before.member.status() == after.status()) return absl::OkStatus();
  const absl::CivilDay day = after.full_date().value_or(calendar_.Today());
  const MemberState state = StateOf(before.member, before.membership, rules_, day);
  if (after.status() == MemberStatus::kFull) return NextStatus(state, MemberEvent::kConfirm, name).status();
  std::vector<common::Text> allowed;
  for (MemberEvent event : AllowedEvents(state)) allowed.push_back(MemberEventText(event));
  return RefuseTransition({.reason = "STATUS_CHANGE",
                           .resource = name,
                           .state = MemberStatusText(state.status),
                           .event = {"become probationary again", "改回预备党员"},
                           .allowed = std::move(allowed)});
}

absl::StatusOr<MemberView> MemberApp::Update(const common::Call& call, const std::string& name,
                                             const MemberChanges& changes, const WriteOptions& options) {
  common::Violations v = StartWith(options);
  const std::vector<MemberField> fields = FieldsOf(changes, v);
  v.AddAll(CheckMemberName(name, "member.name").status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  const absl::CivilDay today = calendar_.Today();
  const auto update = [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
    RONGHE_RETURN_IF_ERROR(
        NextStatus(StateOf(before.member, before.membership, rules_, today), MemberEvent::kUpdate, name).status());
    absl::StatusOr<Member> after = Member::Create(Merge(before.member.ToFields(), changes.fields, fields), today);
    if (!after.ok()) return InMember(after.status(), {});
    RONGHE_RETURN_IF_ERROR(CheckStatus(before, *after, name));
    if (*after == before.member) return before;
    return txn.Replace(before, {before.unit, *std::move(after), before.membership}, "update");
  };
  return View(writer_.Run(call, name, options, {}, update));
}

absl::StatusOr<MemberView> MemberApp::Move(const common::Call& call, const std::string& name,
                                           const std::string& unit_name, const WriteOptions& options) {
  common::Violations v = StartWith(options);
  v.AddAll(CheckMemberName(name, "name").status());
  const absl::StatusOr<std::string> code = CodeFromName(unit_name, "unit");
  v.AddAll(code.status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(const TreeUnit unit, writer_.FindUnit(call, unit_name));
  const absl::CivilDay today = calendar_.Today();
  const auto move = [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
    RONGHE_RETURN_IF_ERROR(
        NextStatus(StateOf(before.member, before.membership, rules_, today), MemberEvent::kMove, name).status());
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.FindUnit(unit.uid));
    if (!home) return common::NotFound(unit_name);
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> old_home, txn.FindUnit(before.unit));
    if (!old_home || home->partition != old_home->partition) return OtherCounty(unit_name);
    RONGHE_RETURN_IF_ERROR(CheckHome(*home, unit_name));
    if (before.unit == unit.uid) return before;
    Membership membership = before.membership;
    EndFloatingAt(unit.uid, membership);
    RONGHE_RETURN_IF_ERROR(txn.EndPosts(before, unit.uid, calendar_.Today()));
    return txn.Replace(before, {unit.uid, before.member, membership}, "move");
  };
  return View(writer_.Run(call, name, options, {}, move));
}

}  // namespace ronghe::organization
