#include "services/organization/rpc/directory_stream.h"

#include <algorithm>
#include <utility>

#include "ronghe/organization/v1/directory_service.pb.h"

#include "services/common/values/status.h"
#include "services/organization/rpc/wire.h"

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
         !delta.revoked_tokens.empty();
}

void AddUnit(const common::DirectoryUnit& unit, v1::StreamDirectoryResponse& message) {
  v1::DirectoryUnit& out = *message.add_units();
  out.set_uid(unit.uid.value);
  out.set_parent_uid(unit.parent.value);
  out.set_partition(unit.partition.value);
  out.set_code(unit.code);
  out.set_title(unit.title);
  out.set_short_title(unit.short_title);
  out.set_level(static_cast<v1::Level>(unit.level));
  out.set_kind(static_cast<v1::UnitKind>(unit.kind));
  out.set_state(static_cast<v1::UnitState>(unit.state));
  out.set_deleted(unit.deleted);
}

void AddGrant(const common::DirectoryGrant& grant, v1::StreamDirectoryResponse& message) {
  v1::DirectoryGrant& out = *message.add_grants();
  out.set_id(grant.id);
  out.set_principal_id(grant.principal_id);
  out.set_role(static_cast<common::v1::Role>(grant.role));
  out.set_unit_uid(grant.unit.value);
  WriteTime(grant.start, *out.mutable_start_time());
  if (grant.end != absl::InfiniteFuture()) WriteTime(grant.end, *out.mutable_end_time());
  out.set_revoked(grant.revoked);
}

std::unique_ptr<v1::StreamDirectoryResponse> ToProto(const common::DirectoryDelta& delta) {
  auto message = std::make_unique<v1::StreamDirectoryResponse>();
  message->set_reset(delta.reset);
  message->set_complete(delta.complete);
  message->set_incarnation(delta.incarnation);
  message->set_position(delta.position);
  message->set_structure_revision(delta.structure_revision);
  for (const common::DirectoryUnit& unit : delta.units) AddUnit(unit, *message);
  for (const common::DirectoryPrincipal& principal : delta.principals) {
    v1::DirectoryPrincipal& out = *message->add_principals();
    out.set_id(principal.id);
    out.set_issuer(principal.issuer);
    out.set_subject(principal.subject);
    out.set_member_id(principal.member_id);
  }
  for (const common::DirectoryGrant& grant : delta.grants) AddGrant(grant, *message);
  for (const common::DirectoryRevokedToken& token : delta.revoked_tokens) {
    v1::DirectoryRevokedToken& out = *message->add_revoked_tokens();
    out.set_jti(token.jti);
    WriteTime(token.expire, *out.mutable_expire_time());
  }
  return message;
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
  Message message = ToProto(pieces_.front());
  pieces_.pop_front();
  sent_ = parts_.clock.Now();
  return message;
}

}  // namespace ronghe::organization
