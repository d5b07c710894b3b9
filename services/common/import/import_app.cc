#include "services/common/import/import_app.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/text_rules.h"

namespace ronghe::common {
namespace {

absl::StatusOr<ImportMode> ModeOf(int mode) {
  switch (mode) {
    case 0:
    case static_cast<int>(ImportMode::kAllValid):
      return ImportMode::kAllValid;
    case static_cast<int>(ImportMode::kValidRows):
      return ImportMode::kValidRows;
    default:
      return common::InvalidArgument("start.mode", "UNKNOWN_VALUE", {"is not a known mode", "未知的导入模式"});
  }
}

absl::Status BadLine() {
  return common::InvalidArgument("rows.line", "LINE_NUMBER", {"Lines are numbered from 1.", "行号须从 1 开始。"});
}

absl::Status TooManyRows() {
  return common::InvalidArgument("rows", "TOO_MANY_ROWS",
                                 {fmt::format("An import has at most {} rows.", kMaxImportRows),
                                  fmt::format("一次导入最多 {} 行。", kMaxImportRows)});
}

bool ReadPair(std::string_view text, int64_t& a, int64_t& b) {
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, a);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return false;
  const auto second = std::from_chars(first.ptr + 1, end, b);
  return second.ec == std::errc() && second.ptr == end;
}

}  // namespace

absl::StatusOr<ImportStore::Begun> ImportApp::Begin(const common::Call& call, const Start& start) {
  Import fresh;
  fresh.collection = start.collection;
  fresh.validate_only = start.validate_only;
  fresh.actor_key = call.actor.key;
  fresh.request_id = call.request_id;
  common::Violations violations;
  const absl::StatusOr<ImportMode> mode = ModeOf(start.mode);
  if (mode.ok()) fresh.mode = *mode;
  violations.AddAll(mode.status());
  if (!start.key.request_id.empty() && !IsUuid(start.key.request_id)) {
    violations.Add("start.request_id", "BAD_UUID", {"must be a UUID", "必须是 UUID"});
  }
  const absl::Status placed = parts_.places.Place(call, start.parent, fresh);
  violations.AddAll(placed);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_RETURN_IF_ERROR(placed);
  RONGHE_ASSIGN_OR_RETURN(fresh.sealed_key, parts_.engine.NewKey(fresh.collection));
  return parts_.engine.store().Begin(call, fresh, start.key);
}

absl::Status ImportApp::Stage(const common::Call& call, Import& import, std::vector<ImportRow> rows) {
  if (import.received_rows + static_cast<int64_t>(rows.size()) > kMaxImportRows) return TooManyRows();
  const ImportTarget& target = parts_.engine.TargetOf(import.collection);
  std::vector<StagedRow> staged;
  staged.reserve(rows.size());
  for (ImportRow& row : rows) {
    if (row.line < 1) return BadLine();
    const int64_t order = target.OrderOf(row.payload);
    staged.push_back({row.line, order, std::move(row.payload)});
  }
  RONGHE_RETURN_IF_ERROR(parts_.engine.Seal(import, staged));
  RONGHE_RETURN_IF_ERROR(parts_.engine.store().Stage(call, import, staged));
  import.received_rows += static_cast<int64_t>(staged.size());
  return absl::OkStatus();
}

absl::StatusOr<Import> ImportApp::Commit(const common::Call& call, const Import& import, int64_t rows) {
  absl::StatusOr<Import> committed = parts_.engine.store().Commit(call, import, rows);
  if (committed.ok()) parts_.wake();
  return committed;
}

absl::StatusOr<common::Page<Import>> ImportApp::List(const common::Call& call, const std::string& parent, int page_size,
                                                     const std::string& page_token) {
  RONGHE_ASSIGN_OR_RETURN(const int size, common::PageSize(page_size));
  const std::string query = fmt::format("imports\n{}", parent);
  RONGHE_ASSIGN_OR_RETURN(const std::string position, common::ReadPageToken(parts_.signer, query, page_token));
  common::UnitUid under;
  if (parent != kAllUnits) {
    RONGHE_ASSIGN_OR_RETURN(under, parts_.places.Find(parent));
  }
  const auto wanted = [&](const ImportStore::Entry& entry) {
    if (!parts_.places.Covers(call.scope, entry.parent)) return false;
    return !under || (entry.parent && parts_.places.IsWithin(entry.parent, under));
  };
  common::Page<Import> page;
  int64_t before = position.empty() ? 0 : std::strtoll(position.c_str(), nullptr, 10);
  for (;;) {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<ImportStore::Entry> entries,
                            parts_.engine.store().List(call, before, common::kMaxPageSize));
    for (const ImportStore::Entry& entry : entries) {
      before = entry.id;
      if (!wanted(entry)) continue;
      absl::StatusOr<Import> import = parts_.engine.store().Get(call, entry.id);
      if (absl::IsNotFound(import.status())) continue;  // dropped meanwhile
      if (!import.ok()) return std::move(import).status();
      page.items.push_back(*std::move(import));
      if (static_cast<int>(page.items.size()) < size) continue;
      page.next = common::MakePageToken(parts_.signer, query, fmt::format("{}", before));
      return page;
    }
    if (entries.size() < common::kMaxPageSize) return page;
  }
}

absl::StatusOr<common::Page<RowIssue>> ImportApp::RowIssues(const common::Call& call, int64_t id, int page_size,
                                                            const std::string& page_token) {
  RONGHE_ASSIGN_OR_RETURN(const int size, common::PageSize(page_size));
  const std::string query = fmt::format("imports/{}:rowErrors", id);
  RONGHE_ASSIGN_OR_RETURN(const std::string position, common::ReadPageToken(parts_.signer, query, page_token));
  int64_t line = 0;
  int64_t number = 0;
  if (!position.empty() && !ReadPair(position, line, number)) return common::Internal("a signed position is malformed");
  RONGHE_RETURN_IF_ERROR(Get(call, id).status());
  RONGHE_ASSIGN_OR_RETURN(const std::vector<ImportStore::NumberedIssue> issues,
                          parts_.engine.store().IssuesByLine(call, id, line, number, size + 1));
  common::Page<RowIssue> page;
  for (const ImportStore::NumberedIssue& numbered : issues) {
    if (static_cast<int>(page.items.size()) == size) {
      page.next = common::MakePageToken(parts_.signer, query, fmt::format("{}/{}", line, number));
      break;
    }
    line = numbered.issue.line;
    number = numbered.number;
    page.items.push_back(numbered.issue);
  }
  return page;
}

absl::StatusOr<Import> ImportApp::Revert(const common::Call& call, int64_t id, const common::RequestKey& key) {
  RONGHE_ASSIGN_OR_RETURN(const Import import, Get(call, id));
  absl::StatusOr<Import> reverted = parts_.engine.Revert(call, import, key);
  if (!reverted.ok()) return reverted;
  parts_.wake();  // its rows can go
  parts_.hub.Publish(*reverted);
  parts_.places.MakeVisible(*reverted, call.deadline);
  return reverted;
}

absl::StatusOr<common::UnitUid> ImportApp::OwnerOf(int64_t id, absl::Time deadline) {
  common::Call call;
  call.deadline = deadline;
  RONGHE_ASSIGN_OR_RETURN(const Import import, parts_.engine.store().Get(call, id));
  return import.parent;
}

std::string ImportApp::ParentName(const Import& import) const {
  if (!import.parent) return std::string(kAllUnits);
  return fmt::format("units/{}", parts_.places.CodeOf(import.parent));
}

std::string ImportApp::NameOf(const Import& import) const {
  return fmt::format("{}/{}", parts_.names, import.id);
}

absl::StatusOr<int64_t> ImportApp::IdOf(const std::string& name) const {
  const int64_t id = IdFromName(name, parts_.names);
  if (id != 0) return id;
  return InvalidArgument(
      "name", "BAD_NAME",
      {fmt::format("must be {}/{{id}}", parts_.names), fmt::format("格式应为 {}/{{id}}", parts_.names)});
}

std::string ImportApp::RevisionToken(const Import& import) const {
  if (import.revision == 0) return "";
  return parts_.places.Token(import.partition, import.revision);
}

}  // namespace ronghe::common
