#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/domain/unit.h"

namespace ronghe::organization {

// What is common to the writes of the structure.
struct WriteOptions {
  common::RequestKey key;
  std::optional<absl::CivilDay> effective;  // default: today
  std::string etag;                         // if set, must be current
  bool validate_only = false;
  // What the form of the request got wrong: reported together with everything else.
  std::vector<common::Violation> faults;
};

struct UnitChanges {
  UnitFields fields;              // the values
  std::vector<std::string> mask;  // which of them; empty: those that are set
  std::string parent;             // as the caller sent it, `units/{code}` or empty
};

// Changes of the structure: what is allowed is decided inside the transaction that does it. Thread-safe.
class UnitApp {
 public:
  // All must outlive it.
  UnitApp(UnitStore& store, RevisionGate& gate, common::Calendar calendar, const RuleBook& rules)
      : store_(store), gate_(gate), calendar_(calendar), rules_(rules) {}

  // `parent`: `units/{code}`; empty or `units/-`: a root, which needs the permission on everything.
  absl::StatusOr<Unit> Create(const common::Call& call, UnitFields fields, const std::string& parent,
                              const WriteOptions& options);
  absl::StatusOr<Unit> Update(const common::Call& call, const std::string& name, const UnitChanges& changes,
                              const WriteOptions& options);
  absl::StatusOr<Unit> Move(const common::Call& call, const std::string& name, const std::string& parent,
                            const WriteOptions& options);
  absl::StatusOr<Unit> Dissolve(const common::Call& call, const std::string& name, const WriteOptions& options);

 private:
  using Change = absl::FunctionRef<absl::StatusOr<Unit>(UnitTxn&)>;
  // Claim, change, remember, commit, make visible.
  absl::StatusOr<Unit> Run(const common::Call& call, const WriteOptions& options, Change change);
  absl::StatusOr<Unit> Establish(UnitTxn& txn, const UnitFields& fields, const std::string& parent, absl::CivilDay day);
  absl::StatusOr<Unit> Apply(UnitTxn& txn, const Unit& unit, const UnitChanges& changes, absl::CivilDay day);
  absl::StatusOr<Unit> Place(UnitTxn& txn, const Unit& unit, const std::string& parent, absl::CivilDay day);
  absl::StatusOr<Unit> End(UnitTxn& txn, const Unit& unit, absl::CivilDay day);

  UnitStore& store_;
  RevisionGate& gate_;
  common::Calendar calendar_;
  const RuleBook& rules_;
};

// The code in `units/{code}`. INVALID_ARGUMENT on `field` for other names.
absl::StatusOr<std::string> CodeFromName(std::string_view name, std::string_view field);

}  // namespace ronghe::organization
