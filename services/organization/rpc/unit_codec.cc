#include "services/organization/rpc/unit_codec.h"

#include <fmt/format.h>

#include "services/common/values/timestamp.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {

UnitFields FieldsFromProto(const v1::Unit& unit, std::string_view prefix, common::Violations& violations) {
  UnitFields fields;
  fields.code = unit.code();
  fields.title = unit.title();
  fields.short_title = unit.short_title();
  fields.level = static_cast<Level>(unit.level());
  fields.kind = static_cast<UnitKind>(unit.kind());
  fields.division_code = unit.division_code();
  fields.sector = unit.sector();
  fields.established = ReadDate(unit.established_date(), fmt::format("{}established_date", prefix), violations);
  return fields;
}

v1::Unit ToProto(const Unit& unit, RevisionGate& gate) {
  v1::Unit out;
  const UnitFields& fields = unit.fields();
  out.set_name(unit.name());
  out.set_code(fields.code);
  out.set_title(fields.title);
  out.set_short_title(fields.short_title);
  out.set_level(static_cast<v1::Level>(fields.level));
  out.set_kind(static_cast<v1::UnitKind>(fields.kind));
  if (!unit.is_root()) out.set_parent("units/" + unit.parent().code);
  out.set_division_code(fields.division_code);
  out.set_sector(fields.sector);
  if (fields.established) WriteDate(*fields.established, *out.mutable_established_date());
  out.set_state(static_cast<v1::UnitState>(unit.state()));
  WriteDate(unit.from(), *out.mutable_effective_date());
  out.set_partition(unit.partition().value);
  for (const UnitRef& successor : unit.successors()) out.add_successors("units/" + successor.code);
  out.set_scheduled_change(unit.scheduled_change());
  if (unit.revision() == 0) return out;
  common::WriteTimestamp(unit.recorded(), *out.mutable_record_time());
  out.set_etag(unit.etag());
  out.set_revision(gate.Token(common::kStructurePartition, unit.revision()));
  out.set_uid(unit.uid().value);
  return out;
}

v1::OrganizationMetrics ToProto(const UnitCounts& counts) {
  v1::OrganizationMetrics out;
  out.set_units(counts.units);
  out.set_committees(counts.of(UnitKind::kCommittee));
  out.set_working_committees(counts.of(UnitKind::kWorkingCommittee));
  out.set_general_branches(counts.of(UnitKind::kGeneralBranch));
  out.set_branches(counts.of(UnitKind::kBranch));
  out.set_joint_branches(counts.of(UnitKind::kJointBranch));
  out.set_temporary_branches(counts.of(UnitKind::kTemporaryBranch));
  out.set_groups(counts.of(UnitKind::kGroup));
  out.set_members(counts.members.full + counts.members.probationary);
  out.set_full_members(counts.members.full);
  out.set_probationary_members(counts.members.probationary);
  out.set_female_members(counts.members.female);
  out.set_terms_expiring(counts.posts.terms_expiring);
  out.set_terms_overdue(counts.posts.terms_overdue);
  out.set_posts_vacant(counts.posts.posts_vacant);
  out.set_transfers_in_flight(counts.members.transfers_in_flight);
  return out;
}

}  // namespace ronghe::organization
