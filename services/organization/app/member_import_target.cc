#include "services/organization/app/member_import_target.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "services/organization/app/member_bulk.h"

namespace ronghe::organization {
namespace {

constexpr absl::Duration kStructureWait = absl::Seconds(10);

// Whoever sent the import, for whom the runner works: external ids are unique for each sender.
common::Call CallFor(const Import& import) {
  common::Call call;
  call.actor.key = import.actor_key;
  call.request_id = import.request_id;
  return call;
}

class MemberCheck final : public ImportCheck {
 public:
  MemberCheck(MemberBulkCheck check, const MemberRowCodec& codec, const common::Clock& clock, common::Call call)
      : check_(std::move(check)), codec_(codec), clock_(clock), call_(std::move(call)) {}

  absl::Status Add(std::span<const ImportRow> rows, IssueSink refuse) override {
    std::vector<MemberDraft> drafts;
    drafts.reserve(rows.size());
    for (const ImportRow& row : rows) {
      MemberDraft draft;
      draft.line = row.line;
      const absl::Status form = codec_.Decode(row.payload, draft);
      if (form.ok()) drafts.push_back(std::move(draft));
      for (const common::Violation& violation : common::ViolationsOf(form)) {
        RONGHE_RETURN_IF_ERROR(refuse(IssueOf(row.line, violation)));
      }
    }
    call_.deadline = clock_.Now() + kPortion;
    return check_.Add(call_, drafts, [&](DraftFault fault) { return refuse(IssueOf(std::move(fault))); });
  }

  absl::Status Finish(IssueSink) override { return absl::OkStatus(); }

 private:
  MemberBulkCheck check_;
  const MemberRowCodec& codec_;
  const common::Clock& clock_;
  common::Call call_;
};

}  // namespace

int64_t MemberImportTarget::OrderOf(std::string_view) const {
  return 0;
}

absl::StatusOr<std::unique_ptr<ImportCheck>> MemberImportTarget::NewCheck(const Import& import) {
  // What was written before the import, for example by one of units, is in the tree.
  const absl::Time deadline = calendar_.clock().Now() + kStructureWait;
  RONGHE_ASSIGN_OR_RETURN(const int64_t revision, parts_.consistency.Revision(common::kStructurePartition, deadline));
  if (!parts_.consistency.WaitForStructure(revision, deadline)) {
    return common::Unavailable("STRUCTURE_BEHIND", {"The structure is being loaded.", "组织结构尚在加载。"});
  }
  MemberBulkCheck check(parts_.members, parts_.tree, {.under = import.parent, .partition = import.partition},
                        calendar_.Today());
  return std::make_unique<MemberCheck>(std::move(check), parts_.codec, calendar_.clock(), CallFor(import));
}

absl::StatusOr<ChunkOutcome> MemberImportTarget::Apply(ImportTxn& txn, const Import& import,
                                                       std::span<const ImportRow> rows) {
  std::vector<MemberDraft> drafts(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    drafts[i].line = rows[i].line;
    RONGHE_RETURN_IF_ERROR(parts_.codec.Decode(rows[i].payload, drafts[i]));  // it passed the check
  }
  const std::unique_ptr<MemberTxn> members = parts_.txns.Join(txn, CallFor(import));
  RONGHE_ASSIGN_OR_RETURN(MemberBulkResult result, CreateMembers(*members, parts_.tree, drafts, calendar_.Today()));
  ChunkOutcome outcome;
  outcome.applied.reserve(result.created.size());
  for (const MemberBulkResult::Created& created : result.created) {
    outcome.applied.push_back({created.line, created.id.value});
  }
  for (DraftFault& fault : result.refused) outcome.refused.push_back(IssueOf(std::move(fault)));
  return outcome;
}

absl::Status MemberImportTarget::Revert(ImportTxn& txn, const Import& import, std::span<const int64_t> results) {
  std::vector<MemberId> ids;
  ids.reserve(results.size());
  for (const int64_t result : results) ids.emplace_back(result);
  const std::unique_ptr<MemberTxn> members = parts_.txns.Join(txn, CallFor(import));
  return EraseMembers(*members, ids);
}

}  // namespace ronghe::organization
