#include <algorithm>

#include <fmt/format.h>

#include "services/organization/app/duty_app_impl.h"
#include "services/organization/app/structure_steps.h"
#include "services/organization/domain/membership.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxParties = 100;

bool IsSame(const StoredPart& a, const StoredPart& b) {
  return a.member == b.member && a.unit == b.unit && a.outside == b.outside && a.description == b.description;
}

}  // namespace

void EndPartOn(StoredPart& part, absl::CivilDay day, PartEndReason reason) {
  part.days.until = std::max(day, part.days.from);
  part.end_reason = reason;
}

void CheckParties(DutyKind kind, const std::vector<DutyApp::Party>& parties, std::string_view path,
                  common::Violations& violations) {
  if (parties.size() > kMaxParties) {
    violations.Add(std::string(path), "TOO_MANY", {"holds more than 100", "超过 100 个"});
    return;
  }
  for (size_t i = 0; i < parties.size(); ++i) {
    const std::string prefix = fmt::format("{}[{}].", path, i);
    const PartyFields& fields = parties[i].fields;
    CheckParty(kind, fields, prefix, violations);
    if (!fields.member.empty() && !MemberIdOf(fields.member)) {
      violations.Add(prefix + "member", "BAD_NAME", {"must have the form members/{number}", "格式应为 members/{数字}"});
    }
    if (!fields.unit.empty()) violations.AddAll(CodeFromName(fields.unit, prefix + "partner_unit").status());
  }
}

absl::Status EndPartsOfMember(DutyTxn& txn, MemberId member, common::UnitUid to, absl::CivilDay day) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredDuty> duties, txn.DutiesOf(member));
  for (StoredDuty& duty : duties) {
    bool changed = false;
    for (StoredPart& part : duty.parts) {
      if (part.member != member || !part.running()) continue;
      if (to) {
        if (part.role == DutyRole::kPartner) continue;
        RONGHE_ASSIGN_OR_RETURN(const bool stays, txn.IsWithin(to, duty.info.unit));
        if (stays) continue;
      }
      EndPartOn(part, day, PartEndReason::kMemberLeft);
      changed = true;
    }
    if (changed) RONGHE_RETURN_IF_ERROR(txn.Replace(duty).status());
  }
  return absl::OkStatus();
}

std::vector<common::PartitionId> DutyApp::PartitionsOf(const std::vector<Party>& parties) {
  std::vector<common::PartitionId> partitions;
  for (const Party& party : parties) {
    if (const std::optional<MemberId> member = MemberIdOf(party.fields.member)) {
      partitions.push_back(common::PartitionOf(member->value));
    }
  }
  return partitions;
}

absl::Status DutyApp::JoinMember(DutyTxn& txn, const common::Call& call, const StoredDuty& duty, const Party& party,
                                 StoredPart& part, std::vector<common::Blocker>& blockers) {
  const std::string& name = party.fields.member;
  part.member = *MemberIdOf(name);
  RONGHE_ASSIGN_OR_RETURN(const std::optional<MemberFacts> person, txn.FindMember(part.member));
  if (!person) {
    blockers.push_back(
        {"OTHER_COUNTY", name, {"the member is of another county, or none any longer", "该党员属于其他县或已不在册"}});
    return absl::OkStatus();
  }
  if (!tree_.Covers(call.scope, person->unit)) return common::NotFound(name);
  if (!IsCurrent(person->status)) {
    blockers.push_back({"NOT_CURRENT_MEMBER", name, {"is no member any longer", "已不在册"}});
  }
  if (part.role == DutyRole::kPartner) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const bool within, txn.IsWithin(person->unit, duty.info.unit));
  if (!within) {
    blockers.push_back(
        {"NOT_OF_UNIT", name, {"belongs to no unit at or below that of the duty", "不属于该组织或其下级组织"}});
  }
  return absl::OkStatus();
}

absl::Status DutyApp::Join(DutyTxn& txn, const common::Call& call, StoredDuty& duty, const std::vector<Party>& parties,
                           std::vector<common::Blocker>& blockers) {
  for (const Party& party : parties) {
    StoredPart part;
    part.part = static_cast<int64_t>(duty.parts.size()) + 1;
    part.role = static_cast<DutyRole>(party.fields.role);
    part.outside = static_cast<OutsideParty>(party.fields.outside);
    part.description = party.fields.description;
    const absl::CivilDay first = duty.state == DutyState::kActive ? calendar_.Today() : duty.from;
    part.days.from = std::max(party.from.value_or(first), duty.from);
    if (!party.fields.member.empty()) {
      RONGHE_RETURN_IF_ERROR(JoinMember(txn, call, duty, party, part, blockers));
    }
    if (!party.fields.unit.empty()) {
      RONGHE_ASSIGN_OR_RETURN(const TreeUnit unit, VisibleUnit(tree_, call, party.fields.unit, "partner_unit", {}));
      part.unit = unit.uid;
      if (unit.state != UnitState::kActive) {
        blockers.push_back({"UNIT_DISSOLVED", party.fields.unit, {"the unit is dissolved", "该组织已撤销"}});
      }
    }
    const bool twice = std::any_of(duty.parts.begin(), duty.parts.end(),
                                   [&](const StoredPart& other) { return other.running() && IsSame(other, part); });
    if (twice) {
      blockers.push_back({"TAKES_PART",
                          part.member ? party.fields.member : party.fields.unit,
                          {"takes part already", "已参与该事项"}});
    }
    duty.parts.push_back(std::move(part));
  }
  const auto running =
      std::count_if(duty.parts.begin(), duty.parts.end(), [](const StoredPart& part) { return part.running(); });
  if (running > static_cast<int64_t>(kMaxParties)) {
    blockers.push_back({"TOO_MANY", NameOf(duty.id), {"more than 100 would take part", "参与人员将超过 100 个"}});
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredDuty> DutyApp::AddParties(const common::Call& call, const std::string& name,
                                               const std::vector<Party>& parties, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<DutyId>(name, "name", violations);
  if (parties.empty()) violations.Add("parties", "REQUIRED", {"is required", "必填"});
  CheckParties(DutyKind::kUnspecified, parties, "parties", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredDuty>(
      store_, tree_, call, name, id, options,
      [&](DutyTxn& txn, const StoredDuty& before) -> absl::StatusOr<StoredDuty> {
        StoredDuty after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, DutyEvent::kChangePeople, name));
        common::Violations faults;
        CheckParties(before.kind, parties, "parties", faults);
        RONGHE_RETURN_IF_ERROR(faults.ToStatus());
        std::vector<common::Blocker> blockers;
        RONGHE_RETURN_IF_ERROR(Join(txn, call, after, parties, blockers));
        RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
        return txn.Replace(after);
      },
      PartitionsOf(parties));
}

absl::StatusOr<StoredDuty> DutyApp::EndPart(const common::Call& call, const std::string& name, int64_t number,
                                            const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<DutyId>(name, "name", violations);
  const absl::CivilDay day = EventDay(calendar_, options, "end_date", violations);
  if (number <= 0) violations.Add("part", "REQUIRED", {"is required", "必填"});
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredDuty>(
      store_, tree_, call, name, id, options,
      [&](DutyTxn& txn, const StoredDuty& before) -> absl::StatusOr<StoredDuty> {
        StoredDuty after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, DutyEvent::kChangePeople, name));
        const auto part = std::find_if(after.parts.begin(), after.parts.end(),
                                       [&](const StoredPart& one) { return one.part == number; });
        if (part == after.parts.end()) {
          return common::InvalidArgument("part", "UNKNOWN_VALUE", {"the duty has no such part", "无此参与记录"});
        }
        if (!part->running()) return RefuseFor({{"PART_ENDED", name, {"the part has ended", "该参与记录已结束"}}});
        EndPartOn(*part, day, PartEndReason::kReleased);
        return txn.Replace(after);
      });
}

}  // namespace ronghe::organization
