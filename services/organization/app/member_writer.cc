#include "services/organization/app/member_writer.h"

#include <fmt/format.h>

#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMinPurpose = 2;
constexpr size_t kMaxPurpose = 200;

}  // namespace

absl::StatusOr<MemberId> CheckMemberName(const std::string& name, std::string field) {
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
  // A purpose names a reason, not a person.
  if (LongestNumber(purpose) >= kPersonalDigits) {
    v.Add("purpose", "PERSONAL_DATA",
          {"the purpose must not hold a phone or identity number", "用途中不得包含电话或身份号码"});
  }
  return v.ToStatus();
}

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

absl::Status OtherCounty(const std::string& unit) {
  return common::FailedPrecondition(
      "OTHER_COUNTY",
      {"the unit belongs to another county; a transfer is needed", "目标组织属于其他县,应办理组织关系转接"},
      {{"OTHER_COUNTY", unit, {"in another county", "属于其他县"}}});
}

absl::StatusOr<TreeUnit> MemberWriter::FindUnit(const common::Call& call, const std::string& name) const {
  RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(name, "unit"));
  const std::optional<TreeUnit> unit = tree_.FindByCode(code);
  if (!unit || !tree_.Covers(call.scope, unit->uid)) return common::NotFound(name);
  return *unit;
}

// Two units of one partition have the same lock row.
bool MemberWriter::HoldsHome(const StoredMember& member, common::UnitUid locked) const {
  if (member.unit == locked) return true;
  const std::optional<TreeUnit> home = tree_.Find(member.unit);
  const std::optional<TreeUnit> held = tree_.Find(locked);
  return home && held && home->partition == held->partition;
}

absl::Status MovedMeanwhile() {
  return common::Aborted("MEMBER_MOVED",
                         {"the member has gone to another county meanwhile; call again", "该党员已转往其他县，请重试"});
}

absl::StatusOr<StoredMember> MemberWriter::Run(const common::Call& call, const std::string& name,
                                               const WriteOptions& options, std::span<const common::PartitionId> also,
                                               Change change) {
  RONGHE_ASSIGN_OR_RETURN(const MemberId id, CheckMemberName(name, "name"));
  std::optional<StoredMember> after;
  // The home unit need not lie in the partition of the row.
  std::vector<common::PartitionId> locks(also.begin(), also.end());
  RONGHE_ASSIGN_OR_RETURN(const std::optional<common::UnitUid> home, store_.UnitOf(id, call.deadline));
  if (!home) return common::NotFound(name);
  if (const std::optional<TreeUnit> unit = tree_.Find(*home)) locks.push_back(unit->partition);
  RONGHE_RETURN_IF_ERROR(store_.Write(common::PartitionOf(id.value), locks, call, [&](MemberTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<MemberId> prior, txn.Claim(options.key));
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> before, txn.Find(id));
    if (!before || !tree_.Covers(call.scope, before->unit)) return common::NotFound(name);
    if (prior) {
      after = before;
      return absl::OkStatus();
    }
    if (!HoldsHome(*before, *home)) return MovedMeanwhile();
    if (absl::Status current = CheckEtag(EtagOf(*before), options.etag); !current.ok()) return current;
    RONGHE_ASSIGN_OR_RETURN(after, change(txn, *before));
    txn.Remember(id);
    return absl::OkStatus();
  }));
  return *std::move(after);
}

}  // namespace ronghe::organization
