#include "services/common/import/import.h"

#include <map>
#include <optional>
#include <tuple>

#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

using S = ImportState;
using E = ImportEvent;

constexpr S kStates[] = {S::kReceiving, S::kValidated, S::kApplying, S::kApplied, S::kFailed, S::kReverted};
constexpr E kEvents[] = {E::kMiscounted, E::kChecked, E::kApply, E::kAllApplied, E::kTakenBack, E::kRevert};

// What may follow what, written down a second time, by hand.
std::optional<S> Expected(const Import& import, E event) {
  const bool bad = import.rejected_rows > 0 && import.mode == ImportMode::kAllValid && !import.validate_only;
  switch (import.state) {
    case S::kReceiving:
      if (event == E::kMiscounted) return S::kFailed;
      if (event == E::kChecked) return bad ? S::kFailed : S::kValidated;
      return std::nullopt;
    case S::kValidated:
      if (event == E::kApply && !import.validate_only) return S::kApplying;
      return std::nullopt;
    case S::kApplying:
      if (event == E::kAllApplied) return S::kApplied;
      if (event == E::kTakenBack) return S::kFailed;
      return std::nullopt;
    case S::kApplied:
      if (event == E::kRevert) return S::kReverted;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

TEST(ImportStateTest, EveryPairOfStateAndEventAsWritten) {
  for (const S state : kStates) {
    for (const E event : kEvents) {
      for (const ImportMode mode : {ImportMode::kAllValid, ImportMode::kValidRows}) {
        for (const int64_t rejected : {0, 3}) {
          for (const bool validate_only : {false, true}) {
            Import import;
            import.state = state;
            import.mode = mode;
            import.rejected_rows = rejected;
            import.validate_only = validate_only;
            const absl::StatusOr<S> next = NextState(import, event);
            const std::optional<S> expected = Expected(import, event);
            ASSERT_EQ(next.ok(), expected.has_value())
                << NameOf(state) << " event " << static_cast<int>(event) << " rejected " << rejected;
            if (next.ok()) {
              EXPECT_EQ(*next, *expected);
            } else {
              EXPECT_EQ(next.status().code(), absl::StatusCode::kFailedPrecondition);
              EXPECT_EQ(common::ReasonOf(next.status()), "IMPORT_STATE");
            }
          }
        }
      }
    }
  }
}

TEST(ImportStateTest, NoTwoRowsOfTheTableHoldTogether) {
  for (const bool validate_only : {false, true}) {
    for (const int64_t rejected : {0, 1}) {
      Import import;
      import.validate_only = validate_only;
      import.rejected_rows = rejected;
      std::map<std::pair<S, E>, int> rows;
      for (const ImportTransition& row : ImportTransitions()) {
        if (!row.guard(import)) continue;
        EXPECT_EQ(++rows[std::make_pair(row.from, row.event)], 1);
      }
    }
  }
}

TEST(ImportStateTest, EndedMeansThatOnlyARevertLeadsOn) {
  for (const S state : kStates) {
    for (const bool validate_only : {false, true}) {
      Import import;
      import.state = state;
      import.validate_only = validate_only;
      bool leads_on = false;
      for (const E event : kEvents) leads_on |= event != E::kRevert && NextState(import, event).ok();
      EXPECT_EQ(HasEnded(import), !leads_on) << NameOf(state) << " validate_only " << validate_only;
    }
  }
}

}  // namespace
}  // namespace ronghe::common
