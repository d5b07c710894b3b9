#include "services/organization/app/unit_import_target.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace ronghe::organization {
namespace {

constexpr absl::Duration kVisibleWait = absl::Seconds(5);

class UnitCheck final : public ImportCheck {
 public:
  UnitCheck(UnitStore& store, const UnitRowCodec& codec, const common::Clock& clock, UnitBulkCheck check)
      : store_(store), codec_(codec), clock_(clock), check_(std::move(check)) {}

  absl::Status Add(std::span<const ImportRow> rows, IssueSink refuse) override {
    std::vector<UnitDraft> drafts;
    std::set<std::pair<int64_t, std::string>> said;  // what is wrong with the form need not be said again
    drafts.reserve(rows.size());
    for (const ImportRow& row : rows) {
      UnitDraft& draft = drafts.emplace_back();
      draft.line = row.line;
      const absl::Status status = codec_.Decode(row.payload, draft);
      for (const common::Violation& violation : common::ViolationsOf(status)) {
        said.emplace(row.line, violation.field);
        RONGHE_RETURN_IF_ERROR(refuse(IssueOf(row.line, violation)));
      }
    }
    return store_.Read(clock_.Now() + kPortion, [&](UnitReader& reader) {
      return check_.Add(reader, drafts, [&](DraftFault fault) {
        return said.contains({fault.line, fault.field}) ? absl::OkStatus() : refuse(IssueOf(std::move(fault)));
      });
    });
  }

  absl::Status Finish(IssueSink refuse) override {
    return store_.Read(clock_.Now() + kWhole, [&](UnitReader& reader) {
      return check_.Finish(reader, [&](DraftFault fault) { return refuse(IssueOf(std::move(fault))); });
    });
  }

 private:
  UnitStore& store_;
  const UnitRowCodec& codec_;
  const common::Clock& clock_;
  UnitBulkCheck check_;
};

}  // namespace

RowIssue IssueOf(int64_t line, const common::Violation& violation) {
  return {line, violation.field, violation.reason, violation.text};
}

RowIssue IssueOf(DraftFault fault) {
  // Faults of requests name the field in the request.
  constexpr std::string_view kRequest = "unit.";
  if (fault.field.starts_with(kRequest)) fault.field.erase(0, kRequest.size());
  return {fault.line, std::move(fault.field), std::move(fault.reason), std::move(fault.text)};
}

int64_t UnitImportTarget::OrderOf(std::string_view payload) const {
  UnitDraft draft;
  codec_.Decode(payload, draft).IgnoreError();  // what cannot be read is refused by the check
  return DraftOrder(draft.fields);
}

absl::StatusOr<std::unique_ptr<ImportCheck>> UnitImportTarget::NewCheck(const Import& import) {
  UnitRef under;
  if (import.parent) {
    const absl::Status done = store_.Read(calendar_.clock().Now() + kPortion, [&](UnitReader& reader) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(const std::optional<Unit> parent, reader.Find(import.parent));
      if (!parent.has_value()) return common::Internal(fmt::format("import {}: its parent is gone", import.id));
      under = parent->ref();
      return absl::OkStatus();
    });
    RONGHE_RETURN_IF_ERROR(done);
  }
  const absl::CivilDay today = calendar_.Today();
  return std::make_unique<UnitCheck>(store_, codec_, calendar_.clock(),
                                     UnitBulkCheck(std::move(under), rules_.On(today), today, today));
}

absl::StatusOr<ChunkOutcome> UnitImportTarget::Apply(ImportTxn& txn, const Import& import,
                                                     std::span<const ImportRow> rows) {
  (void)import;
  std::vector<UnitDraft> drafts;
  drafts.reserve(rows.size());
  for (const ImportRow& row : rows) {
    UnitDraft& draft = drafts.emplace_back();
    draft.line = row.line;
    RONGHE_RETURN_IF_ERROR(codec_.Decode(row.payload, draft));  // it passed the check
  }
  const std::unique_ptr<UnitTxn> units = txns_.Join(txn);
  const absl::CivilDay today = calendar_.Today();
  RONGHE_ASSIGN_OR_RETURN(BulkResult result, CreateUnits(*units, drafts, rules_.On(today), today, today));
  ChunkOutcome outcome;
  outcome.applied.reserve(result.created.size());
  for (const BulkResult::Created& created : result.created) {
    outcome.applied.push_back({created.line, created.unit.uid().value});
  }
  for (DraftFault& fault : result.refused) outcome.refused.push_back(IssueOf(std::move(fault)));
  return outcome;
}

void UnitImportTarget::MakeVisible(const Import& import) {
  // It is applied either way.
  consistency_.WaitForStructure(import.revision, calendar_.clock().Now() + kVisibleWait);
}

absl::Status UnitImportTarget::Revert(ImportTxn& txn, const Import& import, std::span<const int64_t> results) {
  (void)import;
  std::vector<common::UnitUid> uids;
  uids.reserve(results.size());
  for (const int64_t result : results) uids.emplace_back(result);
  const std::unique_ptr<UnitTxn> units = txns_.Join(txn);
  return EraseUnits(*units, uids);
}

}  // namespace ronghe::organization
