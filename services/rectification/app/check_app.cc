#include "services/rectification/app/check_app.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"

namespace ronghe::rectification {
namespace {

absl::StatusOr<StoredChecklist> FindList(CheckTxn& txn, const std::string& name) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredChecklist> found,
                          txn.FindChecklist(ChecklistId(common::IdFromName(name, "checklists")), 0));
  if (!found) return common::NotFound(name);
  return *std::move(found);
}

}  // namespace

std::string NameOf(ChecklistId id) {
  return fmt::format("checklists/{}", id.value);
}
std::string NameOf(CheckRoundId id) {
  return fmt::format("checkRounds/{}", id.value);
}
std::string NameOf(SelfCheckId id) {
  return fmt::format("selfChecks/{}", id.value);
}
std::string EtagOf(const StoredChecklist& stored) {
  return fmt::format("{:x}.{:x}", stored.version, absl::ToUnixMicros(stored.update_time));
}
std::string EtagOf(const StoredCheck& stored) {
  return fmt::format("{:x}.{:x}", stored.version, absl::ToUnixMicros(stored.update_time));
}
std::string CauseOf(SelfCheckId id, const std::string& item) {
  return fmt::format("{}/items/{}", NameOf(id), item);
}

bool CheckApp::IsFor(const Checklist& checklist, const common::UnitView& unit) const {
  return checklist.kinds.empty() ||
         std::find(checklist.kinds.begin(), checklist.kinds.end(), unit.kind) != checklist.kinds.end();
}

absl::StatusOr<StoredChecklist> CheckApp::Create(const common::Call& call, const std::string& unit, Checklist checklist,
                                                 const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  CheckChecklist(checklist, parts_.policy, "checklist.", violations);
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView issuer,
                          common::VisibleUnit(parts_.units, call, unit, "checklist.unit", std::move(violations)));
  RONGHE_RETURN_IF_ERROR(common::RefuseUnit(issuer, parts_.units));
  checklist.unit = issuer.uid;
  const auto change = [&](CheckTxn& txn, std::string& remember) -> absl::StatusOr<StoredChecklist> {
    RONGHE_ASSIGN_OR_RETURN(StoredChecklist stored, txn.InsertChecklist(checklist));
    remember = NameOf(stored.id);
    return stored;
  };
  return Run<StoredChecklist>(issuer.partition, call, options, change, FindList);
}

absl::StatusOr<StoredChecklist> CheckApp::Update(const common::Call& call, const std::string& name,
                                                 const ChecklistUpdate& update, const common::WriteOptions& options) {
  common::Violations form = common::StartWith(options);
  const ChecklistId id(common::IdFromName(name, "checklists"));
  if (!id) form.AddAll(common::BadName(name, "checklist.name", "checklists"));
  std::set<std::string> paths(update.mask.begin(), update.mask.end());
  if (paths.contains("*")) paths = {"title", "kinds", "items"};
  for (const std::string& path : paths) {
    if (path == "title" || path == "kinds" || path == "items") continue;
    form.Add("update_mask", "NOT_UPDATABLE", {path + " cannot be changed", path + " 不能修改"});
  }
  RONGHE_RETURN_IF_ERROR(form.ToStatus());
  const bool what_is_set = paths.empty();
  const auto change = [&](CheckTxn& txn, std::string& remember) -> absl::StatusOr<StoredChecklist> {
    RONGHE_ASSIGN_OR_RETURN(const StoredChecklist before, FindList(txn, name));
    if (!parts_.units.Covers(call.scope, parts_.units.AnswersFor(before.checklist.unit))) return common::NotFound(name);
    RONGHE_RETURN_IF_ERROR(common::CheckEtag(EtagOf(before), options.etag));
    Checklist after = before.checklist;
    const Checklist& sent = update.checklist;
    if (what_is_set ? !sent.title.empty() : paths.contains("title")) after.title = sent.title;
    if (what_is_set ? !sent.kinds.empty() : paths.contains("kinds")) after.kinds = sent.kinds;
    if (what_is_set ? !sent.items.empty() : paths.contains("items")) after.items = sent.items;
    common::Violations violations;
    CheckChecklist(after, parts_.policy, "checklist.", violations);
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    remember = name;
    return txn.ReplaceChecklist(before, after);
  };
  return Run<StoredChecklist>(common::PartitionOf(id.value), call, options, change, FindList);
}

absl::StatusOr<StoredChecklist> CheckApp::Get(const common::Call& call, const std::string& name, int version) {
  const ChecklistId id(common::IdFromName(name, "checklists"));
  if (!id) return common::BadName(name, "name", "checklists");
  if (version < 0) {
    return common::InvalidArgument("version", "OUT_OF_RANGE", {"must not be negative", "不能为负数"});
  }
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredChecklist> found, parts_.store.FindChecklist(id, version, call.deadline));
  if (!found || !parts_.units.Covers(call.scope, parts_.units.AnswersFor(found->checklist.unit))) {
    return common::NotFound(name);
  }
  return *std::move(found);
}

absl::StatusOr<std::vector<StoredChecklist>> CheckApp::List(const common::Call& call, const std::string& parent) {
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView unit, common::VisibleUnit(parts_.units, call, parent, "parent", {}));
  std::vector<StoredChecklist> all;
  for (const common::UnitView& above : parts_.units.AncestorsOf(unit.uid)) {
    RONGHE_ASSIGN_OR_RETURN(std::vector<StoredChecklist> some,
                            parts_.store.ListChecklists(above.partition, above.uid, call.deadline));
    for (StoredChecklist& one : some) {
      if (above.uid == unit.uid || IsFor(one.checklist, unit)) all.push_back(std::move(one));
    }
  }
  return all;
}

absl::StatusOr<common::UnitUid> CheckApp::OwnerOf(std::string_view name, absl::Time deadline) {
  if (const ChecklistId list(common::IdFromName(name, "checklists")); list) {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredChecklist> found, parts_.store.FindChecklist(list, 0, deadline));
    if (!found) return common::NotFound(std::string(name));
    return parts_.units.AnswersFor(found->checklist.unit);
  }
  if (const CheckRoundId round(common::IdFromName(name, "checkRounds")); round) {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredRound> found, parts_.store.FindRound(round, deadline));
    if (!found) return common::NotFound(std::string(name));
    return parts_.units.AnswersFor(found->round.unit);
  }
  const SelfCheckId check(common::IdFromName(name, "selfChecks"));
  if (!check) return common::BadName(name, "name", "selfChecks");
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredCheck> found, parts_.store.FindCheck(check, deadline));
  if (!found) return common::NotFound(std::string(name));
  return parts_.units.AnswersFor(found->check.unit);
}

}  // namespace ronghe::rectification
