#pragma once

#include <string_view>

#include <absl/status/statusor.h>

#include "services/organization/app/record_query.h"
#include "services/organization/app/workplace_store.h"

namespace ronghe::organization {

// Lists of workplaces and covers. Thread-safe.
class WorkplaceQuery {
 public:
  // All outlive it.
  WorkplaceQuery(WorkplaceStore& store, const Tree& tree, const common::TokenSigner& signer)
      : store_(store), tree_(tree), signer_(signer) {}

  absl::StatusOr<RecordPage<StoredWorkplace>> ListWorkplaces(const common::Call& call, const ListRecordsQuery& query);
  // In and below the parent; the filter may name kinds only.
  absl::StatusOr<RecordPage<StoredWorkplace>> ListUncovered(const common::Call& call, const ListRecordsQuery& query);
  // `workplace`: only those of this one; may be empty.
  absl::StatusOr<RecordPage<StoredCover>> ListCovers(const common::Call& call, const ListRecordsQuery& query,
                                                     const std::string& workplace);

 private:
  absl::StatusOr<RecordPage<StoredWorkplace>> List(const common::Call& call, const ListRecordsQuery& query,
                                                   std::string_view collection,
                                                   const absl::StatusOr<WorkplaceFilter>& filter);

  WorkplaceStore& store_;
  const Tree& tree_;
  const common::TokenSigner& signer_;
};

// `kind = ENTERPRISE AND covered = FALSE`; without a condition on `state`, active ones.
absl::StatusOr<WorkplaceFilter> ParseWorkplaceFilter(std::string_view filter);
absl::StatusOr<WorkplaceFilter> ParseCoverFilter(std::string_view filter);

}  // namespace ronghe::organization
