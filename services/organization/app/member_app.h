#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/audit/audit_log.h"
#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/member_view.h"
#include "services/organization/app/member_writer.h"
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
    common::AuditLog& audit;
    const Tree& tree;
    RevisionGate& gate;
    common::Calendar calendar;
    const RuleBook& rules;
  };
  explicit MemberApp(Parts parts)
      : store_(parts.store),
        audit_(parts.audit),
        tree_(parts.tree),
        calendar_(parts.calendar),
        rules_(parts.rules),
        writer_(parts.store, parts.tree),
        views_(parts.tree, parts.gate, parts.rules) {}

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
  absl::StatusOr<StoredMember> FindVisible(const common::Call& call, const std::string& name);
  absl::StatusOr<StoredMember> Register(MemberTxn& txn, const TreeUnit& unit, const Member& member);
  absl::StatusOr<MemberView> View(const absl::StatusOr<StoredMember>& member) const;
  absl::Status CheckStatus(const StoredMember& before, const Member& after, const std::string& name) const;

  MemberStore& store_;
  common::AuditLog& audit_;
  const Tree& tree_;
  common::Calendar calendar_;
  const RuleBook& rules_;
  MemberWriter writer_;
  MemberViews views_;
};

}  // namespace ronghe::organization
