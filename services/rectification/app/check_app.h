#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/common/values/write_once.h"
#include "services/common/values/write_options.h"
#include "services/rectification/app/check_store.h"
#include "services/rectification/app/problem_app.h"

namespace ronghe::rectification {

// A self-check as one caller sees it.
struct CheckView {
  StoredCheck stored;
  common::UnitUid unit;  // that answers for it now
  bool show_texts = false;
  std::vector<ChecklistItem> items;  // where they were asked for
};
struct CheckPage {
  std::vector<CheckView> checks;
  std::string next_page_token;
};
struct RoundView {
  StoredRound stored;
  CheckCounts counts;
};
struct UnitProgress {
  common::UnitUid unit;
  CheckCounts counts;
};

// What an update of a checklist says.
struct ChecklistUpdate {
  Checklist checklist;
  std::vector<std::string> mask;  // empty: what is set
};
// What a round says.
struct NewRound {
  std::string checklist;           // `checklists/{id}`
  std::vector<std::string> units;  // `units/{code}`; none: all that it is for
  std::optional<absl::CivilDay> due;
};

// Checklists, and the self-checks of units by them. Thread-safe.
class CheckApp {
 public:
  // All outlive it.
  struct Parts {
    CheckStore& store;
    ProblemApp& problems;
    const common::Units& units;
    const Rights& rights;
    common::Calendar calendar;
    const Policy& policy;
    const common::TokenSigner& signer;
  };
  explicit CheckApp(Parts parts) : parts_(parts) {}

  absl::StatusOr<StoredChecklist> Create(const common::Call& call, const std::string& unit, Checklist checklist,
                                         const common::WriteOptions& options);
  absl::StatusOr<StoredChecklist> Update(const common::Call& call, const std::string& name,
                                         const ChecklistUpdate& update, const common::WriteOptions& options);
  // Version 0: the one in force.
  absl::StatusOr<StoredChecklist> Get(const common::Call& call, const std::string& name, int version);
  // Those that are for a unit: its own, then those of each unit above.
  absl::StatusOr<std::vector<StoredChecklist>> List(const common::Call& call, const std::string& parent);

  // The self-checks are opened in the units' partitions by timers that are set with the round: each once, soon.
  absl::StatusOr<RoundView> Issue(const common::Call& call, const NewRound& fields,
                                  const common::WriteOptions& options);
  absl::StatusOr<RoundView> GetRound(const common::Call& call, const std::string& name);
  // The unit first, then those directly under it that have self-checks.
  absl::StatusOr<std::vector<UnitProgress>> Progress(const common::Call& call, const std::string& parent,
                                                     const std::string& round);

  absl::StatusOr<CheckView> GetCheck(const common::Call& call, const std::string& name);
  absl::StatusOr<CheckPage> ListChecks(const common::Call& call, const UnitListQuery& query);
  absl::StatusOr<CheckView> Submit(const common::Call& call, const std::string& name,
                                   const std::vector<CheckAnswer>& answers, const common::WriteOptions& options);

  // The unit that answers for a checklist, a round or a self-check now, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view name, absl::Time deadline);
  // By the clock, in the firing transaction: opens the self-checks of a round in its partition; a day has passed.
  absl::Status Open(CheckTxn& txn, CheckRoundId id) const;
  absl::Status Due(CheckTxn& txn, SelfCheckId id, absl::Time due) const;

 private:
  // common::WriteOnce in the store.
  template <typename Stored>
  absl::StatusOr<Stored> Run(
      common::PartitionId partition, const common::Call& call, const common::WriteOptions& options,
      absl::FunctionRef<absl::StatusOr<Stored>(CheckTxn&, std::string& remember)> change,
      absl::FunctionRef<absl::StatusOr<Stored>(CheckTxn&, const std::string& name)> again) const {
    const auto write = [&](absl::FunctionRef<absl::Status(CheckTxn&)> body) {
      return parts_.store.Write(partition, call, body);
    };
    return common::WriteOnce<Stored, CheckTxn>(options, write, change, again);
  }
  absl::StatusOr<CheckRound> Checked(const NewRound& fields, const StoredChecklist& checklist,
                                     common::Violations violations) const;
  absl::StatusOr<std::vector<CheckAnswer>> OpenProblems(CheckTxn& txn, const StoredCheck& stored,
                                                        const std::vector<ChecklistItem>& items,
                                                        std::vector<CheckAnswer> answers, const Person& by) const;
  CheckView View(const common::Call& call, StoredCheck stored) const;
  bool IsFor(const Checklist& checklist, const common::UnitView& unit) const;

  Parts parts_;
};

}  // namespace ronghe::rectification
