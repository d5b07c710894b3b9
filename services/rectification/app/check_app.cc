#include "services/rectification/app/check_app.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/rectification/app/unit_names.h"

namespace ronghe::rectification {
namespace {

absl::Status BadName(std::string_view name, std::string_view field, std::string_view collection) {
  return common::InvalidArgument(
      std::string(field), name.empty() ? "REQUIRED" : "BAD_NAME",
      {fmt::format("must have the form {}/{{number}}", collection), fmt::format("格式应为 {}/{{数字}}", collection)});
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

absl::Status CheckApp::Run(common::PartitionId partition, const common::Call& call, const common::WriteOptions& options,
                           absl::FunctionRef<absl::StatusOr<std::string>(CheckTxn&)> change,
                           absl::FunctionRef<absl::Status(CheckTxn&, const std::string&)> prior) const {
  bool tried = false;
  const absl::Status status = parts_.store.Write(partition, call, [&](CheckTxn& txn) -> absl::Status {
    tried = false;
    if (!options.validate_only) {
      RONGHE_ASSIGN_OR_RETURN(const std::optional<std::string> done, txn.problems().Claim(options.key));
      if (done) return prior(txn, *done);
    }
    RONGHE_ASSIGN_OR_RETURN(std::string name, change(txn));
    txn.problems().Remember(std::move(name));
    tried = options.validate_only;
    return tried ? absl::CancelledError("only tried") : absl::OkStatus();
  });
  return tried && absl::IsCancelled(status) ? absl::OkStatus() : status;
}

absl::StatusOr<UnitView> CheckApp::VisibleUnit(const common::Call& call, const std::string& name,
                                               std::string_view field, common::Violations violations) const {
  const std::optional<std::string> code = CodeIn(name);
  if (!code) violations.Add(std::string(field), name.empty() ? "REQUIRED" : "BAD_NAME", kUnitForm);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::optional<UnitView> unit = parts_.units.FindByCode(*code);
  if (!unit || !parts_.units.Covers(call.scope, unit->uid)) return common::NotFound(name);
  return *std::move(unit);
}

bool CheckApp::IsFor(const Checklist& checklist, const UnitView& unit) const {
  return checklist.kinds.empty() ||
         std::find(checklist.kinds.begin(), checklist.kinds.end(), unit.kind) != checklist.kinds.end();
}

absl::StatusOr<StoredChecklist> CheckApp::Create(const common::Call& call, const std::string& unit, Checklist checklist,
                                                 const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  CheckChecklist(checklist, parts_.policy, "checklist.", violations);
  RONGHE_ASSIGN_OR_RETURN(const UnitView issuer, VisibleUnit(call, unit, "checklist.unit", std::move(violations)));
  RONGHE_RETURN_IF_ERROR(RefuseUnit(issuer, parts_.units));
  checklist.unit = issuer.uid;
  std::optional<StoredChecklist> result;
  const auto read = [&](CheckTxn& txn, const std::string& name) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(result, txn.FindChecklist(ChecklistId(common::IdFromName(name, "checklists")), 0));
    return result ? absl::OkStatus() : common::NotFound(name);
  };
  const auto change = [&](CheckTxn& txn) -> absl::StatusOr<std::string> {
    RONGHE_ASSIGN_OR_RETURN(result, txn.InsertChecklist(checklist));
    return NameOf(result->id);
  };
  RONGHE_RETURN_IF_ERROR(Run(issuer.partition, call, options, change, read));
  if (options.validate_only) result->revision = 0;
  return *std::move(result);
}

absl::StatusOr<StoredChecklist> CheckApp::Update(const common::Call& call, const std::string& name,
                                                 const ChecklistUpdate& update, const common::WriteOptions& options) {
  common::Violations form = common::StartWith(options);
  const ChecklistId id(common::IdFromName(name, "checklists"));
  if (!id) form.AddAll(BadName(name, "checklist.name", "checklists"));
  std::set<std::string> paths(update.mask.begin(), update.mask.end());
  if (paths.contains("*")) paths = {"title", "kinds", "items"};
  for (const std::string& path : paths) {
    if (path == "title" || path == "kinds" || path == "items") continue;
    form.Add("update_mask", "NOT_UPDATABLE", {path + " cannot be changed", path + " 不能修改"});
  }
  RONGHE_RETURN_IF_ERROR(form.ToStatus());
  const bool what_is_set = paths.empty();
  std::optional<StoredChecklist> result;
  const auto read = [&](CheckTxn& txn, const std::string&) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(result, txn.FindChecklist(id, 0));
    return result ? absl::OkStatus() : common::NotFound(name);
  };
  const auto change = [&](CheckTxn& txn) -> absl::StatusOr<std::string> {
    RONGHE_RETURN_IF_ERROR(read(txn, name));
    if (!parts_.units.Covers(call.scope, parts_.units.AnswersFor(result->checklist.unit))) {
      return common::NotFound(name);
    }
    RONGHE_RETURN_IF_ERROR(common::CheckEtag(EtagOf(*result), options.etag));
    Checklist after = result->checklist;
    const Checklist& sent = update.checklist;
    if (what_is_set ? !sent.title.empty() : paths.contains("title")) after.title = sent.title;
    if (what_is_set ? !sent.kinds.empty() : paths.contains("kinds")) after.kinds = sent.kinds;
    if (what_is_set ? !sent.items.empty() : paths.contains("items")) after.items = sent.items;
    common::Violations violations;
    CheckChecklist(after, parts_.policy, "checklist.", violations);
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    RONGHE_ASSIGN_OR_RETURN(result, txn.ReplaceChecklist(*result, after));
    return name;
  };
  RONGHE_RETURN_IF_ERROR(Run(common::PartitionOf(id.value), call, options, change, read));
  if (options.validate_only) result->revision = 0;
  return *std::move(result);
}

absl::StatusOr<StoredChecklist> CheckApp::Get(const common::Call& call, const std::string& name, int version) {
  const ChecklistId id(common::IdFromName(name, "checklists"));
  if (!id) return BadName(name, "name", "checklists");
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
  RONGHE_ASSIGN_OR_RETURN(const UnitView unit, VisibleUnit(call, parent, "parent", {}));
  std::vector<StoredChecklist> all;
  for (const UnitView& above : parts_.units.AncestorsOf(unit.uid)) {
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
  if (!check) return BadName(name, "name", "selfChecks");
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredCheck> found, parts_.store.FindCheck(check, deadline));
  if (!found) return common::NotFound(std::string(name));
  return parts_.units.AnswersFor(found->check.unit);
}

}  // namespace ronghe::rectification
