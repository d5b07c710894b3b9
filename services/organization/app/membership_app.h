#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/member_view.h"
#include "services/organization/app/member_writer.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// The life of memberships: what MemberService's custom methods do. What may happen is the table in domain/membership.h.
// All answers are masked. Thread-safe.
class MembershipApp {
 public:
  // All must outlive it.
  struct Parts {
    MemberStore& store;
    const Tree& tree;
    RevisionGate& gate;
    common::Calendar calendar;
    const RuleBook& rules;
  };
  explicit MembershipApp(Parts parts)
      : calendar_(parts.calendar),
        rules_(parts.rules),
        writer_(parts.store, parts.tree),
        tree_(parts.tree),
        views_(parts.tree, parts.gate, parts.rules) {}

  // `full_date` empty: the day on which the probation ended.
  absl::StatusOr<MemberView> Confirm(const common::Call& call, const std::string& name, const DateParts& full_date,
                                     const WriteOptions& options);
  absl::StatusOr<MemberView> ExtendProbation(const common::Call& call, const std::string& name, int months,
                                             const WriteOptions& options);
  // `unit` empty: outside of the deployment. `since` empty: today.
  absl::StatusOr<MemberView> Float(const common::Call& call, const std::string& name, const std::string& unit,
                                   const DateParts& since, const WriteOptions& options);
  absl::StatusOr<MemberView> Return(const common::Call& call, const std::string& name, const WriteOptions& options);
  // `reason` as in organization.v1. `day` empty: today.
  absl::StatusOr<MemberView> Leave(const common::Call& call, const std::string& name, int reason, const DateParts& day,
                                   const WriteOptions& options);
  // `unit` empty: where the member was.
  absl::StatusOr<MemberView> Restore(const common::Call& call, const std::string& name, const std::string& unit,
                                     const WriteOptions& options);

 private:
  absl::StatusOr<MemberView> View(const absl::StatusOr<StoredMember>& member) const;
  // A day of a request, not after today; today for none. Adds violations.
  absl::CivilDay CheckDay(const DateParts& parts, const std::string& field, common::Violations& v) const;

  common::Calendar calendar_;
  const RuleBook& rules_;
  MemberWriter writer_;
  const Tree& tree_;
  MemberViews views_;
};

}  // namespace ronghe::organization
