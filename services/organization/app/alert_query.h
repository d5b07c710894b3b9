#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/organization/app/alert_store.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

struct ListAlertsQuery {
  std::string unit;  // `units/{code}`
  int page_size = 0;
  std::string page_token;
  std::string filter;
};

struct AlertPage {
  std::vector<StoredAlert> alerts;
  std::string next_page_token;
};

// Alerts of a unit and everything below it, most urgent first. Reads pages of the kept alerts, however large the tree
// is: by unit where few stand there, else in the order of the answer, leaving out what lies elsewhere in the partition.
// Thread-safe.
class AlertQuery {
 public:
  // All outlive it.
  AlertQuery(AlertStore& store, const Tree& tree, const common::TokenSigner& signer)
      : store_(store), tree_(tree), signer_(signer) {}
  absl::StatusOr<AlertPage> List(const common::Call& call, const ListAlertsQuery& query);

 private:
  absl::Status Collect(const common::Call& call, common::UnitUid root, const UnitsOfPartition& part,
                       const AlertFilter& filter, AlertPosition after, int limit, std::vector<StoredAlert>& alerts);

  AlertStore& store_;
  const Tree& tree_;
  const common::TokenSigner& signer_;
};

// `severity = URGENT AND rule != TERM_EXPIRING`.
absl::StatusOr<AlertFilter> ParseAlertFilter(std::string_view filter);

}  // namespace ronghe::organization
