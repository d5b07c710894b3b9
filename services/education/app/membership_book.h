#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <absl/status/status.h>

#include "services/education/app/roster.h"

namespace ronghe::education {

// Memberships as organization had them when they were first asked for. Not thread-safe.
class MembershipBook {
 public:
  // Asks for those that it does not have.
  absl::Status Fetch(Roster& roster, std::span<const int64_t> members, absl::Time deadline) {
    std::vector<int64_t> missing;
    for (const int64_t member : members) {
      if (known_.try_emplace(member).second) missing.push_back(member);
    }
    if (missing.empty()) return absl::OkStatus();
    auto memberships = roster.Memberships(missing, deadline);
    if (!memberships.ok()) {
      for (const int64_t member : missing) known_.erase(member);
      return memberships.status();
    }
    for (Membership& one : *memberships) {
      const int64_t member = one.member;
      known_[member] = std::make_unique<Membership>(std::move(one));
    }
    return absl::OkStatus();
  }
  // Of one that was fetched; nullptr: organization does not know the member.
  const Membership* Find(int64_t member) const {
    const auto found = known_.find(member);
    return found == known_.end() ? nullptr : found->second.get();
  }

 private:
  std::unordered_map<int64_t, std::unique_ptr<Membership>> known_;
};

}  // namespace ronghe::education
