#include "services/organization/rpc/directory_stream.h"

#include <algorithm>
#include <utility>

#include "ronghe/organization/v1/directory_service.pb.h"

#include "services/common/directory/convert.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

constexpr absl::Duration kHeartbeat = absl::Milliseconds(250);
// Real time, as the database has it.
constexpr absl::Duration kReadDeadline = absl::Seconds(5);
constexpr absl::Duration kLoadDeadline = absl::Minutes(1);
// A replica further behind is faster with everything.
constexpr int64_t kMaxResume = 20'000;
constexpr int64_t kUnknown = -1;

absl::Time In(absl::Duration time) {
  return common::SystemClock().Now() + time;
}

bool HasContent(const common::DirectoryDelta& delta) {
  return delta.reset || !delta.units.empty() || !delta.principals.empty() || !delta.grants.empty() ||
         !delta.revoked_tokens.empty() || !delta.places.empty();
}

}  // namespace

DirectoryStream::Outcome DirectoryStream::Advance() {
  absl::Status status;
  if (!begun_) status = Begin();
  if (status.ok() && pieces_.empty()) status = ReadOn();
  if (!status.ok()) return absl::StatusOr<Message>(std::move(status));
  if (!pieces_.empty()) return absl::StatusOr<Message>(TakePiece());
  absl::Duration quiet = parts_.clock.Now() - sent_;
  if (quiet < kHeartbeat) {
    WaitFor(position_, kHeartbeat - quiet);
    return std::nullopt;
  }
  common::DirectoryDelta heartbeat;
  heartbeat.complete = true;
  heartbeat.incarnation = incarnation_;
  heartbeat.position = position_;
  heartbeat.structure_revision = structure_revision_;
  pieces_.push_back(std::move(heartbeat));
  return absl::StatusOr<Message>(TakePiece());
}

absl::Status DirectoryStream::Begin() {
  RONGHE_ASSIGN_OR_RETURN(std::string incarnation, parts_.source.Incarnation());
  bool known = position_ > 0 && incarnation == incarnation_;
  incarnation_ = incarnation;
  RONGHE_RETURN_IF_ERROR(known ? Resume() : Reload());
  begun_ = true;
  return absl::OkStatus();
}

// Finds the revision at which the replica stands, which it does not say: revisions follow from the first change of the
// structure after its position, or from the head where there is none.
absl::Status DirectoryStream::Resume() {
  RONGHE_ASSIGN_OR_RETURN(DirectorySource::Head head, parts_.source.ReadHead(In(kReadDeadline)));
  if (position_ > head.position || head.position - position_ > kMaxResume) return Reload();
  structure_revision_ = kUnknown;
  while (structure_revision_ == kUnknown) {
    if (position_ >= head.position) {
      structure_revision_ = head.structure_revision;
      break;
    }
    absl::StatusOr<common::DirectoryDelta> delta = parts_.source.After(position_, kUnknown, In(kReadDeadline));
    if (absl::IsOutOfRange(delta.status())) return Reload();
    RONGHE_RETURN_IF_ERROR(delta.status());
    position_ = delta->position;
    structure_revision_ = delta->structure_revision;
    if (HasContent(*delta)) pieces_.push_back(*std::move(delta));
  }
  return absl::OkStatus();
}

absl::Status DirectoryStream::Reload() {
  RONGHE_ASSIGN_OR_RETURN(std::vector<common::DirectoryDelta> pieces, parts_.source.LoadAll(In(kLoadDeadline)));
  position_ = pieces.back().position;
  structure_revision_ = pieces.back().structure_revision;
  pieces_.assign(std::make_move_iterator(pieces.begin()), std::make_move_iterator(pieces.end()));
  return absl::OkStatus();
}

absl::Status DirectoryStream::ReadOn() {
  while (pieces_.empty() && parts_.hub.last() > position_) {
    absl::StatusOr<common::DirectoryDelta> delta =
        parts_.source.After(position_, structure_revision_, In(kReadDeadline));
    if (absl::IsOutOfRange(delta.status())) return Reload();
    RONGHE_RETURN_IF_ERROR(delta.status());
    if (delta->position == position_) break;
    position_ = delta->position;
    structure_revision_ = delta->structure_revision;
    if (HasContent(*delta)) pieces_.push_back(*std::move(delta));
  }
  return absl::OkStatus();
}

DirectoryStream::Message DirectoryStream::TakePiece() {
  if (!include_places_) pieces_.front().places.clear();
  auto message = std::make_unique<v1::StreamDirectoryResponse>(common::ToProto(pieces_.front()));
  pieces_.pop_front();
  sent_ = parts_.clock.Now();
  return message;
}

}  // namespace ronghe::organization
