#include "services/common/changelog/watch_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "services/common/changelog/watch_token.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

// A step that finds nothing to send goes to the end of the pool's queue after so many pages.
constexpr int kPagesPerStep = 4;
// Real time, as the database has it.
constexpr absl::Duration kReadDeadline = absl::Seconds(5);
constexpr absl::Duration kStructurePoll = absl::Milliseconds(10);
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

absl::Status SlowReader() {
  return ResourceExhausted("SLOW_READER", {"The changes were not taken in time. Resume from the last token.",
                                           "未及时接收变更。请用最后的令牌续传。"});
}

absl::Status StructureBehind() {
  return Unavailable("STRUCTURE_BEHIND", {"The structure is being loaded. Resume from the last token.",
                                          "组织结构尚在加载。请用最后的令牌续传。"});
}

}  // namespace

WatchStream::WatchStream(const WatchService::Parts& parts, const WatchService::Options& options, WatchFilter filter,
                         std::string incarnation, int64_t position)
    : HubStream(parts.hub, parts.executor),
      parts_(parts),
      options_(options),
      filter_(std::move(filter)),
      incarnation_(std::move(incarnation)),
      position_(position) {}

void WatchStream::OnNext() {
  const bool waiting = parts_.hub.last() > position_;
  too_slow_ = greeted_ && waiting && parts_.clock.Now() - sent_ > options_.slow_reader;
}

WatchStream::Outcome WatchStream::Advance() {
  if (too_slow_) return SlowReader();
  auto response = std::make_unique<v1::WatchResponse>();
  for (int i = 0; i < kPagesPerStep && position_ < parts_.hub.last(); ++i) {
    const absl::StatusOr<bool> read = ReadPage(*response);
    if (!read.ok()) return read.status();
    if (response->changes_size() > 0) return Send(std::move(response));
    if (!*read) return AwaitStructure();
  }
  const absl::Duration quiet = parts_.clock.Now() - sent_;
  if (quiet >= options_.heartbeat || (!greeted_ && position_ >= parts_.hub.last())) return Send(std::move(response));
  if (position_ < parts_.hub.last()) {
    Post();
  } else {
    WaitFor(position_, options_.heartbeat - quiet);
  }
  return std::nullopt;
}

absl::StatusOr<bool> WatchStream::ReadPage(v1::WatchResponse& response) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<PublishedChange> page,
                          parts_.feed.After(position_, options_.page, SystemClock().Now() + kReadDeadline));
  const size_t usable = Usable(page);
  if (usable == 0) return false;
  behind_since_ = absl::InfiniteFuture();
  for (size_t i = 0; i < usable; ++i) {
    if (std::optional<v1::Change> change = filter_.Apply(page[i])) *response.add_changes() = *std::move(change);
  }
  position_ = page[usable - 1].position;
  return true;
}

size_t WatchStream::Usable(const std::vector<PublishedChange>& page) const {
  if (!parts_.structure_revision) return page.size();
  const int64_t known = parts_.structure_revision();
  const auto unknown = std::ranges::find_if(page, [&](const PublishedChange& change) {
    return change.partition == kStructurePartition && change.revision > known && IsUnitResource(change.entry.resource);
  });
  return static_cast<size_t>(unknown - page.begin());
}

WatchStream::Outcome WatchStream::AwaitStructure() {
  const absl::Time now = parts_.clock.Now();
  behind_since_ = std::min(behind_since_, now);
  if (now - behind_since_ > options_.structure_patience) return StructureBehind();
  WaitFor(kNever, kStructurePoll);
  return std::nullopt;
}

WatchStream::Outcome WatchStream::Send(std::unique_ptr<v1::WatchResponse> response) {
  response->set_resume_token(
      MakeWatchToken(parts_.signer, {.service = parts_.service, .incarnation = incarnation_, .position = position_}));
  greeted_ = true;
  sent_ = parts_.clock.Now();
  return absl::StatusOr<Message>(std::move(response));
}

}  // namespace ronghe::common
