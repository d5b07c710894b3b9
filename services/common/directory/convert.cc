#include "services/common/directory/convert.h"

#include <utility>

#include <absl/time/time.h>

#include "services/common/values/timestamp.h"

namespace ronghe::common {
namespace {

namespace org = organization::v1;

DirectoryUnit FromProto(const org::DirectoryUnit& message) {
  DirectoryUnit unit;
  unit.uid = UnitUid(message.uid());
  unit.parent = UnitUid(message.parent_uid());
  unit.partition = PartitionId(message.partition());
  unit.code = message.code();
  unit.title = message.title();
  unit.short_title = message.short_title();
  unit.level = message.level();
  unit.kind = message.kind();
  unit.state = message.state();
  unit.deleted = message.deleted();
  for (int64_t uid : message.successor_uids()) unit.successors.emplace_back(uid);
  return unit;
}

void ToProto(const DirectoryUnit& unit, org::DirectoryUnit* message) {
  message->set_uid(unit.uid.value);
  message->set_parent_uid(unit.parent.value);
  message->set_partition(unit.partition.value);
  message->set_code(unit.code);
  message->set_title(unit.title);
  message->set_short_title(unit.short_title);
  message->set_level(static_cast<org::Level>(unit.level));
  message->set_kind(static_cast<org::UnitKind>(unit.kind));
  message->set_state(static_cast<org::UnitState>(unit.state));
  message->set_deleted(unit.deleted);
  for (UnitUid uid : unit.successors) message->add_successor_uids(uid.value);
}

DirectoryGrant FromProto(const org::DirectoryGrant& message) {
  DirectoryGrant grant;
  grant.id = message.id();
  grant.principal_id = message.principal_id();
  grant.role = message.role();
  grant.unit = UnitUid(message.unit_uid());
  if (message.has_start_time()) grant.start = FromTimestamp(message.start_time());
  if (message.has_end_time()) grant.end = FromTimestamp(message.end_time());
  grant.revoked = message.revoked();
  return grant;
}

void ToProto(const DirectoryGrant& grant, org::DirectoryGrant* message) {
  message->set_id(grant.id);
  message->set_principal_id(grant.principal_id);
  message->set_role(static_cast<common::v1::Role>(grant.role));
  message->set_unit_uid(grant.unit.value);
  if (grant.start != absl::InfinitePast()) WriteTimestamp(grant.start, *message->mutable_start_time());
  if (grant.end != absl::InfiniteFuture()) WriteTimestamp(grant.end, *message->mutable_end_time());
  message->set_revoked(grant.revoked);
}

}  // namespace

DirectoryDelta FromProto(const org::StreamDirectoryResponse& message) {
  DirectoryDelta delta;
  delta.reset = message.reset();
  delta.complete = message.complete();
  delta.incarnation = message.incarnation();
  delta.position = message.position();
  delta.structure_revision = message.structure_revision();
  delta.place_revision = message.place_revision();
  for (const org::DirectoryPlace& place : message.places()) {
    delta.places.push_back({UnitUid(place.uid()), UnitUid(place.parent_uid()), PartitionId(place.partition()),
                            place.from_month(), place.forgotten()});
  }
  delta.units.reserve(static_cast<size_t>(message.units_size()));
  for (const org::DirectoryUnit& unit : message.units()) delta.units.push_back(FromProto(unit));
  for (const org::DirectoryPrincipal& principal : message.principals()) {
    delta.principals.push_back({principal.id(), principal.issuer(), principal.subject(), principal.member_id()});
  }
  for (const org::DirectoryGrant& grant : message.grants()) delta.grants.push_back(FromProto(grant));
  for (const org::DirectoryRevokedToken& token : message.revoked_tokens()) {
    // Without an end it is never forgotten, which is the safe side.
    absl::Time expire = token.has_expire_time() ? FromTimestamp(token.expire_time()) : absl::InfiniteFuture();
    delta.revoked_tokens.push_back({token.jti(), expire});
  }
  return delta;
}

org::StreamDirectoryResponse ToProto(const DirectoryDelta& delta) {
  org::StreamDirectoryResponse message;
  message.set_reset(delta.reset);
  message.set_complete(delta.complete);
  message.set_incarnation(delta.incarnation);
  message.set_position(delta.position);
  message.set_structure_revision(delta.structure_revision);
  message.set_place_revision(delta.place_revision);
  for (const DirectoryPlace& place : delta.places) {
    org::DirectoryPlace* added = message.add_places();
    added->set_uid(place.unit.value);
    added->set_parent_uid(place.parent.value);
    added->set_partition(place.partition.value);
    added->set_from_month(place.from_month);
    added->set_forgotten(place.forgotten);
  }
  for (const DirectoryUnit& unit : delta.units) ToProto(unit, message.add_units());
  for (const DirectoryPrincipal& principal : delta.principals) {
    org::DirectoryPrincipal* added = message.add_principals();
    added->set_id(principal.id);
    added->set_issuer(principal.issuer);
    added->set_subject(principal.subject);
    added->set_member_id(principal.member_id);
  }
  for (const DirectoryGrant& grant : delta.grants) ToProto(grant, message.add_grants());
  for (const DirectoryRevokedToken& token : delta.revoked_tokens) {
    org::DirectoryRevokedToken* added = message.add_revoked_tokens();
    added->set_jti(token.jti);
    if (token.expire != absl::InfiniteFuture()) WriteTimestamp(token.expire, *added->mutable_expire_time());
  }
  return message;
}

}  // namespace ronghe::common
