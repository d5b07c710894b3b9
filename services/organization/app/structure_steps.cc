#include "services/organization/app/structure_steps.h"
#include "services/common/values/resource_name.h"

#include <algorithm>
#include <set>

#include <absl/status/statusor.h>
#include <fmt/format.h>

namespace ronghe::organization {
namespace {

constexpr std::string_view kUpdatable[] = {"title",         "short_title", "kind",
                                           "division_code", "sector",      "established_date"};

template <typename List>
void CheckCount(const List& list, size_t max, const std::string& field, common::Violations& violations) {
  if (list.empty()) violations.Add(field, "REQUIRED", {"is required", "必填"});
  if (list.size() > max) {
    violations.Add(field, "TOO_MANY", {fmt::format("at most {}", max), fmt::format("最多 {} 项", max)});
  }
}

// Checks one step; `at` makes a field's path.
class StepCheck {
 public:
  StepCheck(const Rules& rules, absl::CivilDay today, const std::string& prefix, common::Violations& violations)
      : rules_(rules), today_(today), prefix_(prefix), violations_(violations) {}

  void operator()(const EstablishStep& step) { Establish(step, "establish.unit."); }
  void operator()(const UpdateStep& step) {
    Name(step.unit, "update.unit.name");
    common::Violations mask;
    CheckMask(step.changes.mask, mask);
    violations_.AddAll(mask.ToStatus(), prefix_ + "update.");
  }
  void operator()(const MoveStep& step) {
    Name(step.unit, "move.name");
    Name(step.parent, "move.parent");
  }
  void operator()(const MergeStep& step) {
    CheckCount(step.sources, kMaxSources, prefix_ + "merge.sources", violations_);
    std::set<std::string> seen;
    for (size_t i = 0; i < step.sources.size(); ++i) {
      const std::string field = fmt::format("merge.sources[{}]", i);
      Name(step.sources[i], field);
      if (!seen.insert(step.sources[i]).second) Twice(field);
    }
    Name(step.successor, "merge.successor");
    if (seen.contains(step.successor)) {
      violations_.Add(prefix_ + "merge.successor", "MERGE_WITH_ITSELF",
                      {"is one of the sources", "承接组织不能是被合并的组织"});
    }
  }
  void operator()(const SplitStep& step) {
    Name(step.unit, "split.name");
    CheckCount(step.parts, kMaxParts, prefix_ + "split.parts", violations_);
    std::set<std::string> seen{step.unit};
    for (size_t i = 0; i < step.parts.size(); ++i) Part(step.parts[i], fmt::format("split.parts[{}].", i), seen);
  }
  void operator()(const DissolveStep& step) { Name(step.unit, "dissolve.name"); }
  void operator()(const RestoreStep& step) {
    Name(step.unit, "restore.name");
    if (!step.parent.empty()) Name(step.parent, "restore.parent");
  }

 private:
  void Name(const std::string& name, const std::string& field) {
    violations_.AddAll(CodeFromName(name, prefix_ + field).status());
  }
  void Twice(const std::string& field) { violations_.Add(prefix_ + field, "DUPLICATE", {"is named twice", "重复"}); }
  void Establish(const EstablishStep& step, const std::string& field) {
    CheckUnitFields(step.fields, rules_, today_, prefix_ + field, violations_);
    if (!IsRootParent(step.parent)) Name(step.parent, field + "parent");
  }
  void Part(const SplitPart& part, const std::string& field, std::set<std::string>& seen) {
    if (part.unit.empty() == !part.establish) {
      violations_.Add(prefix_ + field + "name", "NAME_OR_ESTABLISH",
                      {"a part is either an existing unit or a new one", "每一部分须为现有组织或新设组织之一"});
    } else if (part.establish) {
      Establish(*part.establish, field + "establish.");
    } else {
      Name(part.unit, field + "name");
      if (!seen.insert(part.unit).second) Twice(field + "name");
    }
    for (size_t i = 0; i < part.units.size(); ++i) {
      const std::string unit_field = fmt::format("{}units[{}]", field, i);
      Name(part.units[i], unit_field);
      if (!seen.insert(part.units[i]).second) Twice(unit_field);
    }
    for (size_t i = 0; i < part.members.size(); ++i) {
      if (!seen.insert(part.members[i]).second) Twice(fmt::format("{}members[{}]", field, i));
    }
  }

  const Rules& rules_;
  absl::CivilDay today_;
  const std::string& prefix_;
  common::Violations& violations_;
};

}  // namespace

void CheckStep(const Step& step, const Rules& rules, absl::CivilDay today, const std::string& prefix,
               common::Violations& violations) {
  std::visit(StepCheck(rules, today, prefix, violations), step);
}

std::vector<std::string> UnitsNamedBy(const Step& step) {
  if (const auto* merge = std::get_if<MergeStep>(&step)) {
    std::vector<std::string> names = merge->sources;
    names.push_back(merge->successor);
    return names;
  }
  if (const auto* split = std::get_if<SplitStep>(&step)) {
    std::vector<std::string> names{split->unit};
    for (const SplitPart& part : split->parts) {
      if (!part.unit.empty()) names.push_back(part.unit);
    }
    return names;
  }
  if (const auto* dissolve = std::get_if<DissolveStep>(&step)) return {dissolve->unit};
  if (const auto* update = std::get_if<UpdateStep>(&step)) return {update->unit};
  return {};
}

absl::StatusOr<std::string> CodeFromName(std::string_view name, std::string_view field) {
  constexpr std::string_view kPrefix = "units/";
  if (name.empty()) return common::InvalidArgument(std::string(field), "REQUIRED", {"is required", "必填"});
  if (!name.starts_with(kPrefix) || !IsUnitCode(name.substr(kPrefix.size()))) {
    return common::InvalidArgument(std::string(field), "BAD_NAME",
                                   {"must have the form units/{code}", "格式应为 units/{组织代码}"});
  }
  return std::string(name.substr(kPrefix.size()));
}

bool IsRootParent(const std::string& parent) {
  return parent.empty() || parent == common::kAllUnits;
}

void CheckMask(const std::vector<std::string>& mask, common::Violations& violations) {
  for (const std::string& path : mask) {
    if (path == "*" || std::find(std::begin(kUpdatable), std::end(kUpdatable), path) != std::end(kUpdatable)) continue;
    if (path == "parent") {
      violations.Add("update_mask", "USE_MOVE", {"parent is changed by MoveUnit", "上级组织须通过划转变更"});
    } else if (path == "code" || path == "level") {
      violations.Add("update_mask", "IMMUTABLE",
                     {fmt::format("{} cannot be changed", path), fmt::format("{} 不可修改", path)});
    } else {
      violations.Add("update_mask", "NOT_UPDATABLE",
                     {fmt::format("there is no such field to update at place {}", &path - mask.data() + 1),
                      fmt::format("第 {} 项不是可修改的字段", &path - mask.data() + 1)});
    }
  }
}

}  // namespace ronghe::organization
