#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/values/ids.h"
#include "services/common/vault/key_ring.h"
#include "services/rectification/domain/problem.h"

namespace ronghe::rectification {

// What the store keeps of a problem's texts.
struct SealedProblem {
  common::WrappedKey key;  // of all texts of the problem
  std::string texts;
};

// Encrypts the texts of problems and of what happened to them: one data key for each problem, bound to its id.
// Thread-safe.
class ProblemTexts {
 public:
  // Both outlive it.
  ProblemTexts(const common::KeyRing& ring, common::Random& random) : ring_(ring), random_(random) {}

  common::WrappedKey NewKey(ProblemId id) const;
  absl::StatusOr<std::string> Seal(ProblemId id, const common::WrappedKey& key, const Problem& problem) const;
  absl::Status Open(ProblemId id, const SealedProblem& sealed, Problem& problem) const;
  absl::StatusOr<std::string> Seal(ProblemId id, const common::WrappedKey& key, const ProblemStep& step) const;
  absl::Status Open(ProblemId id, const SealedProblem& sealed, ProblemStep& step) const;

  // Texts of any record whose id comes from the same sequence; `place` names what they are.
  absl::StatusOr<std::string> SealParts(ProblemId id, const common::WrappedKey& key, std::string_view place,
                                        const std::vector<std::string>& parts) const;
  absl::StatusOr<std::vector<std::string>> OpenParts(ProblemId id, const SealedProblem& sealed,
                                                     std::string_view place) const;

 private:
  const common::KeyRing& ring_;
  common::Random& random_;
};

}  // namespace ronghe::rectification
