#include "services/organization/app/member_app.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMinPurpose = 2;
constexpr size_t kMaxPurpose = 200;
// As many digits in a row as a phone has: a purpose names a reason, not a person.
constexpr int kPersonalDigits = 11;

common::Violations FaultsOf(const WriteOptions& options) {
  common::Violations v;
  for (const common::Violation& fault : options.faults) v.Add(fault.field, fault.reason, fault.text);
  return v;
}

absl::StatusOr<MemberId> IdOf(const std::string& name, std::string field) {
  if (const std::optional<MemberId> id = MemberIdOf(name)) return *id;
  return common::InvalidArgument(std::move(field), "BAD_NAME",
                                 {"the name has the form members/{number}", "名称格式应为members/{数字}"});
}

absl::Status CheckPurpose(const std::string& purpose) {
  common::Violations v;
  const int64_t characters = CountCharacters(purpose);
  const bool blank = purpose.find_first_not_of(' ') == std::string::npos;
  if (blank || characters < static_cast<int64_t>(kMinPurpose) || characters > static_cast<int64_t>(kMaxPurpose) ||
      HasControlCharacters(purpose)) {
    v.Add("purpose", blank ? "REQUIRED" : "BAD_LENGTH",
          {"the purpose is a text of 2 to 200 characters", "用途应为2至200个字符"});
  }
  int run = 0;
  for (char c : purpose) {
    run = c >= '0' && c <= '9' ? run + 1 : 0;
    if (run == kPersonalDigits) {
      v.Add("purpose", "PERSONAL_DATA",
            {"the purpose must not hold a phone or identity number", "用途中不得包含电话或身份号码"});
    }
  }
  return v.ToStatus();
}

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

absl::Status EtagMismatch() {
  return common::Aborted("ETAG_MISMATCH", {"the member was changed meanwhile; read it again, then write",
                                           "该党员信息已被修改,请重新读取后再提交"});
}

absl::Status OtherCounty(const std::string& unit) {
  return common::FailedPrecondition(
      "OTHER_COUNTY",
      {"the unit belongs to another county; a transfer is needed", "目标组织属于其他县,应办理组织关系转接"},
      {{"OTHER_COUNTY", unit, {"in another county", "属于其他县"}}});
}

// The fields' violations as paths of the request.
absl::Status InMember(const absl::Status& status, common::Violations v) {
  v.AddAll(status, "member.");
  return v.ToStatus();
}

}  // namespace

absl::Status CheckHome(const HomeUnit& unit, const std::string& name) {
  std::vector<common::Blocker> blockers;
  for (const std::string& successor : unit.successors) {
    blockers.push_back(
        {"UNIT_SUCCEEDED", successor, {fmt::format("took the place of {}", name), fmt::format("已承接 {}", name)}});
  }
  if (unit.state == UnitState::kClosing) {
    blockers.push_back({"UNIT_CLOSING", name, {"the unit is being dissolved", "该组织正在撤销"}});
  } else if (unit.state != UnitState::kActive && unit.successors.empty()) {
    blockers.push_back({"UNIT_DISSOLVED", name, {"the unit is dissolved", "该组织已撤销"}});
  }
  if (!HoldsMembers(unit.kind)) {
    blockers.push_back({"UNIT_HOLDS_NO_MEMBERS",
                        name,
                        {"members belong to branches and groups; this unit holds none",
                         "党员应登记在党支部或党小组,该组织不登记党员"}});
  }
  if (blockers.empty()) return absl::OkStatus();
  const std::string reason = blockers.front().reason;
  const common::Text text = blockers.front().text;
  return common::FailedPrecondition(reason, text, std::move(blockers));
}

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
  common::Violations v = FaultsOf(options);
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
  RONGHE_ASSIGN_OR_RETURN(const MemberId id, IdOf(name, "name"));
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
  RONGHE_RETURN_IF_ERROR(audit_.Append(common::PartitionOf(member.id.value),
                                       {call.actor.key, "members.reveal", name, purpose}, call.deadline));
  return views_.Full(member);
}

absl::StatusOr<MemberView> MemberApp::Run(const common::Call& call, const std::string& name,
                                          const WriteOptions& options, Change change) {
  RONGHE_ASSIGN_OR_RETURN(const MemberId id, IdOf(name, "name"));
  std::optional<StoredMember> after;
  RONGHE_RETURN_IF_ERROR(store_.Write(common::PartitionOf(id.value), call, [&](MemberTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<MemberId> prior, txn.Claim(options.key));
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> before, txn.Find(id));
    if (!before || !tree_.Covers(call.scope, before->unit)) return common::NotFound(name);
    if (prior) {
      after = before;
      return absl::OkStatus();
    }
    if (!options.etag.empty() && options.etag != EtagOf(*before)) return EtagMismatch();
    RONGHE_ASSIGN_OR_RETURN(after, change(txn, *before));
    txn.Remember(id);
    return absl::OkStatus();
  }));
  return views_.Masked(*after);
}

absl::StatusOr<MemberView> MemberApp::Update(const common::Call& call, const std::string& name,
                                             const MemberChanges& changes, const WriteOptions& options) {
  common::Violations v = FaultsOf(options);
  const std::vector<MemberField> fields = FieldsOf(changes, v);
  v.AddAll(IdOf(name, "member.name").status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  const absl::CivilDay today = calendar_.Today();
  const auto update = [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
    absl::StatusOr<Member> after = Member::Create(Merge(before.member.ToFields(), changes.fields, fields), today);
    if (!after.ok()) return InMember(after.status(), {});
    RONGHE_RETURN_IF_ERROR(CheckStatusChange(before.member.status(), after->status()));
    if (*after == before.member) return before;
    return txn.Replace(before, {before.unit, *std::move(after)}, "update");
  };
  return Run(call, name, options, update);
}

absl::StatusOr<MemberView> MemberApp::Move(const common::Call& call, const std::string& name,
                                           const std::string& unit_name, const WriteOptions& options) {
  common::Violations v = FaultsOf(options);
  v.AddAll(IdOf(name, "name").status());
  const absl::StatusOr<std::string> code = CodeFromName(unit_name, "unit");
  v.AddAll(code.status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  const std::optional<TreeUnit> unit = tree_.FindByCode(*code);
  if (!unit || !tree_.Covers(call.scope, unit->uid)) return common::NotFound(unit_name);
  const auto move = [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.FindUnit(unit->uid));
    if (!home) return common::NotFound(unit_name);
    if (home->partition != txn.partition()) return OtherCounty(unit_name);
    RONGHE_RETURN_IF_ERROR(CheckHome(*home, unit_name));
    if (before.unit == unit->uid) return before;
    return txn.Replace(before, {unit->uid, before.member}, "move");
  };
  return Run(call, name, options, move);
}

}  // namespace ronghe::organization
