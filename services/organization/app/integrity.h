#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/organization/domain/rules.h"

namespace ronghe::organization {

// Numbers are those of ronghe.organization.v1; what each means stands in integrity.proto.
enum class IntegrityCheck {
  kUnitOrphaned = 1,
  kUnitCycle = 2,
  kUnitPlacement = 3,
  kUnitHistory = 4,
  kUnitSuccessor = 5,
  kMemberUnit = 6,
  kMemberFloating = 7,
  kPersonTwice = 8,
  kPostUnit = 9,
  kPostFilled = 10,
  kAppointmentOpen = 11,
  kAppointmentOverlap = 12,
  kTermOverlap = 13,
  kRecordUnit = 14,
  kWorkplaceCovered = 15,
  kDutyPart = 16,
  kTransferOpen = 17,
  kDivisionEnded = 18,
};
inline constexpr int kIntegrityChecks = 18;

struct IntegrityFinding {
  IntegrityCheck check = IntegrityCheck::kUnitOrphaned;
  std::string resource;
  std::vector<std::string> related;
};

// What a check of the register found: all counts, and so many findings of each check.
class IntegrityReport {
 public:
  struct Count {
    int64_t examined = 0;
    int64_t found = 0;
  };
  explicit IntegrityReport(int listed) : listed_(listed) {}
  void AddExamined(IntegrityCheck check, int64_t count = 1) { At(check).examined += count; }
  void AddFinding(IntegrityCheck check, std::string resource, std::vector<std::string> related = {}) {
    if (At(check).found++ < listed_) findings_.push_back({check, std::move(resource), std::move(related)});
  }
  const Count& count(IntegrityCheck check) const { return counts_[static_cast<size_t>(check)]; }
  // In the order in which they were found.
  const std::vector<IntegrityFinding>& findings() const { return findings_; }

 private:
  Count& At(IntegrityCheck check) { return counts_[static_cast<size_t>(check)]; }

  int listed_;
  std::array<Count, kIntegrityChecks + 1> counts_{};
  std::vector<IntegrityFinding> findings_;
};

// Checks the register. Thread-safe.
class IntegrityStore {
 public:
  virtual ~IntegrityStore() = default;
  // In one snapshot; whether units may stand where they do is judged by `rules`, their division codes as of `today`.
  virtual absl::StatusOr<IntegrityReport> Check(const Rules& rules, absl::CivilDay today, int listed,
                                                absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
