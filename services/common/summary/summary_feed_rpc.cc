#include "services/common/summary/summary_feed_rpc.h"

#include "ronghe/common/v1/summary_feed_service.pb.h"

#include "services/common/serve/wrapper.h"
#include "services/common/summary/summary_feed_stream.h"
#include "services/common/values/status.h"
#include "services/common/values/timestamp.h"

namespace ronghe::common {
namespace {

constexpr sql::Query kAdvance{"cache_epoch_advance",
                              "UPDATE rollup_state SET cache_epoch = cache_epoch + 1 WHERE partition_id = 0 AND "
                              "cache_epoch = ?"};

absl::StatusOr<v1::SummaryHead> Head(const SummaryFeedRpc::Parts& parts, absl::Time deadline) {
  v1::SummaryHead head;
  RONGHE_ASSIGN_OR_RETURN(*head.mutable_incarnation(), parts.log.Incarnation());
  RONGHE_ASSIGN_OR_RETURN(const SummaryHeadRow row, ReadHeadRow(parts.database, deadline));
  head.set_position(row.position);
  WriteTimestamp(row.time, *head.mutable_time());
  head.set_cache_epoch(row.cache_epoch);
  return head;
}

}  // namespace

SummaryFeedRpc::SummaryFeedRpc(Wrapper& wrapper, const Parts& parts)
    : ServiceBinding(wrapper, v1::SummaryHead::descriptor()->file()->FindServiceByName("SummaryFeedService")) {
  ServerStream<v1::FollowSummariesRequest, v1::FollowSummariesResponse>(
      "FollowSummaries", [parts, &wrapper](const Call&, const v1::FollowSummariesRequest& request) {
        return absl::StatusOr<std::unique_ptr<MessageSource>>(
            SourceOf(std::make_shared<SummaryFeedStream>(parts, wrapper.executor(), wrapper.clock(), request)));
      });
  Unary<v1::GetSummaryHeadRequest, v1::SummaryHead>(
      "GetSummaryHead",
      [parts](const Call& call, const v1::GetSummaryHeadRequest&) { return Head(parts, call.deadline); });
  Unary<v1::AdvanceCacheEpochRequest, v1::SummaryHead>(
      "AdvanceCacheEpoch",
      [parts](const Call& call, const v1::AdvanceCacheEpochRequest& request) -> absl::StatusOr<v1::SummaryHead> {
        RONGHE_RETURN_IF_ERROR(parts.database.Write(call.deadline, [&](sql::Session& session) {
          return session.Execute(kAdvance, {request.cache_epoch()}).status();
        }));
        return Head(parts, call.deadline);
      });
}

}  // namespace ronghe::common
