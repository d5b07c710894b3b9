#pragma once

#include <optional>
#include <string>

#include "services/organization/app/member_store.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// A member as a caller sees it.
struct MemberView {
  std::string name;  // empty for one that was only checked
  std::string unit;  // `units/{code}`
  Member::Fields fields;
  Membership membership;
  std::string floating_unit;                    // `units/{code}`; empty for none
  std::optional<absl::CivilDay> probation_end;  // of a probationary member
  absl::Time create_time;
  absl::Time update_time;
  std::string etag;
  std::string revision;
};

// A version as a caller sees it.
struct MemberVersionView {
  MemberVersion version;
  std::string unit;           // `units/{code}`
  std::string floating_unit;  // the same; empty for none
};

// Makes views. Thread-safe.
class MemberViews {
 public:
  // All must outlive it.
  MemberViews(const Tree& tree, RevisionGate& gate, const RuleBook& rules) : tree_(tree), gate_(gate), rules_(rules) {}
  // Personal data masked.
  MemberView Masked(const StoredMember& member) const;
  // Personal data in full: only after the reading is in the audit log.
  MemberView Full(const StoredMember& member) const;
  MemberVersionView Version(MemberVersion version) const;

 private:
  std::string UnitName(common::UnitUid unit) const;

  const Tree& tree_;
  RevisionGate& gate_;
  const RuleBook& rules_;
};

}  // namespace ronghe::organization
