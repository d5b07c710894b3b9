#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/time/civil_time.h>

#include "services/common/values/status.h"
#include "services/rectification/domain/problem.h"

// Problems as ledgers kept elsewhere have them.
namespace ronghe::rectification {

inline constexpr size_t kMaxLedgerSteps = 100;

// One thing that happened, as a ledger has it.
struct LedgerStep {
  ProblemEvent event = ProblemEvent::kUnspecified;
  std::optional<absl::CivilDay> day;
  std::string actor;  // `members/{id}`, or a name
  std::string reason;
  std::optional<absl::CivilDay> due;
};

struct LedgerEntry {
  std::string unit;              // `units/{code}`
  std::string supervising_unit;  // empty: the parent
  std::string person;            // `members/{id}`; may be empty
  Problem problem;               // what does not change: source, category, class, texts, due, external id
  // What a row of a table says of its history.
  std::optional<absl::CivilDay> registered;
  std::optional<absl::CivilDay> assigned;
  std::optional<absl::CivilDay> submitted;
  std::optional<absl::CivilDay> closed;
  std::optional<absl::CivilDay> cancelled;
  std::string submitter;
  std::string verifier;
  std::string remarks;
  std::vector<LedgerStep> steps;  // the history; where there is none, the dates above make it
};

// Makes the history from the dates where there is none, and adds what is wrong with it: its order, days after `today`,
// what the table of states does not have, texts, and who verified what they had submitted. Fields as in LedgerEntry of
// the proto.
void CheckHistory(LedgerEntry& entry, absl::CivilDay today, common::Violations& violations);

// Whether the history has steps that are the supervising unit's.
bool HasSupervisingSteps(const LedgerEntry& entry);

// The member in `members/{id}`; 0 for a name.
int64_t MemberIn(const std::string& actor);

}  // namespace ronghe::rectification
