#include "services/organization/domain/workplace.h"

#include <fmt/format.h>

#include "services/organization/domain/text_rules.h"
#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

using S = WorkplaceState;
using E = WorkplaceEvent;

constexpr size_t kMaxTitle = 120;
constexpr size_t kMaxExternalId = 60;

constexpr Transition<WorkplaceState, WorkplaceEvent> kTransitions[] = {
    {S::kActive, E::kUpdate, S::kActive},  {S::kActive, E::kMove, S::kActive}, {S::kActive, E::kServe, S::kActive},
    {S::kActive, E::kClose, S::kClosed},   {S::kClosed, E::kMove, S::kClosed},  // so that it can be restored
    {S::kClosed, E::kRestore, S::kActive},
};
constexpr Transition<CoverState, CoverEvent> kCoverTransitions[] = {
    {CoverState::kActive, CoverEvent::kEnd, CoverState::kEnded},
};

// By number, from 1.
constexpr std::string_view kKindNames[] = {
    "ENTERPRISE", "PUBLIC_INSTITUTION", "ORGAN", "SOCIAL_ORGANIZATION", "ADMINISTRATIVE_VILLAGE",
    "COMMUNITY",  "OTHER_LEGAL_PERSON", "OTHER"};
static_assert(std::size(kKindNames) == static_cast<size_t>(WorkplaceKind::kOther));

// GB 32100-2015: the characters by value, and the weights of the first 17.
constexpr std::string_view kCodeCharacters = "0123456789ABCDEFGHJKLMNPQRTUWXY";
constexpr int kCodeWeights[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};

}  // namespace

common::Text StateText(WorkplaceState state) {
  if (state == S::kActive) return {"active", "正常"};
  if (state == S::kClosed) return {"closed", "已注销"};
  return {"unknown", "未知"};
}

common::Text EventText(WorkplaceEvent event) {
  switch (event) {
    case E::kUpdate:
      return {"be changed", "修改"};
    case E::kMove:
      return {"be moved", "变更统计组织"};
    case E::kServe:
      return {"be served", "安排服务组织"};
    case E::kClose:
      return {"be closed", "注销"};
    case E::kRestore:
      return {"be restored", "恢复"};
  }
  return {"unknown", "未知"};
}

common::Text StateText(CoverState state) {
  if (state == CoverState::kActive) return {"active", "服务中"};
  if (state == CoverState::kEnded) return {"ended", "已结束"};
  return {"unknown", "未知"};
}

common::Text EventText(CoverEvent) {
  return {"be ended", "结束"};
}

std::optional<WorkplaceKind> WorkplaceKindFromName(std::string_view name) {
  for (size_t i = 0; i < std::size(kKindNames); ++i) {
    if (kKindNames[i] == name) return static_cast<WorkplaceKind>(i + 1);
  }
  return std::nullopt;
}

std::optional<WorkplaceState> WorkplaceStateFromName(std::string_view name) {
  if (name == "ACTIVE") return S::kActive;
  if (name == "CLOSED") return S::kClosed;
  return std::nullopt;
}

std::optional<CoverState> CoverStateFromName(std::string_view name) {
  if (name == "ACTIVE") return CoverState::kActive;
  if (name == "ENDED") return CoverState::kEnded;
  return std::nullopt;
}

absl::StatusOr<WorkplaceState> NextState(WorkplaceState state, WorkplaceEvent event, const std::string& resource) {
  return NextState<WorkplaceState, WorkplaceEvent>(kTransitions, state, event, "WORKPLACE_STATE", resource);
}

absl::StatusOr<CoverState> NextState(CoverState state, CoverEvent event, const std::string& resource) {
  return NextState<CoverState, CoverEvent>(kCoverTransitions, state, event, "COVER_ENDED", resource);
}

CreditCodeFault CheckCreditCode(std::string_view code) {
  if (code.size() != std::size(kCodeWeights) + 1) return CreditCodeFault::kForm;
  size_t sum = 0;
  for (size_t i = 0; i < code.size(); ++i) {
    const size_t value = kCodeCharacters.find(code[i]);
    // Three to eight are the digits of the administrative division.
    if (value == std::string_view::npos || (i >= 2 && i < 8 && value > 9)) return CreditCodeFault::kForm;
    if (i < std::size(kCodeWeights)) sum += value * kCodeWeights[i];
  }
  const size_t modulus = kCodeCharacters.size();
  const size_t check = (modulus - sum % modulus) % modulus;
  return code.back() == kCodeCharacters[check] ? CreditCodeFault::kNone : CreditCodeFault::kCheck;
}

void CheckWorkplaceFields(const WorkplaceFields& fields, std::string_view prefix, common::Violations& violations) {
  const auto path = [&](std::string_view field) { return fmt::format("{}{}", prefix, field); };
  if (fields.kind == 0) {
    violations.Add(path("kind"), "REQUIRED", {"is required", "必填"});
  } else if (fields.kind < 0 || fields.kind > static_cast<int>(WorkplaceKind::kOther)) {
    violations.Add(path("kind"), "UNKNOWN_VALUE", {"is not a known value", "取值未知"});
  }
  CheckText({path("title"), 1, kMaxTitle}, fields.title, violations);
  CheckText({path("external_id"), 0, kMaxExternalId}, fields.external_id, violations);
  if (fields.credit_code.empty()) {
    if (fields.external_id.empty()) {
      violations.Add(path("credit_code"), "REQUIRED",
                     {"is required where there is no external id", "无外部编号时必填"});
    }
    return;
  }
  switch (CheckCreditCode(fields.credit_code)) {
    case CreditCodeFault::kForm:
      violations.Add(path("credit_code"), "BAD_FORM",
                     {"must have 18 digits and capital letters as GB 32100 allows them",
                      "应为 18 位，由 GB 32100 规定的数字和大写字母组成"});
      break;
    case CreditCodeFault::kCheck:
      violations.Add(path("credit_code"), "BAD_CHECK", {"has a wrong check character", "校验码错误"});
      break;
    case CreditCodeFault::kNone:
      break;
  }
}

}  // namespace ronghe::organization
