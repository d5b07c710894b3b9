#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/organization/app/post_store.h"
#include "services/organization/app/record_query.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// Lists of posts, terms and appointments. Thread-safe.
class PostQuery {
 public:
  // All outlive it.
  PostQuery(PostStore& store, const Tree& tree, const common::TokenSigner& signer)
      : store_(store), tree_(tree), signer_(signer) {}

  absl::StatusOr<RecordPage<StoredPost>> ListPosts(const common::Call& call, const ListRecordsQuery& query);
  absl::StatusOr<RecordPage<StoredTerm>> ListTerms(const common::Call& call, const ListRecordsQuery& query);
  absl::StatusOr<RecordPage<StoredAppointment>> ListAppointments(const common::Call& call,
                                                                 const ListRecordsQuery& query);

 private:
  template <typename Stored>
  absl::StatusOr<RecordPage<Stored>> List(const common::Call& call, std::string_view collection,
                                          const ListRecordsQuery& query, const absl::StatusOr<PostFilter>& filter);

  PostStore& store_;
  const Tree& tree_;
  const common::TokenSigner& signer_;
};

enum class PostCollection { kPosts, kTerms, kAppointments };
// `kind = SECRETARY AND vacant = TRUE`; without a condition on `state`, those that have not ended.
absl::StatusOr<PostFilter> ParsePostFilter(PostCollection collection, std::string_view filter);

}  // namespace ronghe::organization
