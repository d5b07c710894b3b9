#include "services/rectification/app/ledger_import_target.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/common/values/resource_name.h"

namespace ronghe::rectification {
namespace {

constexpr char kDefaultSource[] = "ledger";

common::RowIssue IssueOf(int64_t line, const common::Violation& violation) {
  return {line, violation.field, violation.reason, violation.text};
}

}  // namespace

// Of one import: every row by itself, and no external id twice.
class LedgerImportTarget::Check final : public common::ImportCheck {
 public:
  Check(const LedgerImportTarget& target, common::Import import) : target_(target), import_(std::move(import)) {}

  absl::Status Add(std::span<const common::ImportRow> rows, common::IssueSink refuse) override {
    for (const common::ImportRow& row : rows) {
      common::Violations violations;
      const Read read = target_.ReadRow(import_, row, violations);
      const std::string key = ExternalKey(read.problem.external_source, read.problem.external_id);
      if (!read.problem.external_id.empty() && !keys_.insert(key).second) {
        violations.Add("external_id", "DUPLICATE_EXTERNAL_ID", {"is there twice", "外部编号重复"});
      }
      for (const common::Violation& violation : violations.list()) {
        RONGHE_RETURN_IF_ERROR(refuse(IssueOf(row.line, violation)));
      }
    }
    return absl::OkStatus();
  }
  absl::Status Finish(common::IssueSink) override { return absl::OkStatus(); }

 private:
  const LedgerImportTarget& target_;
  const common::Import import_;
  std::set<std::string> keys_;
};

absl::StatusOr<std::unique_ptr<common::ImportCheck>> LedgerImportTarget::NewCheck(const common::Import& import) {
  return std::make_unique<Check>(*this, import);
}

void LedgerImportTarget::ReadCategory(Problem& problem, common::Violations& violations) const {
  for (const Policy::Category& one : parts_.policy.categories) {
    if (problem.category != one.code && problem.category != one.title_zh && problem.category != one.title_en) continue;
    problem.category = one.code;
    return;
  }
  if (problem.category.empty()) {
    violations.Add("category", "REQUIRED", {"is required", "必填"});
  } else {
    violations.Add("category", "UNKNOWN_VALUE", kUnknownCategory);
  }
}

void LedgerImportTarget::PlaceRow(const common::Import& import, Read& read, common::Violations& violations) const {
  const std::optional<std::string> code = common::CodeIn(read.entry.unit);
  if (!code) {
    violations.Add("unit", read.entry.unit.empty() ? "REQUIRED" : "BAD_NAME", common::kUnitForm);
    return;
  }
  const std::optional<common::UnitView> unit = parts_.units.FindByCode(*code);
  if (!unit || !parts_.units.IsWithin(unit->uid, import.parent)) {
    violations.Add("unit", "NOT_BELOW", {"must be in or below the unit of the import", "应为导入单位或其下级组织"});
    return;
  }
  if (unit->partition != import.partition) {
    violations.Add("unit", "OTHER_COUNTY", {"lies in another county: import it there", "属于其他县，请在该县导入"});
    return;
  }
  for (const common::Blocker& blocker : common::BlockersOf(common::RefuseUnit(*unit, parts_.units))) {
    violations.Add("unit", blocker.reason, blocker.text);
  }
  read.problem.unit = unit->uid;
  const absl::Status placed = parts_.app.PlaceUnder(read.entry.supervising_unit, *unit, read.problem);
  for (const common::Violation& one : common::ViolationsOf(placed)) {
    violations.Add("supervising_unit", one.reason, one.text);
  }
  // Whoever imports may close only what they could have closed.
  if (HasSupervisingSteps(read.entry) && !parts_.units.IsWithin(read.problem.supervising, import.parent)) {
    violations.Add("supervising_unit", "NOT_SUPERVISING",
                   {"what it did can only be imported there or above", "督办单位办理的环节应由该单位或其上级导入"});
  }
}

LedgerImportTarget::Read LedgerImportTarget::ReadRow(const common::Import& import, const common::ImportRow& row,
                                                     common::Violations& violations) const {
  Read read;
  violations.AddAll(parts_.codec.Decode(row.payload, read.entry));
  read.problem = read.entry.problem;
  Problem& problem = read.problem;
  if (problem.extent == ProblemExtent::kUnspecified) problem.extent = ProblemExtent::kIndividual;
  if (problem.external_source.empty()) problem.external_source = kDefaultSource;
  CheckProblem(problem, "", violations);
  ReadCategory(problem, violations);
  problem.person = common::ReadOptionalId(read.entry.person, "members", "person", violations);
  problem.import = import.id;
  CheckHistory(read.entry, parts_.calendar.Today(), violations);
  PlaceRow(import, read, violations);
  if (!violations.empty()) return read;
  const Problem now = parts_.app.Replay(read.entry, problem).problem;
  const bool assigned = IsOpen(now.state) && now.state != ProblemState::kRegistered;
  if (assigned && now.state != ProblemState::kReopened && !now.due && now.problem_class != ProblemClass::kLongTerm) {
    violations.Add("due_date", "NEEDS_DEADLINE", {"there is no deadline", "未明确整改时限"});
  }
  return read;
}

absl::StatusOr<common::ChunkOutcome> LedgerImportTarget::Apply(common::ImportTxn& txn, const common::Import& import,
                                                               std::span<const common::ImportRow> rows) {
  const std::unique_ptr<ProblemTxn> problems = parts_.txns.Join(txn);
  common::ChunkOutcome outcome;
  for (const common::ImportRow& row : rows) {
    common::Violations violations;
    const Read read = ReadRow(import, row, violations);
    if (!violations.empty()) {  // the structure has changed since the check
      for (const common::Violation& one : violations.list()) outcome.refused.push_back(IssueOf(row.line, one));
      continue;
    }
    const ProblemId id = problems->NewId();
    const std::string key = ExternalKey(read.problem.external_source, read.problem.external_id);
    RONGHE_ASSIGN_OR_RETURN(const std::optional<ProblemId> known, problems->TakeKey(key, id));
    if (known) {
      outcome.applied.push_back({row.line, 0});
      continue;
    }
    const ProblemApp::Restored restored = parts_.app.Replay(read.entry, read.problem);
    RONGHE_RETURN_IF_ERROR(problems->Restore(id, restored.problem, restored.steps, restored.next).status());
    outcome.applied.push_back({row.line, id.value});
  }
  return outcome;
}

absl::Status LedgerImportTarget::Revert(common::ImportTxn& txn, const common::Import&,
                                        std::span<const int64_t> results) {
  const std::unique_ptr<ProblemTxn> problems = parts_.txns.Join(txn);
  std::vector<common::Blocker> blockers;
  for (const int64_t result : results) {
    if (result == 0) continue;
    RONGHE_ASSIGN_OR_RETURN(const bool erased, problems->Erase(ProblemId(result)));
    if (erased) continue;
    blockers.push_back(
        {"CHANGED_SINCE", NameOf(ProblemId(result)), {"has been worked on since", "导入后已有办理记录"}});
  }
  if (blockers.empty()) return absl::OkStatus();
  return common::FailedPrecondition(
      "IMPORT_IN_USE", {"something was done with what was imported", "导入的问题已有后续办理"}, std::move(blockers));
}

}  // namespace ronghe::rectification
