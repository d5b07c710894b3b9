#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/structure_change.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/app/write_options.h"

namespace ronghe::organization {

// Steps and outcomes as they are kept. Thread-safe.
class ReorganizationCodec {
 public:
  virtual ~ReorganizationCodec() = default;
  virtual std::string Encode(const std::vector<Step>& steps) const = 0;
  virtual absl::StatusOr<std::vector<Step>> Decode(std::string_view steps) const = 0;
  virtual std::string Encode(const ReorganizationOutcome& outcome) const = 0;
};

// A reorganization as it is asked for.
struct ReorganizationOrder {
  std::string parent;  // `units/{code}`, or `units/-`
  std::string title;
  std::vector<Step> steps;
  bool single = false;  // it came as one change: wrong fields are named as in its request
};

struct ListReorganizationsQuery {
  std::string parent;
  int page_size = 0;
  std::string page_token;
  std::string filter;
};

// Changes of the structure that are records of their own. Thread-safe.
class ReorganizationApp {
 public:
  struct Parts {
    UnitStore& store;
    const Tree& tree;
    RevisionGate& gate;
    const ReorganizationCodec& codec;
    const common::TokenSigner& signer;
    common::Calendar calendar;
    const RuleBook& rules;
  };
  explicit ReorganizationApp(Parts parts) : parts_(std::move(parts)) {}

  // Does it, today or dated back, or schedules it. FAILED_PRECONDITION with the blockers where it cannot be done; with
  // `validate_only` nothing is done and the blockers are in the outcome. A scheduled one has in its outcome what would
  // come of it as things are now. NOT_FOUND for units outside the caller's scope.
  absl::StatusOr<Reorganization> Run(const common::Call& call, const ReorganizationOrder& order,
                                     const WriteOptions& options);
  absl::StatusOr<Reorganization> Get(const common::Call& call, int64_t id);
  absl::StatusOr<common::Page<Reorganization>> List(const common::Call& call, const ListReorganizationsQuery& query);
  absl::StatusOr<Reorganization> Cancel(const common::Call& call, int64_t id, const WriteOptions& options);

  // The parent of a unit that is established as the successor of others: as named, or else that of the first of them.
  std::string ParentFor(const EstablishStep& step, const std::vector<std::string>& sources) const;

  // Its day has come: does it, or records why it cannot be. For the timer, in its transaction; an error is one of the
  // store, to be tried again.
  absl::Status TakeEffect(UnitTxn& txn, int64_t id);
  // The unit it belongs to, for permissions.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view name, int64_t id, absl::Time deadline);

 private:
  struct Plan;
  absl::StatusOr<Plan> Check(const common::Call& call, const ReorganizationOrder& order, const WriteOptions& options);
  absl::StatusOr<Reorganization> Try(const common::Call& call, const Plan& plan);
  absl::StatusOr<Reorganization> Write(const common::Call& call, const Plan& plan, const WriteOptions& options);
  absl::StatusOr<Reorganization> Done(UnitTxn& txn, const DoneBefore& done);
  // The units that were closed for it take new records again.
  absl::Status Reopen(UnitTxn& txn, const Reorganization& ended);
  ChangeAuthority AuthorityOf(const common::Call& call) const;

  Parts parts_;
};

}  // namespace ronghe::organization
