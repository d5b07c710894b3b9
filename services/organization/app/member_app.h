#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/member_view.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/unit_app.h"

namespace ronghe::organization {

// What an update asks for.
struct MemberChanges {
  Member::Fields fields;
  std::vector<std::string> mask;  // which of them; empty: those that are set
};

// Writes of members, and the reading of one. What is allowed is decided inside the transaction that does it.
// Thread-safe.
class MemberApp {
 public:
  // All must outlive it.
  struct Parts {
    MemberStore& store;
    AuditLog& audit;
    const Tree& tree;
    RevisionGate& gate;
    common::Calendar calendar;
  };
  explicit MemberApp(Parts parts)
      : store_(parts.store),
        audit_(parts.audit),
        tree_(parts.tree),
        calendar_(parts.calendar),
        views_(parts.tree, parts.gate) {}

  // `unit`: `units/{code}`. With `options.validate_only` everything is done and rolled back, and the view has no name.
  absl::StatusOr<MemberView> Create(const common::Call& call, const std::string& unit, const Member::Fields& fields,
                                    const WriteOptions& options);
  absl::StatusOr<MemberView> Get(const common::Call& call, const std::string& name);
  // In full, once the reading is durably in the audit log; not at all where that fails.
  absl::StatusOr<MemberView> Reveal(const common::Call& call, const std::string& name, const std::string& purpose);
  absl::StatusOr<MemberView> Update(const common::Call& call, const std::string& name, const MemberChanges& changes,
                                    const WriteOptions& options);
  absl::StatusOr<MemberView> Move(const common::Call& call, const std::string& name, const std::string& unit,
                                  const WriteOptions& options);
  // For the registry of owners: the unit of `members/{id}`, named `name`.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view name, int64_t id, absl::Time deadline);

 private:
  using Change = absl::FunctionRef<absl::StatusOr<StoredMember>(MemberTxn&, const StoredMember& before)>;
  absl::StatusOr<StoredMember> FindVisible(const common::Call& call, const std::string& name);
  absl::StatusOr<StoredMember> Register(MemberTxn& txn, const TreeUnit& unit, const Member& member);
  // Claims the request, finds the current version, checks scope and etag, changes it, remembers.
  absl::StatusOr<MemberView> Run(const common::Call& call, const std::string& name, const WriteOptions& options,
                                 Change change);

  MemberStore& store_;
  AuditLog& audit_;
  const Tree& tree_;
  common::Calendar calendar_;
  MemberViews views_;
};

// FAILED_PRECONDITION with every reason at once unless members may be registered in this unit: UNIT_DISSOLVED,
// UNIT_HOLDS_NO_MEMBERS. `name` is the unit's.
absl::Status CheckHome(const HomeUnit& unit, const std::string& name);

}  // namespace ronghe::organization
