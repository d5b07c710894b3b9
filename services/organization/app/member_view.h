#pragma once

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
  absl::Time create_time;
  absl::Time update_time;
  std::string etag;
  std::string revision;
};

// Makes views. Thread-safe.
class MemberViews {
 public:
  MemberViews(const Tree& tree, RevisionGate& gate) : tree_(tree), gate_(gate) {}
  // Personal data masked.
  MemberView Masked(const StoredMember& member) const;
  // Personal data in full: only after the reading is in the audit log.
  MemberView Full(const StoredMember& member) const;

 private:
  const Tree& tree_;
  RevisionGate& gate_;
};

}  // namespace ronghe::organization
