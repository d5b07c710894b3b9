#include "services/organization/app/member_bulk.h"

#include <map>

#include "services/common/values/status.h"
#include "services/organization/app/member_app.h"
#include "services/organization/app/unit_app.h"

namespace ronghe::organization {
namespace {

const common::Text kDuplicateInImport{"a row before this one has the same value", "前面的行已有相同的值"};

// What a refusal of the use cases means for a row.
absl::Status Refuse(const absl::Status& status, int64_t line, FaultSink refuse) {
  const std::string reason = common::ReasonOf(status);
  for (common::Violation& violation : common::ViolationsOf(status)) {
    RONGHE_RETURN_IF_ERROR(
        refuse({line, std::move(violation.field), std::move(violation.reason), std::move(violation.text)}));
  }
  for (common::Blocker& blocker : common::BlockersOf(status)) {
    RONGHE_RETURN_IF_ERROR(refuse({line, "unit", std::move(blocker.reason), std::move(blocker.text)}));
  }
  if (absl::IsAlreadyExists(status)) {
    const char* field = reason == "DUPLICATE_PERSON" ? "identity_number" : "external_id";
    return refuse({line, field, reason, common::TextOf(status)});
  }
  return absl::OkStatus();
}

absl::Status RefuseUnknownUnit(int64_t line, FaultSink refuse) {
  return refuse({line,
                 "unit",
                 "UNIT_NOT_FOUND",
                 {"there is no such unit in or below the unit of the import", "导入范围内没有该组织"}});
}

}  // namespace

absl::Status MemberBulkCheck::CheckUnit(const MemberDraft& draft, FaultSink refuse) {
  const absl::StatusOr<std::string> code = CodeFromName(draft.unit, "unit");
  if (!code.ok()) return Refuse(code.status(), draft.line, refuse);
  const std::optional<TreeUnit> unit = tree_.FindByCode(*code);
  if (!unit || !tree_.IsWithin(unit->uid, scope_.under)) return RefuseUnknownUnit(draft.line, refuse);
  if (unit->partition != scope_.partition) {
    return refuse({draft.line,
                   "unit",
                   "OTHER_COUNTY",
                   {"all units of an import lie in one county", "一次导入的组织应属于同一个县"}});
  }
  return Refuse(CheckHome({unit->partition, unit->kind, unit->state}, draft.unit), draft.line, refuse);
}

absl::Status MemberBulkCheck::Add(const common::Call& call, std::span<const MemberDraft> drafts, FaultSink refuse) {
  std::vector<Member> members;
  std::vector<int64_t> lines;
  for (const MemberDraft& draft : drafts) {
    RONGHE_RETURN_IF_ERROR(CheckUnit(draft, refuse));
    absl::StatusOr<Member> member = Member::Create(draft.fields, today_);
    if (!member.ok()) {
      RONGHE_RETURN_IF_ERROR(Refuse(member.status(), draft.line, refuse));
      continue;
    }
    if (!persons_.insert(store_.PersonKey(*member)).second) {
      RONGHE_RETURN_IF_ERROR(refuse({draft.line, "identity_number", "DUPLICATE_PERSON", kDuplicateInImport}));
    } else if (!member->external_id().empty() && !externals_.insert(member->external_id()).second) {
      RONGHE_RETURN_IF_ERROR(refuse({draft.line, "external_id", "DUPLICATE_EXTERNAL_ID", kDuplicateInImport}));
    } else {
      members.push_back(*std::move(member));
      lines.push_back(draft.line);
    }
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<absl::Status> results, store_.CheckDuplicates(call, members));
  for (size_t i = 0; i < results.size(); ++i) RONGHE_RETURN_IF_ERROR(Refuse(results[i], lines[i], refuse));
  return absl::OkStatus();
}

absl::StatusOr<MemberBulkResult> CreateMembers(MemberTxn& txn, const Tree& tree, std::span<const MemberDraft> drafts,
                                               absl::CivilDay today) {
  MemberBulkResult result;
  const auto refuse = [&](DraftFault fault) {
    result.refused.push_back(std::move(fault));
    return absl::OkStatus();
  };
  std::map<common::UnitUid, absl::Status> homes;
  std::vector<NewMember> rows;
  std::vector<int64_t> lines;
  for (const MemberDraft& draft : drafts) {
    const absl::StatusOr<std::string> code = CodeFromName(draft.unit, "unit");
    const std::optional<TreeUnit> unit = code.ok() ? tree.FindByCode(*code) : std::nullopt;
    absl::StatusOr<Member> member = Member::Create(draft.fields, today);
    if (!member.ok()) RONGHE_RETURN_IF_ERROR(Refuse(member.status(), draft.line, refuse));
    if (!unit || unit->partition != txn.partition()) {
      RONGHE_RETURN_IF_ERROR(RefuseUnknownUnit(draft.line, refuse));
      continue;
    }
    auto [home, fresh] = homes.try_emplace(unit->uid);
    if (fresh) {
      RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> found, txn.FindUnit(unit->uid));
      home->second = found ? CheckHome(*found, draft.unit) : CheckHome({}, draft.unit);
    }
    RONGHE_RETURN_IF_ERROR(Refuse(home->second, draft.line, refuse));
    if (!member.ok() || !home->second.ok()) continue;
    rows.push_back({unit->uid, *std::move(member)});
    lines.push_back(draft.line);
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<absl::StatusOr<StoredMember>> made, txn.Insert(rows));
  for (size_t i = 0; i < made.size(); ++i) {
    if (made[i].ok()) {
      result.created.push_back({lines[i], made[i]->id});
    } else {
      RONGHE_RETURN_IF_ERROR(Refuse(made[i].status(), lines[i], refuse));
    }
  }
  return result;
}

absl::Status EraseMembers(MemberTxn& txn, std::span<const MemberId> ids) {
  std::vector<StoredMember> found;
  std::vector<common::Blocker> blockers;
  for (MemberId id : ids) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredMember> member, txn.Find(id));
    if (!member) continue;
    if (member->version != 1) {
      blockers.push_back({"CHANGED_SINCE", MemberName(id), {"changed since the import", "导入后已被修改"}});
    }
    found.push_back(*std::move(member));
  }
  if (!blockers.empty()) {
    return common::FailedPrecondition("IMPORT_IN_USE",
                                      {"something was built on the import since", "导入的数据已被使用或修改,不能撤回"},
                                      std::move(blockers));
  }
  return txn.Erase(found);
}

}  // namespace ronghe::organization
