#include "services/organization/domain/duty.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/organization/domain/text_rules.h"
#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

using S = DutyState;
using E = DutyEvent;
using R = DutyResultState;
using RE = DutyResultEvent;

constexpr size_t kMaxTitle = 60;
constexpr size_t kMaxScope = 500;
constexpr size_t kMaxDescription = 60;
constexpr size_t kMaxSummary = 500;
constexpr int kTellingDigits = 7;

constexpr Transition<DutyState, DutyEvent> kTransitions[] = {
    {S::kPlanned, E::kUpdate, S::kPlanned},       {S::kActive, E::kUpdate, S::kActive},
    {S::kPlanned, E::kChangePeople, S::kPlanned}, {S::kActive, E::kChangePeople, S::kActive},
    {S::kPlanned, E::kStart, S::kActive},         {S::kPlanned, E::kCancel, S::kCancelled},
    {S::kActive, E::kComplete, S::kCompleted},    {S::kActive, E::kEnd, S::kEnded},
};
constexpr Transition<DutyResultState, DutyResultEvent> kResultTransitions[] = {
    {R::kDue, RE::kRecord, R::kRecorded},
    {R::kRecorded, RE::kAmend, R::kRecorded},
    {R::kDue, RE::kWaive, R::kWaived},
};

// By number, from 1.
constexpr std::string_view kKindNames[] = {"RESPONSIBILITY_AREA", "MODEL_POST", "TASK_FORCE", "PAIRING",
                                           "MENTORSHIP",          "COMMITMENT"};
constexpr std::string_view kStateNames[] = {"PLANNED", "ACTIVE", "COMPLETED", "ENDED", "CANCELLED"};
constexpr std::string_view kResultStateNames[] = {"DUE", "RECORDED", "WAIVED"};

template <typename Enum, size_t kSize>
std::optional<Enum> FromName(const std::string_view (&names)[kSize], std::string_view name) {
  const auto found = std::find(std::begin(names), std::end(names), name);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<Enum>(found - std::begin(names) + 1);
}

void CheckKnown(const std::string& field, int value, int greatest, common::Violations& violations) {
  if (value == 0) {
    violations.Add(field, "REQUIRED", {"is required", "必填"});
  } else if (value < 0 || value > greatest) {
    violations.Add(field, "UNKNOWN_VALUE", {"is not a known value", "取值未知"});
  }
}

// Which roles a duty of a kind has, and who may take them besides members: bit n for the value n.
struct RolesOfKind {
  DutyKind kind;
  uint32_t members;
  uint32_t units;
  uint32_t outside;
};
constexpr uint32_t Roles(std::initializer_list<DutyRole> roles) {
  uint32_t set = 0;
  for (DutyRole role : roles) set |= 1u << static_cast<int>(role);
  return set;
}
constexpr uint32_t kTeam = Roles({DutyRole::kLeader, DutyRole::kParticipant});
constexpr RolesOfKind kRoles[] = {
    {DutyKind::kResponsibilityArea, kTeam, 0, 0},
    {DutyKind::kModelPost, kTeam, 0, 0},
    {DutyKind::kTaskForce, kTeam, 0, 0},
    {DutyKind::kPairing, kTeam | Roles({DutyRole::kPartner}), Roles({DutyRole::kParticipant, DutyRole::kPartner}),
     Roles({DutyRole::kPartner})},
    {DutyKind::kMentorship, Roles({DutyRole::kMentor, DutyRole::kApprentice}), 0, Roles({DutyRole::kApprentice})},
    {DutyKind::kCommitment, Roles({DutyRole::kParticipant}), 0, 0},
};

}  // namespace

common::Text StateText(DutyState state) {
  switch (state) {
    case S::kPlanned:
      return {"planned", "已计划"};
    case S::kActive:
      return {"active", "进行中"};
    case S::kCompleted:
      return {"completed", "已完成"};
    case S::kEnded:
      return {"ended", "已终止"};
    case S::kCancelled:
      return {"cancelled", "已取消"};
    case S::kUnspecified:
      break;
  }
  return {"unknown", "未知"};
}

common::Text EventText(DutyEvent event) {
  switch (event) {
    case E::kUpdate:
      return {"be changed", "修改"};
    case E::kChangePeople:
      return {"have its people changed", "调整人员"};
    case E::kStart:
      return {"be started", "启动"};
    case E::kComplete:
      return {"be completed", "办结"};
    case E::kEnd:
      return {"be ended", "终止"};
    case E::kCancel:
      return {"be cancelled", "取消"};
  }
  return {"unknown", "未知"};
}

common::Text StateText(DutyResultState state) {
  if (state == R::kDue) return {"due", "待登记"};
  if (state == R::kRecorded) return {"recorded", "已登记"};
  if (state == R::kWaived) return {"waived", "无需登记"};
  return {"unknown", "未知"};
}

common::Text EventText(DutyResultEvent event) {
  if (event == RE::kRecord) return {"be recorded", "登记"};
  if (event == RE::kAmend) return {"be amended", "更正"};
  return {"be waived", "免于登记"};
}

std::optional<DutyKind> DutyKindFromName(std::string_view name) {
  return FromName<DutyKind>(kKindNames, name);
}
std::optional<DutyState> DutyStateFromName(std::string_view name) {
  return FromName<DutyState>(kStateNames, name);
}
std::optional<DutyResultState> DutyResultStateFromName(std::string_view name) {
  return FromName<DutyResultState>(kResultStateNames, name);
}

absl::StatusOr<DutyState> NextState(DutyState state, DutyEvent event, const std::string& resource) {
  return NextState<DutyState, DutyEvent>(kTransitions, state, event, "DUTY_STATE", resource);
}
absl::StatusOr<DutyResultState> NextState(DutyResultState state, DutyResultEvent event, const std::string& resource) {
  return NextState<DutyResultState, DutyResultEvent>(kResultTransitions, state, event, "DUTY_RESULT_STATE", resource);
}

void CheckPlainText(const std::string& field, size_t min, size_t max, std::string_view text,
                    common::Violations& violations) {
  CheckText({field, min, max}, text, violations);
  if (LongestNumber(text) < kTellingDigits) return;
  violations.Add(field, "PERSONAL_DATA",
                 {"holds a number as long as that of a phone or an identity card; describe nobody here",
                  "含有疑似电话或证件号码，此处不得填写个人信息"});
}

void CheckDutyFields(const DutyFields& fields, std::string_view prefix, common::Violations& violations) {
  const auto path = [&](std::string_view field) { return fmt::format("{}{}", prefix, field); };
  CheckKnown(path("kind"), fields.kind, static_cast<int>(DutyKind::kCommitment), violations);
  CheckPlainText(path("title"), 1, kMaxTitle, fields.title, violations);
  CheckPlainText(path("scope"), 0, kMaxScope, fields.scope, violations);
  if (!fields.from) violations.Add(path("start_date"), "REQUIRED", {"is required", "必填"});
  if (fields.from && fields.until && *fields.until < *fields.from) {
    violations.Add(path("end_date"), "BEFORE_START", {"lies before the first day", "早于起始日期"});
  }
  if (fields.objective.empty()) return;
  constexpr std::string_view kObjectives = "objectives/";
  const std::string_view id =
      std::string_view(fields.objective).substr(std::min(kObjectives.size(), fields.objective.size()));
  const bool digits = !id.empty() && id.size() <= 19 && id.find_first_not_of("0123456789") == std::string_view::npos;
  if (!fields.objective.starts_with(kObjectives) || !digits) {
    violations.Add(path("objective"), "BAD_NAME",
                   {"must have the form objectives/{number}", "格式应为 objectives/{数字}"});
  }
}

void CheckParty(DutyKind kind, const PartyFields& party, std::string_view prefix, common::Violations& violations) {
  const auto path = [&](std::string_view field) { return fmt::format("{}{}", prefix, field); };
  const int named = (party.member.empty() ? 0 : 1) + (party.unit.empty() ? 0 : 1) + (party.outside == 0 ? 0 : 1);
  if (named != 1) {
    violations.Add(
        path("member"), "ONE_OF",
        {"exactly one of member, partner_unit and outside_party is required", "党员、结对组织、外部对象三者必填其一"});
  }
  CheckKnown(path("role"), party.role, static_cast<int>(DutyRole::kPartner), violations);
  if (party.outside < 0 || party.outside > static_cast<int>(OutsideParty::kOther)) {
    violations.Add(path("outside_party"), "UNKNOWN_VALUE", {"is not a known value", "取值未知"});
  }
  if (party.outside == 0 && !party.description.empty()) {
    violations.Add(path("description"), "NOT_ALLOWED", {"is for outside parties only", "仅适用于外部对象"});
  }
  CheckPlainText(path("description"), party.outside != 0 ? 1 : 0, kMaxDescription, party.description, violations);
  if (named != 1 || party.role <= 0 || party.role > static_cast<int>(DutyRole::kPartner)) return;
  const auto row =
      std::find_if(std::begin(kRoles), std::end(kRoles), [&](const RolesOfKind& one) { return one.kind == kind; });
  if (row == std::end(kRoles)) return;
  const uint32_t allowed = !party.member.empty() ? row->members : !party.unit.empty() ? row->units : row->outside;
  if ((allowed >> party.role & 1u) == 0) {
    violations.Add(path("role"), "NOT_OF_KIND",
                   {"a duty of this kind has nobody like that in this role", "该类履责事项中此类对象不能担任该角色"});
  }
}

void RoleCount::Add(DutyRole role) {
  if (role == DutyRole::kLeader) ++leaders;
  if (role == DutyRole::kParticipant) ++participants;
  if (role == DutyRole::kMentor) ++mentors;
  if (role == DutyRole::kApprentice) ++apprentices;
  if (role == DutyRole::kPartner) ++partners;
}

std::optional<common::Text> MissingRoles(DutyKind kind, const RoleCount& roles) {
  const int own = roles.leaders + roles.participants;
  switch (kind) {
    case DutyKind::kTaskForce:
      if (roles.leaders != 1) return common::Text{"a task force has one leader", "突击队应有一名队长"};
      break;
    case DutyKind::kPairing:
      if (own == 0 || roles.partners == 0) {
        return common::Text{"a pairing has somebody on either side", "结对应双方俱全"};
      }
      break;
    case DutyKind::kMentorship:
      if (roles.mentors != 1 || roles.apprentices == 0) {
        return common::Text{"a mentorship has one mentor and an apprentice", "师徒应有一名师傅和至少一名徒弟"};
      }
      break;
    default:
      if (own == 0) return common::Text{"somebody has to take part", "应至少有一名责任人"};
  }
  return std::nullopt;
}

void CheckResult(int outcome, const std::string& summary, std::string_view prefix, common::Violations& violations) {
  CheckKnown(fmt::format("{}outcome", prefix), outcome, static_cast<int>(DutyOutcome::kNotAchieved), violations);
  CheckPlainText(fmt::format("{}summary", prefix), 0, kMaxSummary, summary, violations);
}

}  // namespace ronghe::organization
