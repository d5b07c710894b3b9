#include "services/organization/rpc/reorganization_codec.h"

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/timestamp.h"
#include "services/organization/rpc/unit_codec.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
namespace {

std::vector<std::string> Strings(const google::protobuf::RepeatedPtrField<std::string>& list) {
  return {list.begin(), list.end()};
}

UpdateStep UpdateFromProto(const v1::UpdateStep& step, std::string_view prefix, common::Violations& violations) {
  UpdateStep update;
  update.unit = step.unit().name();
  update.changes.fields = FieldsFromProto(step.unit(), fmt::format("{}unit.", prefix), violations);
  update.changes.mask = Strings(step.update_mask().paths());
  update.changes.parent = step.unit().parent();
  return update;
}

std::optional<Step> StepFromProto(const v1::ReorganizationStep& step, const std::string& prefix,
                                  common::Violations& violations) {
  switch (step.step_case()) {
    case v1::ReorganizationStep::kEstablish:
      return EstablishFromProto(step.establish().unit(), prefix + "establish.unit.", violations);
    case v1::ReorganizationStep::kUpdate:
      return UpdateFromProto(step.update(), prefix + "update.", violations);
    case v1::ReorganizationStep::kMove:
      return MoveStep{step.move().name(), step.move().parent()};
    case v1::ReorganizationStep::kMerge:
      return MergeStep{Strings(step.merge().sources()), step.merge().successor()};
    case v1::ReorganizationStep::kSplit:
      return SplitFromProto(step.split().name(), step.split().parts(), step.split().continues(), prefix + "split.",
                            violations);
    case v1::ReorganizationStep::kDissolve:
      return DissolveStep{step.dissolve().name(), step.dissolve().closing()};
    case v1::ReorganizationStep::kRestore:
      return RestoreStep{step.restore().name(), step.restore().parent()};
    case v1::ReorganizationStep::STEP_NOT_SET:
      break;
  }
  violations.Add(prefix.substr(0, prefix.size() - 1), "REQUIRED", {"names nothing to do", "未指明要做什么"});
  return std::nullopt;
}

void WriteUnit(const UnitFields& fields, const std::string& parent, v1::Unit& unit) {
  unit.set_code(fields.code);
  unit.set_title(fields.title);
  unit.set_short_title(fields.short_title);
  unit.set_level(static_cast<v1::Level>(fields.level));
  unit.set_kind(static_cast<v1::UnitKind>(fields.kind));
  unit.set_parent(parent);
  unit.set_division_code(fields.division_code);
  unit.set_sector(fields.sector);
  if (fields.established) WriteDate(*fields.established, *unit.mutable_established_date());
}

struct StepWriter {
  v1::ReorganizationStep& out;
  void operator()(const EstablishStep& step) const {
    WriteUnit(step.fields, step.parent, *out.mutable_establish()->mutable_unit());
  }
  void operator()(const UpdateStep& step) const {
    v1::UpdateStep& update = *out.mutable_update();
    WriteUnit(step.changes.fields, step.changes.parent, *update.mutable_unit());
    update.mutable_unit()->set_name(step.unit);
    for (const std::string& path : step.changes.mask) update.mutable_update_mask()->add_paths(path);
  }
  void operator()(const MoveStep& step) const {
    out.mutable_move()->set_name(step.unit);
    out.mutable_move()->set_parent(step.parent);
  }
  void operator()(const MergeStep& step) const {
    for (const std::string& source : step.sources) out.mutable_merge()->add_sources(source);
    out.mutable_merge()->set_successor(step.successor);
  }
  void operator()(const SplitStep& step) const {
    v1::SplitStep& split = *out.mutable_split();
    split.set_name(step.unit);
    split.set_continues(step.continues);
    for (const SplitPart& part : step.parts) {
      v1::SplitPart& added = *split.add_parts();
      added.set_name(part.unit);
      if (part.establish) WriteUnit(part.establish->fields, part.establish->parent, *added.mutable_establish());
      for (const std::string& member : part.members) added.add_members(member);
      for (const std::string& workplace : part.workplaces) added.add_workplaces(workplace);
      for (const std::string& duty : part.duties) added.add_duties(duty);
      for (const std::string& unit : part.units) added.add_units(unit);
    }
  }
  void operator()(const DissolveStep& step) const {
    out.mutable_dissolve()->set_name(step.unit);
    out.mutable_dissolve()->set_closing(step.closing);
  }
  void operator()(const RestoreStep& step) const {
    out.mutable_restore()->set_name(step.unit);
    out.mutable_restore()->set_parent(step.parent);
  }
};

std::string NameOf(const UnitRef& unit) {
  return unit.code.empty() ? "" : "units/" + unit.code;
}

}  // namespace

EstablishStep EstablishFromProto(const v1::Unit& unit, std::string_view prefix, common::Violations& violations) {
  return {FieldsFromProto(unit, prefix, violations), unit.parent()};
}

SplitStep SplitFromProto(const std::string& name, const google::protobuf::RepeatedPtrField<v1::SplitPart>& parts,
                         bool continues, std::string_view prefix, common::Violations& violations) {
  SplitStep split{.unit = name, .parts = {}, .continues = continues};
  for (int i = 0; i < parts.size(); ++i) {
    SplitPart part;
    part.unit = parts[i].name();
    if (parts[i].has_establish()) {
      part.establish =
          EstablishFromProto(parts[i].establish(), fmt::format("{}parts[{}].establish.", prefix, i), violations);
    }
    part.members = Strings(parts[i].members());
    part.workplaces = Strings(parts[i].workplaces());
    part.duties = Strings(parts[i].duties());
    part.units = Strings(parts[i].units());
    split.parts.push_back(std::move(part));
  }
  return split;
}

std::vector<Step> StepsFromProto(const google::protobuf::RepeatedPtrField<v1::ReorganizationStep>& steps,
                                 std::string_view prefix, common::Violations& violations) {
  std::vector<Step> read;
  for (int i = 0; i < steps.size(); ++i) {
    std::optional<Step> step = StepFromProto(steps[i], fmt::format("{}steps[{}].", prefix, i), violations);
    if (step) read.push_back(*std::move(step));
  }
  return read;
}

v1::Reorganization ToProto(const Reorganization& reorganization, const Tree& tree, RevisionGate& gate) {
  v1::Reorganization out;
  // Steps and outcome were written as parts of this very message.
  out.MergeFromString(reorganization.steps);
  out.MergeFromString(reorganization.outcome);
  out.set_title(reorganization.title);
  const std::string owner = tree.CodeOf(reorganization.owner);
  out.set_parent(owner.empty() ? std::string(common::kAllUnits) : "units/" + owner);
  WriteDate(reorganization.day, *out.mutable_effective_date());
  out.set_state(static_cast<v1::ReorganizationState>(reorganization.state));
  if (reorganization.id == 0) return out;
  out.set_name(reorganization.name());
  common::WriteTimestamp(reorganization.created, *out.mutable_create_time());
  if (reorganization.ended) common::WriteTimestamp(*reorganization.ended, *out.mutable_end_time());
  out.set_etag(reorganization.etag());
  out.set_revision(gate.Token(common::kStructurePartition, reorganization.revision));
  return out;
}

std::string ProtoReorganizationCodec::Encode(const std::vector<Step>& steps) const {
  v1::Reorganization message;
  for (const Step& step : steps) std::visit(StepWriter{*message.add_steps()}, step);
  return message.SerializeAsString();
}

absl::StatusOr<std::vector<Step>> ProtoReorganizationCodec::Decode(std::string_view bytes) const {
  v1::Reorganization message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return common::Internal("steps of a reorganization cannot be read");
  }
  common::Violations violations;
  std::vector<Step> steps = StepsFromProto(message.steps(), "", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return steps;
}

std::string ProtoReorganizationCodec::Encode(const ReorganizationOutcome& outcome) const {
  v1::Reorganization message;
  for (const StepEffect& effect : outcome.effects) {
    v1::ReorganizationEffect& out = *message.add_effects();
    out.set_step(effect.step);
    out.set_kind(static_cast<v1::ReorganizationEffectKind>(effect.kind));
    out.set_unit(NameOf(effect.unit));
    out.set_other(NameOf(effect.other));
    out.set_count(effect.count);
  }
  for (const StepBlocker& refused : outcome.blockers) {
    v1::ReorganizationBlocker& out = *message.add_blockers();
    out.set_step(refused.step);
    out.set_reason(refused.blocker.reason);
    out.set_subject(refused.blocker.subject);
    out.set_message_en(refused.blocker.text.en);
    out.set_message_zh(refused.blocker.text.zh);
  }
  return message.SerializeAsString();
}

}  // namespace ronghe::organization
