#include "services/common/summary/summary_feed_stream.h"

#include <optional>
#include <utility>

#include <absl/container/flat_hash_set.h>

#include "services/common/rollup/change.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr absl::Duration kHeartbeat = absl::Milliseconds(250);
// Real time, as the database has it.
constexpr absl::Duration kReadDeadline = absl::Seconds(5);
// What one message tells at most; a follower further behind is faster with nothing.
constexpr int kPagesPerMessage = 10;
constexpr int kPage = 500;
constexpr int64_t kMaxResume = 100'000;
constexpr sql::Query kHead{
    "summary_head",
    "SELECT f.position, f.time_us, r.cache_epoch, r.structure_revision FROM feed_state AS f JOIN rollup_state AS r ON "
    "r.partition_id = f.partition_id WHERE f.partition_id = 0"};

absl::Time Deadline() {
  return SystemClock().Now() + kReadDeadline;
}

}  // namespace

absl::StatusOr<SummaryHeadRow> ReadHeadRow(sql::Database& database, absl::Time deadline) {
  SummaryHeadRow head;
  bool found = false;
  RONGHE_RETURN_IF_ERROR(database.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, session.SelectOne(kHead, {}, [&](const sql::Row& row) {
      head = {row.Int(0), absl::FromUnixMicros(row.Int(1)), row.Int(2), row.Int(3)};
      return absl::OkStatus();
    }));
    return absl::OkStatus();
  }));
  if (!found) return Internal("feed_state or rollup_state has no row");
  return head;
}

HubStream::Outcome SummaryFeedStream::Advance() {
  auto response = std::make_unique<v1::FollowSummariesResponse>();
  absl::Status status = begun_ ? absl::OkStatus() : Begin();
  if (status.ok()) status = ReadOn(*response);
  if (!status.ok()) return absl::StatusOr<Message>(std::move(status));
  const absl::Duration quiet = clock_.Now() - sent_;
  const bool news = reset_ || response->structure_changed() || response->unit_uids_size() > 0;
  if (!news && quiet < kHeartbeat) {
    WaitFor(position_, kHeartbeat - quiet);
    return std::nullopt;
  }
  if (!news) {
    RONGHE_ASSIGN_OR_RETURN(const SummaryHeadRow head, ReadHeadRow(parts_.database, Deadline()));
    cache_epoch_ = head.cache_epoch;
    if (head.position == position_) structure_ = head.structure_revision;
  }
  response->set_reset(std::exchange(reset_, false));
  response->set_incarnation(incarnation_);
  response->set_position(position_);
  response->set_cache_epoch(cache_epoch_);
  response->set_structure_revision(structure_);
  sent_ = clock_.Now();
  return absl::StatusOr<Message>(std::move(response));
}

absl::Status SummaryFeedStream::Begin() {
  RONGHE_ASSIGN_OR_RETURN(const std::string incarnation, parts_.log.Incarnation());
  RONGHE_ASSIGN_OR_RETURN(const SummaryHeadRow head, ReadHeadRow(parts_.database, Deadline()));
  const bool known = incarnation == incarnation_ && position_ > 0 && position_ <= head.position &&
                     head.position - position_ <= kMaxResume;
  incarnation_ = incarnation;
  cache_epoch_ = head.cache_epoch;
  // Changes before `head` may be under an older one; then a change of structure among them says so.
  structure_ = head.structure_revision;
  begun_ = true;
  if (known) return absl::OkStatus();
  position_ = head.position;
  reset_ = true;
  return absl::OkStatus();
}

absl::Status SummaryFeedStream::Reset() {
  RONGHE_ASSIGN_OR_RETURN(const SummaryHeadRow head, ReadHeadRow(parts_.database, Deadline()));
  position_ = head.position;
  cache_epoch_ = head.cache_epoch;
  structure_ = head.structure_revision;
  reset_ = true;
  return absl::OkStatus();
}

absl::Status SummaryFeedStream::ReadOn(v1::FollowSummariesResponse& response) {
  absl::flat_hash_set<int64_t> units;
  for (int i = 0; i < kPagesPerMessage && position_ < parts_.hub.last(); ++i) {
    absl::StatusOr<std::vector<PublishedChange>> page = parts_.feed.After(position_, kPage, Deadline());
    if (absl::IsOutOfRange(page.status())) return Reset();
    RONGHE_RETURN_IF_ERROR(page.status());
    if (page->empty()) break;
    for (const PublishedChange& change : *page) {
      position_ = change.position;
      const std::optional<RollupChange> rollup = DecodeRollup(change.entry.rollup);
      if (!rollup) return Internal("a published change cannot be read");
      for (const RollupChange::Amount& amount : rollup->amounts) units.insert(amount.unit.value);
      if (!rollup->places.empty() || !rollup->forgotten.empty() || rollup->structure_revision) {
        response.set_structure_changed(true);
      }
      structure_ = rollup->StructureRevisionAt(change.revision).value_or(structure_);
    }
  }
  response.mutable_unit_uids()->Add(units.begin(), units.end());
  return absl::OkStatus();
}

}  // namespace ronghe::common
