#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/common/values/status.h"
#include "services/organization/app/record_store.h"
#include "services/organization/app/structure_steps.h"
#include "services/organization/app/subtree_walk.h"
#include "services/organization/app/tree.h"

// What the lists of records have in common.
namespace ronghe::organization {

struct ListRecordsQuery {
  std::string parent;  // `units/{code}`
  bool subtree = false;
  int page_size = 0;
  std::string page_token;
  std::string filter;
  std::string member;                   // where the list has it: of this one only
  std::optional<absl::CivilDay> as_of;  // where the list has it: in force on this day
};

template <typename Stored>
struct RecordPage {
  std::vector<Stored> records;
  std::string next_page_token;
  int64_t position = 0;  // of the feed, no later than what the page shows
};

std::string PositionText(const RecordPosition& position);
absl::StatusOr<RecordPosition> ReadRecordPosition(const std::string& text);
// What ties page tokens to a query of these fields.
std::string TextOf(const ListRecordsQuery& query, std::string_view collection);
// INVALID_ARGUMENT, reason UNKNOWN_VALUE.
absl::Status UnknownFilterValue(const common::Condition& condition);

// A page of the records in a unit or below it. `text` ties page tokens to the query; `faults`: what is wrong with the
// rest of it; `fetch` as in SubtreeWalk::Next.
template <typename Stored>
absl::StatusOr<RecordPage<Stored>> ListRecords(const Tree& tree, const common::TokenSigner& signer,
                                               const common::Call& call, const ListRecordsQuery& query,
                                               const std::string& text, const absl::Status& faults,
                                               absl::FunctionRef<absl::StatusOr<std::vector<Stored>>(
                                                   const std::vector<UnitsOfPartition>&, const RecordPosition&, int)>
                                                   fetch) {
  common::Violations violations;
  violations.AddAll(faults);
  const absl::StatusOr<int> page_size = common::PageSize(query.page_size);
  violations.AddAll(page_size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(signer, text, query.page_token);
  violations.AddAll(token.status());
  const absl::StatusOr<std::string> code = CodeFromName(query.parent, "parent");
  violations.AddAll(code.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RecordPage<Stored> page;
  // Before the rows are read: what is published until then is in them.
  page.position = tree.position();
  const std::optional<TreeUnit> root = tree.FindByCode(*code);
  if (!root || !tree.Covers(call.scope, root->uid)) return common::NotFound(query.parent);
  RONGHE_ASSIGN_OR_RETURN(const RecordPosition after, ReadRecordPosition(*token));
  SubtreeWalk walk(tree, *root, query.subtree, after);
  RONGHE_ASSIGN_OR_RETURN(page.records, walk.Next<Stored>(call, *page_size + 1, fetch));
  if (page.records.size() > static_cast<size_t>(*page_size)) {
    page.records.pop_back();
    const Stored& last = page.records.back();
    page.next_page_token = common::MakePageToken(signer, text, PositionText({last.info.unit, last.id.value}));
  }
  return page;
}

}  // namespace ronghe::organization
