#pragma once

#include <functional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/import/import_engine.h"
#include "services/common/import/import_hub.h"
#include "services/common/values/call.h"
#include "services/common/values/pages.h"

namespace ronghe::common {

// What imports need of the service that they belong to. Thread-safe.
class ImportPlaces {
 public:
  virtual ~ImportPlaces() = default;
  // Where what is imported under `parent` (a name) goes: sets unit and partition of `fresh`, whose collection is set.
  virtual absl::Status Place(const Call& call, const std::string& parent, Import& fresh) const = 0;
  // The unit of a name; INVALID_ARGUMENT on `parent`, NOT_FOUND.
  virtual absl::StatusOr<UnitUid> Find(const std::string& parent) const = 0;
  virtual bool Covers(const Scope& scope, UnitUid unit) const = 0;  // no unit: everything
  virtual bool IsWithin(UnitUid unit, UnitUid ancestor) const = 0;
  virtual std::string CodeOf(UnitUid unit) const = 0;
  // The token of the last write of an import.
  virtual std::string Token(PartitionId partition, int64_t revision) const = 0;
  // An import was taken back: waits, for a bounded time, until reads of this process see it.
  virtual void MakeVisible(const Import& import, absl::Time deadline) const = 0;
};

// What a caller does with imports. Thread-safe.
class ImportApp {
 public:
  struct Parts {
    ImportEngine& engine;
    ImportHub& hub;
    const ImportPlaces& places;
    const common::TokenSigner& signer;
    std::function<void()> wake;     // of the runner
    std::string names = "imports";  // the collection of their names
  };
  explicit ImportApp(Parts parts) : parts_(std::move(parts)) {}

  // The first message of a stream, as sent.
  struct Start {
    std::string collection;
    std::string parent;  // `units/{code}`; `units/-` from the root, where the service has it
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
  // `imports/{id}`.
  std::string NameOf(const Import& import) const;
  // The id in such a name; INVALID_ARGUMENT on `name`.
  absl::StatusOr<int64_t> IdOf(const std::string& name) const;
  std::string RevisionToken(const Import& import) const;
  ImportHub& hub() { return parts_.hub; }

 private:
  Parts parts_;
};

}  // namespace ronghe::common
