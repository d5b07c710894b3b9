#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "services/organization/app/duty_store.h"
#include "services/organization/app/record_query.h"

namespace ronghe::organization {

// Lists of duties and results. Thread-safe.
class DutyQuery {
 public:
  // All outlive it.
  DutyQuery(DutyStore& store, const Tree& tree, const common::TokenSigner& signer)
      : store_(store), tree_(tree), signer_(signer) {}

  absl::StatusOr<RecordPage<StoredDuty>> ListDuties(const common::Call& call, const ListRecordsQuery& query);
  // `month` (`2026-11`), `duty` (`duties/{id}`): only those of it; may be empty.
  absl::StatusOr<RecordPage<StoredDutyResult>> ListResults(const common::Call& call, const ListRecordsQuery& query,
                                                           const std::string& month, const std::string& duty);

 private:
  DutyStore& store_;
  const Tree& tree_;
  const common::TokenSigner& signer_;
};

// `kind = TASK_FORCE AND state = PLANNED`; without a condition on `state`, planned and active ones.
absl::StatusOr<DutyFilter> ParseDutyFilter(std::string_view filter);
// `state = DUE`; without it, all but waived ones.
absl::StatusOr<DutyFilter> ParseDutyResultFilter(std::string_view filter);

}  // namespace ronghe::organization
