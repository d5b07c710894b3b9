#pragma once

#include <functional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/organization/app/import_engine.h"
#include "services/organization/app/import_hub.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// What a caller does with imports. Thread-safe.
class ImportApp {
 public:
  struct Parts {
    ImportEngine& engine;
    ImportHub& hub;
    const Tree& tree;
    RevisionGate& gate;
    const common::TokenSigner& signer;
    std::function<void()> wake;  // of the runner
  };
  explicit ImportApp(Parts parts) : parts_(std::move(parts)) {}

  // The first message of a stream, as sent.
  struct Start {
    std::string collection;
    std::string parent;  // `units/{code}`; `units/-` from the root, for units only
    int mode = 0;        // of common.v1.ImportMode
    bool validate_only = false;
    common::RequestKey key;
  };
  // INVALID_ARGUMENT with every wrong field; PERMISSION_DENIED for `units/-` without the permission on everything;
  // FAILED_PRECONDITION, reason PARENT_DISSOLVED; else as ImportStore::Begin.
  absl::StatusOr<ImportStore::Begun> Begin(const common::Call& call, const Start& start);
  // Rows in clear, durably staged when it returns OK; counted in `import`. INVALID_ARGUMENT: LINE_NUMBER,
  // DUPLICATE_LINE, TOO_MANY_ROWS; ABORTED: STREAM_REPLACED.
  absl::Status Stage(const common::Call& call, Import& import, std::vector<ImportRow> rows);
  // The last message. From here the import finishes by itself.
  absl::StatusOr<Import> Commit(const common::Call& call, const Import& import, int64_t rows);

  absl::StatusOr<Import> Get(const common::Call& call, int64_t id) { return parts_.engine.store().Get(call, id); }
  // Imports whose parent is `parent` or below it (`units/-`: all in the caller's scope), newest first.
  absl::StatusOr<common::Page<Import>> List(const common::Call& call, const std::string& parent, int page_size,
                                            const std::string& page_token);
  // Refused rows by line.
  absl::StatusOr<common::Page<RowIssue>> RowIssues(const common::Call& call, int64_t id, int page_size,
                                                   const std::string& page_token);
  // Refused rows in the order found.
  absl::StatusOr<std::vector<ImportStore::NumberedIssue>> IssuesAfter(const common::Call& call, int64_t id,
                                                                      int64_t number, int limit) {
    return parts_.engine.store().IssuesByNumber(call, id, number, limit);
  }
  absl::StatusOr<Import> Revert(const common::Call& call, int64_t id, const common::RequestKey& key);

  // The unit that owns an import; no unit for one from the root.
  absl::StatusOr<common::UnitUid> OwnerOf(int64_t id, absl::Time deadline);
  // `units/{code}` or `units/-`.
  std::string ParentName(const Import& import) const;
  std::string RevisionToken(const Import& import);
  ImportHub& hub() { return parts_.hub; }

 private:
  absl::Status PlaceUnder(const common::Call& call, const Start& start, Import& fresh);

  Parts parts_;
};

}  // namespace ronghe::organization
