#include "services/common/changelog/watch.h"

#include <algorithm>
#include <utility>

#include "services/common/changelog/watch_filter.h"
#include "services/common/changelog/watch_stream.h"
#include "services/common/changelog/watch_token.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

// Real time, as the database has it.
constexpr absl::Duration kOpenDeadline = absl::Seconds(10);

}  // namespace

WatchService::WatchService(Parts parts) : WatchService(std::move(parts), Options{}) {}
WatchService::WatchService(Parts parts, Options options) : parts_(std::move(parts)), options_(options) {}

absl::StatusOr<std::unique_ptr<MessageSource>> WatchService::Open(const Call& call, const v1::WatchRequest& request) {
  const absl::Time deadline = std::min(call.deadline, SystemClock().Now() + kOpenDeadline);
  RONGHE_ASSIGN_OR_RETURN(std::string incarnation, parts_.log.Incarnation());
  absl::StatusOr<WatchFilter> filter = WatchFilter::Create(parts_.directory, call.scope, request);
  const absl::StatusOr<int64_t> start = StartOf(request, deadline);
  // What is wrong with the request goes first, all of it.
  Violations violations;
  violations.AddAll(filter.status());
  violations.AddAll(start.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_RETURN_IF_ERROR(filter.status());
  RONGHE_RETURN_IF_ERROR(start.status());
  return SourceOf(std::make_shared<WatchStream>(parts_, options_, *std::move(filter), std::move(incarnation), *start));
}

absl::StatusOr<int64_t> WatchService::StartOf(const v1::WatchRequest& request, absl::Time deadline) {
  if (request.resume_token().empty()) {
    RONGHE_ASSIGN_OR_RETURN(const Feed::Bounds bounds, parts_.feed.ReadBounds(deadline));
    return bounds.oldest - 1;
  }
  RONGHE_ASSIGN_OR_RETURN(const std::string incarnation, parts_.log.Incarnation());
  RONGHE_ASSIGN_OR_RETURN(const int64_t position,
                          ReadWatchToken(parts_.signer, parts_.service, incarnation, request.resume_token()));
  RONGHE_ASSIGN_OR_RETURN(const Feed::Bounds bounds, parts_.feed.ReadBounds(deadline));
  // A history that lost its end without being marked as another one.
  if (position > bounds.last) return FeedReset();
  // Says FEED_EXPIRED at once rather than on the first message.
  RONGHE_RETURN_IF_ERROR(parts_.feed.After(position, 0, deadline).status());
  return position;
}

absl::StatusOr<std::string> WatchService::TokenAt(int64_t position) {
  RONGHE_ASSIGN_OR_RETURN(std::string incarnation, parts_.log.Incarnation());
  return MakeWatchToken(parts_.signer,
                        {.service = parts_.service, .incarnation = std::move(incarnation), .position = position});
}

}  // namespace ronghe::common
