#pragma once

#include <cstdint>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/rollup/fold_batch.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/rollup/place_tree.h"
#include "services/common/sql/database.h"

namespace ronghe::common {

// Folds changes into totals, in the transaction that gives them their feed positions: exactly once, and the totals of
// all levels stand at the same position before it is published. Given to the publisher, which is the only one to call
// it, from one thread at a time.
class Folder final : public PublicationStep {
 public:
  // The metrics outlive it; the database has their columns (MigrateRollup). Months are those of `zone`.
  Folder(const MetricSet& metrics, absl::TimeZone zone) : metrics_(metrics), zone_(zone) {}

  absl::Status Publish(sql::Session& session, int64_t before, int64_t position) override;
  void Ended(bool committed) override;

 private:
  static constexpr int64_t kNotLoaded = -1;
  absl::Status FoldAll(sql::Session& session, int64_t before, int64_t position, FoldBatch& batch,
                       int64_t& structure_revision);

  const MetricSet& metrics_;
  const absl::TimeZone zone_;
  PlaceTree tree_;
  int64_t tree_version_ = kNotLoaded;  // of rollup_state, that the tree is of
  int64_t next_version_ = kNotLoaded;  // once the batch is committed
};

}  // namespace ronghe::common
