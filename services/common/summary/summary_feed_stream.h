#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ronghe/common/v1/summary_feed_service.pb.h"

#include "services/common/changelog/hub_stream.h"
#include "services/common/summary/summary_feed_rpc.h"
#include "services/common/values/clock.h"

namespace ronghe::common {

// What followers are told beside the feed.
struct SummaryHeadRow {
  int64_t position = 0;
  absl::Time time;
  int64_t cache_epoch = 0;
  int64_t structure_revision = 0;
};
absl::StatusOr<SummaryHeadRow> ReadHeadRow(sql::Database& database, absl::Time deadline);

// One open FollowSummaries.
class SummaryFeedStream final : public HubStream {
 public:
  SummaryFeedStream(const SummaryFeedRpc::Parts& parts, Executor& executor, const Clock& clock,
                    const v1::FollowSummariesRequest& request)
      : HubStream(parts.hub, executor),
        parts_(parts),
        clock_(clock),
        incarnation_(request.incarnation()),
        position_(request.position()) {}

 private:
  Outcome Advance() override;
  absl::Status Begin();
  absl::Status ReadOn(v1::FollowSummariesResponse& response);
  absl::Status Reset();

  const SummaryFeedRpc::Parts parts_;
  const Clock& clock_;
  std::string incarnation_;
  int64_t position_;
  int64_t cache_epoch_ = 0;
  int64_t structure_ = 0;  // at `position_`
  bool begun_ = false;
  bool reset_ = false;  // the next message says so
  absl::Time sent_ = absl::InfinitePast();
};

}  // namespace ronghe::common
