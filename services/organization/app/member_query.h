#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/member_view.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

struct ListMembersQuery {
  std::string parent;  // `units/{code}`
  bool subtree = false;
  int page_size = 0;
  std::string page_token;
  std::string filter;
  std::string order_by;
};

struct MemberPage {
  std::vector<MemberView> members;
  std::string next_page_token;
  int64_t position = 0;  // of the feed, no later than what the page shows
};

struct MemberHistoryPage {
  std::vector<MemberVersionView> versions;
  std::string next_page_token;
};

// Lists of members, by unit and then in the order of registration, masked. The subtree comes from the replica, one
// statement goes to each partition, and the answers are merged by key. Thread-safe.
class MemberQuery {
 public:
  // All must outlive it.
  MemberQuery(MemberStore& store, const Tree& tree, RevisionGate& gate, const common::TokenSigner& signer,
              const RuleBook& rules)
      : store_(store), tree_(tree), signer_(signer), views_(tree, gate, rules) {}

  absl::StatusOr<MemberPage> List(const common::Call& call, const ListMembersQuery& query);
  // Of `members/{id}`, oldest first.
  absl::StatusOr<MemberHistoryPage> History(const common::Call& call, const std::string& parent, int page_size,
                                            const std::string& page_token);

  // Yields the members in and below a unit, at most 500 at a time; an empty vector is the end.
  using Export = std::function<absl::StatusOr<std::vector<MemberView>>()>;
  absl::StatusOr<Export> StartExport(const common::Call& call, const std::string& parent);

 private:
  // Where a walk over units, in the order of their uids, stands.
  struct Walk {
    std::vector<TreeUnit> units;  // only uid and partition matter
    MemberFilter filter;
    MemberPosition after;
  };
  absl::StatusOr<Walk> StartWalk(const common::Call& call, const std::string& parent, bool subtree);
  // The next members, at most `limit`; fewer only at the end. Moves `walk.after` along.
  absl::StatusOr<std::vector<ListedMember>> Next(const common::Call& call, Walk& walk, int limit) const;

  MemberStore& store_;
  const Tree& tree_;
  const common::TokenSigner& signer_;
  MemberViews views_;
};

// `status = PROBATIONARY AND sex != MALE`. Without a condition on `status` only current members.
absl::StatusOr<MemberFilter> ParseMemberFilter(std::string_view filter);

}  // namespace ronghe::organization
