#include "services/organization/domain/unit.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/organization/domain/text_rules.h"
#include "services/organization/domain/unit_state.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMinCode = 2;
constexpr size_t kMaxCode = 32;
constexpr size_t kMaxTitle = 200;
constexpr size_t kMaxShortTitle = 60;
constexpr size_t kMaxSector = 60;

struct LevelName {
  Level level;
  std::string_view name;
  std::string_view en;
  std::string_view zh;
};
constexpr LevelName kLevels[] = {
    {Level::kProvince, "PROVINCE", "province", "省"}, {Level::kPrefecture, "PREFECTURE", "prefecture", "市"},
    {Level::kCounty, "COUNTY", "county", "县"},       {Level::kTownship, "TOWNSHIP", "township", "乡镇"},
    {Level::kBranch, "BRANCH", "branch", "支部"},     {Level::kGroup, "GROUP", "group", "小组"},
};

struct KindName {
  UnitKind kind;
  std::string_view name;
  std::string_view en;
  std::string_view zh;
};
constexpr KindName kKinds[] = {
    {UnitKind::kCommittee, "COMMITTEE", "committee", "党委"},
    {UnitKind::kWorkingCommittee, "WORKING_COMMITTEE", "working committee", "党工委"},
    {UnitKind::kGeneralBranch, "GENERAL_BRANCH", "general branch", "党总支"},
    {UnitKind::kBranch, "BRANCH", "branch", "党支部"},
    {UnitKind::kJointBranch, "JOINT_BRANCH", "joint branch", "联合党支部"},
    {UnitKind::kTemporaryBranch, "TEMPORARY_BRANCH", "temporary branch", "临时党支部"},
    {UnitKind::kGroup, "GROUP", "group", "党小组"},
    {UnitKind::kStatisticalGroup, "STATISTICAL_GROUP", "statistical group", "统计汇总"},
};

std::string_view WithoutPrefix(std::string_view name, std::string_view prefix) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return name;
}

void CheckCode(std::string_view code, std::string field, common::Violations& violations) {
  if (code.empty()) {
    violations.Add(std::move(field), "REQUIRED", {"is required", "必填"});
  } else if (!IsUnitCode(code)) {
    violations.Add(
        std::move(field), "BAD_CODE",
        {"must be 2 to 32 characters of A-Z, 0-9 and hyphen", "应为 2 至 32 个字符，只含 A-Z、0-9 和连字符"});
  }
}

void CheckRank(const UnitFields& fields, const Rules& rules, std::string_view prefix, common::Violations& violations) {
  auto check = [&](std::string_view name, int value, int max) {
    std::string field = fmt::format("{}{}", prefix, name);
    if (value == 0) {
      violations.Add(std::move(field), "REQUIRED", {"is required", "必填"});
    } else if (value < 0 || value > max) {
      violations.Add(std::move(field), "UNKNOWN_VALUE", {"is not a known value", "取值未知"});
    } else {
      return true;
    }
    return false;
  };
  bool level = check("level", static_cast<int>(fields.level), static_cast<int>(Level::kGroup));
  bool kind = check("kind", static_cast<int>(fields.kind), static_cast<int>(UnitKind::kStatisticalGroup));
  if (level && kind && !rules.structure.placements.KindFitsLevel({fields.level, fields.kind})) {
    common::Text level_text = LevelText(fields.level);
    common::Text kind_text = KindText(fields.kind);
    violations.Add(fmt::format("{}kind", prefix), "KIND_LEVEL",
                   {fmt::format("a {} cannot have the rank of a {}", kind_text.en, level_text.en),
                    fmt::format("{}不能是{}级", kind_text.zh, level_text.zh)});
  }
}

}  // namespace

std::optional<Level> LevelFromName(std::string_view name) {
  name = WithoutPrefix(name, "LEVEL_");
  for (const LevelName& row : kLevels) {
    if (row.name == name) return row.level;
  }
  return std::nullopt;
}

std::optional<UnitKind> KindFromName(std::string_view name) {
  name = WithoutPrefix(name, "UNIT_KIND_");
  for (const KindName& row : kKinds) {
    if (row.name == name) return row.kind;
  }
  return std::nullopt;
}

std::optional<UnitState> StateFromName(std::string_view name) {
  name = WithoutPrefix(name, "UNIT_STATE_");
  if (name == "ACTIVE") return UnitState::kActive;
  if (name == "DISSOLVED") return UnitState::kDissolved;
  if (name == "CLOSING") return UnitState::kClosing;
  return std::nullopt;
}

common::Text StateText(UnitState state) {
  switch (state) {
    case UnitState::kActive:
      return {"active", "正常"};
    case UnitState::kDissolved:
      return {"dissolved", "已撤销"};
    case UnitState::kClosing:
      return {"closing", "撤销中"};
    case UnitState::kUnspecified:
      break;
  }
  return {"unknown", "未知"};
}

common::Text LevelText(Level level) {
  for (const LevelName& row : kLevels) {
    if (row.level == level) return {std::string(row.en), std::string(row.zh)};
  }
  return {"unknown", "未知"};
}

common::Text KindText(UnitKind kind) {
  for (const KindName& row : kKinds) {
    if (row.kind == kind) return {std::string(row.en), std::string(row.zh)};
  }
  return {"unknown", "未知"};
}

bool IsDivisionCode(std::string_view code) {
  return (code.size() == 2 || code.size() == 4 || code.size() == 6 || code.size() == 9) &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsUnitCode(std::string_view code) {
  return code.size() >= kMinCode && code.size() <= kMaxCode && std::all_of(code.begin(), code.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

void CheckUnitFields(const UnitFields& fields, const Rules& rules, absl::CivilDay today, std::string_view prefix,
                     common::Violations& violations) {
  auto field = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  CheckCode(fields.code, field("code"), violations);
  CheckText({field("title"), 1, kMaxTitle}, fields.title, violations);
  CheckText({field("short_title"), 0, kMaxShortTitle}, fields.short_title, violations);
  CheckRank(fields, rules, prefix, violations);
  if (!fields.division_code.empty() && !IsDivisionCode(fields.division_code)) {
    violations.Add(field("division_code"), "BAD_DIVISION_CODE",
                   {"must have 2, 4, 6 or 9 digits", "应为 2、4、6 或 9 位数字"});
  }
  CheckText({field("sector"), 0, kMaxSector}, fields.sector, violations);
  if (fields.established && *fields.established > today) {
    violations.Add(field("established_date"), "IN_FUTURE", {"must not be in the future", "不能晚于今天"});
  }
}

absl::StatusOr<Unit> Unit::Create(common::UnitUid uid, common::PartitionId partition, UnitRef parent, UnitFields fields,
                                  const Rules& rules, absl::CivilDay from, absl::CivilDay today) {
  common::Violations violations;
  CheckUnitFields(fields, rules, today, "unit.", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  Stored data;
  data.uid = uid;
  data.partition = partition;
  data.parent = std::move(parent);
  data.fields = std::move(fields);
  data.first = from;
  data.from = from;
  return Unit(std::move(data));
}

std::string Unit::etag() const {
  return fmt::format("{:x}.{:x}", data_.revision, absl::ToUnixMicros(data_.recorded));
}

absl::StatusOr<Unit> Unit::Updated(UnitFields fields, const Rules& rules, absl::CivilDay from,
                                   absl::CivilDay today) const {
  RONGHE_ASSIGN_OR_RETURN(UnitState state, NextState(data_.state, UnitEvent::kUpdate));
  common::Violations violations;
  CheckUnitFields(fields, rules, today, "unit.", violations);
  if (fields.code != data_.fields.code) {
    violations.Add("unit.code", "IMMUTABLE", {"cannot be changed", "不可修改"});
  }
  if (fields.level != data_.fields.level) {
    violations.Add("unit.level", "IMMUTABLE", {"cannot be changed", "不可修改"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  Stored next = data_;
  next.fields = std::move(fields);
  next.state = state;
  next.from = from;
  return Unit(std::move(next));
}

absl::StatusOr<Unit> Unit::Next(UnitEvent event, absl::CivilDay from) const {
  RONGHE_ASSIGN_OR_RETURN(UnitState state, NextState(data_.state, event));
  Stored next = data_;
  next.state = state;
  next.from = from;
  return Unit(std::move(next));
}

absl::StatusOr<Unit> Unit::MovedTo(UnitRef parent, absl::CivilDay from) const {
  RONGHE_ASSIGN_OR_RETURN(Unit next, Next(UnitEvent::kMove, from));
  next.data_.parent = std::move(parent);
  return next;
}

absl::StatusOr<Unit> Unit::Dissolved(absl::CivilDay from) const {
  return Next(UnitEvent::kDissolve, from);
}

absl::StatusOr<Unit> Unit::SucceededBy(std::vector<UnitRef> successors, absl::CivilDay from) const {
  RONGHE_ASSIGN_OR_RETURN(Unit next, Next(UnitEvent::kSucceed, from));
  next.data_.successors = std::move(successors);
  return next;
}

absl::StatusOr<Unit> Unit::Restored(UnitRef parent, absl::CivilDay from) const {
  RONGHE_ASSIGN_OR_RETURN(Unit next, Next(UnitEvent::kRestore, from));
  next.data_.parent = std::move(parent);
  next.data_.successors.clear();
  return next;
}

absl::StatusOr<Unit> Unit::Closing(absl::CivilDay from) const {
  return Next(UnitEvent::kClose, from);
}

absl::StatusOr<Unit> Unit::Reopened(absl::CivilDay from) const {
  return Next(UnitEvent::kReopen, from);
}

Unit Unit::WithScheduledChange(std::string name) const {
  Stored next = data_;
  next.scheduled_change = std::move(name);
  return Unit(std::move(next));
}

Unit Unit::WithSuccessors(std::vector<UnitRef> successors) const {
  Stored next = data_;
  next.successors = std::move(successors);
  return Unit(std::move(next));
}

Unit Unit::Recorded(absl::Time recorded, int64_t revision) const {
  Stored next = data_;
  next.recorded = recorded;
  next.revision = revision;
  return Unit(std::move(next));
}

}  // namespace ronghe::organization
