#include "services/organization/app/unit_app.h"

#include <algorithm>
#include <utility>

#include "services/common/values/resource_name.h"
#include "services/organization/app/structure_change.h"
#include "services/organization/app/structure_checks.h"

namespace ronghe::organization {
namespace {

constexpr std::string_view kReorganizations = "reorganizations/";

std::string NameOf(const Step& step) {
  if (const auto* update = std::get_if<UpdateStep>(&step)) return update->unit;
  if (const auto* move = std::get_if<MoveStep>(&step)) return move->unit;
  if (const auto* dissolve = std::get_if<DissolveStep>(&step)) return dissolve->unit;
  return "units/" + std::get<EstablishStep>(step).fields.code;
}

absl::StatusOr<Unit> Apply(StructureChange& change, const Step& step, const std::string& etag) {
  if (const auto* update = std::get_if<UpdateStep>(&step)) return change.Update(*update, etag);
  if (const auto* move = std::get_if<MoveStep>(&step)) return change.Move(*move, etag);
  if (const auto* dissolve = std::get_if<DissolveStep>(&step)) return change.Dissolve(*dissolve, etag);
  return change.Establish(std::get<EstablishStep>(step));
}

}  // namespace

absl::StatusOr<Unit> UnitApp::Create(const common::Call& call, UnitFields fields, const std::string& parent,
                                     const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  CheckUnitFields(fields, rules_.On(options.effective.value_or(calendar_.Today())), calendar_.Today(), "unit.",
                  violations);
  if (!IsRootParent(parent)) violations.AddAll(CodeFromName(parent, "unit.parent").status());
  return Run(call, options, EstablishStep{std::move(fields), parent}, std::move(violations));
}

absl::StatusOr<Unit> UnitApp::Update(const common::Call& call, const std::string& name, const UnitChanges& changes,
                                     const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  violations.AddAll(CodeFromName(name, "unit.name").status());
  CheckMask(changes.mask, violations);
  return Run(call, options, UpdateStep{name, changes}, std::move(violations));
}

absl::StatusOr<Unit> UnitApp::Move(const common::Call& call, const std::string& name, const std::string& parent,
                                   const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  violations.AddAll(CodeFromName(name, "name").status());
  violations.AddAll(CodeFromName(parent, "parent").status());
  return Run(call, options, MoveStep{name, parent}, std::move(violations));
}

absl::StatusOr<Unit> UnitApp::Dissolve(const common::Call& call, const std::string& name, const WriteOptions& options,
                                       bool closing) {
  common::Violations violations = StartWith(options);
  violations.AddAll(CodeFromName(name, "name").status());
  if (closing && (!options.effective || *options.effective <= calendar_.Today())) {
    violations.Add("effective_date", "CLOSING_NEEDS_A_LATER_DAY",
                   {"a unit is closed until a later day", "先停后撤须指定今天以后的日期"});
  }
  return Run(call, options, DissolveStep{name, closing}, std::move(violations));
}

absl::StatusOr<Unit> UnitApp::Run(const common::Call& call, const WriteOptions& options, const Step& step,
                                  common::Violations violations) {
  const int ahead = scheduler_ == nullptr ? 0 : kMaxDaysAhead;
  absl::StatusOr<absl::CivilDay> day = EffectiveDay(options.effective, calendar_, rules_, ahead);
  violations.AddAll(day.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (*day > calendar_.Today() && !options.validate_only) return Schedule(call, options, step);
  return DoNow(call, options, step, *day);
}

absl::StatusOr<Unit> UnitApp::Foreseen(UnitReader& reader, const Step& step, std::string reorganization) {
  RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(NameOf(step), "name"));
  RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> unit, reader.FindByCode(code));
  if (unit) return unit->WithScheduledChange(std::move(reorganization));
  const auto* establish = std::get_if<EstablishStep>(&step);
  if (establish == nullptr) return common::NotFound("units/" + code);
  Unit::Stored stored;
  stored.fields = establish->fields;
  if (!IsRootParent(establish->parent)) {
    RONGHE_ASSIGN_OR_RETURN(stored.parent.code, CodeFromName(establish->parent, "unit.parent"));
    stored.parent.uid = common::UnitUid(1);
  }
  stored.first = stored.from = calendar_.Today();
  return Unit::Restore(std::move(stored)).WithScheduledChange(std::move(reorganization));
}

absl::StatusOr<Unit> UnitApp::Schedule(const common::Call& call, const WriteOptions& options, const Step& step) {
  const auto* establish = std::get_if<EstablishStep>(&step);
  ReorganizationOrder order{.parent = establish == nullptr              ? NameOf(step)
                                      : IsRootParent(establish->parent) ? std::string(common::kAllUnits)
                                                                        : establish->parent,
                            .title = "",
                            .steps = {step},
                            .single = true};
  if (!options.etag.empty() && establish == nullptr) {
    RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(NameOf(step), "name"));
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> unit, store_.FindByCode(code, call.deadline));
    if (!unit) return common::NotFound(NameOf(step));
    RONGHE_RETURN_IF_ERROR(CheckEtag(unit->etag(), options.etag));
  }
  RONGHE_ASSIGN_OR_RETURN(const Reorganization scheduled, scheduler_->Run(call, order, options));
  std::optional<Unit> foreseen;
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(foreseen, Foreseen(reader, step, scheduled.name()));
    if (establish != nullptr && foreseen->revision() == 0) {
      Unit::Stored stored;
      stored.fields = foreseen->fields();
      stored.parent = foreseen->parent();
      stored.first = stored.from = scheduled.day;
      foreseen = Unit::Restore(std::move(stored)).WithScheduledChange(scheduled.name());
    }
    return absl::OkStatus();
  }));
  return *std::move(foreseen);
}

absl::StatusOr<Unit> UnitApp::DoNow(const common::Call& call, const WriteOptions& options, const Step& step,
                                    absl::CivilDay day) {
  std::optional<Unit> result;
  absl::StatusOr<int64_t> revision = store_.Write(call, options.validate_only, [&](UnitTxn& txn) -> absl::Status {
    result.reset();
    if (!options.validate_only) {
      RONGHE_ASSIGN_OR_RETURN(std::optional<DoneBefore> done, txn.Claim(options.key));
      if (done && done->resource.starts_with(kReorganizations)) {
        // It was scheduled when it was sent first.
        RONGHE_ASSIGN_OR_RETURN(result, Foreseen(txn, step, done->resource));
        return absl::OkStatus();
      }
      if (done) {
        std::string code = done->resource.substr(std::string_view("units/").size());
        RONGHE_ASSIGN_OR_RETURN(result, txn.VersionOf(code, done->revision));
        if (!result) {
          RONGHE_ASSIGN_OR_RETURN(result, txn.FindByCode(code));
        }
        return result ? absl::OkStatus() : common::NotFound(done->resource);
      }
    }
    // The wrapper has checked the units; a root needs everything.
    StructureChange change(txn, rules_.On(day), day, calendar_.Today(),
                           {.actor = call.actor.key, .roots = call.scope.everything});
    RONGHE_ASSIGN_OR_RETURN(result, Apply(change, step, options.etag));
    if (!options.validate_only) txn.Remember(result->name());
    return absl::OkStatus();
  });
  if (!revision.ok()) return revision.status();
  // What was only tried has no revision.
  if (options.validate_only) return result->Recorded(result->recorded(), 0);
  gate_.MakeVisible(result->revision(), call.deadline);
  return *std::move(result);
}

}  // namespace ronghe::organization
