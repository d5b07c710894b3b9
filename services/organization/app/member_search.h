#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>

#include "services/common/audit/audit_log.h"
#include "services/common/values/call.h"
#include "services/common/values/mutex.h"
#include "services/common/values/pages.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/member_view.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

enum class SearchBy { kNothing, kIdentityNumber, kPhone, kFullName };

struct SearchMembersQuery {
  std::string parent;  // `units/{code}`
  SearchBy by = SearchBy::kNothing;
  std::string text;
  std::string purpose;
  bool show_ended = false;
  int page_size = 0;
  std::string page_token;
};

// Finds members below a unit by what identifies them. Every search is in the audit log before it is answered; the
// answers are masked. Looks at a bounded number of members: a page may be short, or empty, and have a next one.
// Thread-safe.
class MemberSearch {
 public:
  // All must outlive it.
  struct Parts {
    MemberStore& store;
    common::AuditLog& audit;
    const Tree& tree;
    RevisionGate& gate;
    const common::TokenSigner& signer;
    const RuleBook& rules;
  };
  explicit MemberSearch(Parts parts);

  absl::StatusOr<common::Page<MemberView>> Search(const common::Call& call, const SearchMembersQuery& query);

 private:
  using Partitions = std::vector<common::PartitionId>;
  struct Position;
  struct Hunt;
  std::shared_ptr<const Partitions> PartitionsBelow(common::UnitUid unit);
  absl::StatusOr<TreeUnit> Check(const common::Call& call, const SearchMembersQuery& query, std::string& text) const;
  absl::Status FindPerson(Hunt& hunt);
  absl::Status FindByIndexes(Hunt& hunt);
  // Opens what was found; keeps what fits.
  absl::Status Keep(Hunt& hunt, const std::vector<MemberId>& ids);

  Parts parts_;
  MemberViews views_;
  common::Mutex mutex_;
  // Of the structure's revision below; a big unit has many partitions, and all units below must be asked for them.
  int64_t known_at_ ABSL_GUARDED_BY(mutex_) = -1;
  std::map<common::UnitUid, std::shared_ptr<const Partitions>> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::organization
