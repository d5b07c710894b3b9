#include "services/organization/domain/reorganization.h"

#include <fmt/format.h>

namespace ronghe::organization {
namespace {

using S = ReorganizationState;
using E = ReorganizationEvent;

struct Transition {
  S from;
  E event;
  S to;
};
constexpr Transition kTransitions[] = {
    {S::kScheduled, E::kTakeEffect, S::kEffective},
    {S::kScheduled, E::kCancel, S::kCancelled},
    {S::kScheduled, E::kFail, S::kFailed},
};

struct StateName {
  S state;
  std::string_view name;
  std::string_view en;
  std::string_view zh;
};
constexpr StateName kStates[] = {
    {S::kScheduled, "SCHEDULED", "scheduled", "待生效"},
    {S::kEffective, "EFFECTIVE", "effective", "已生效"},
    {S::kCancelled, "CANCELLED", "cancelled", "已取消"},
    {S::kFailed, "FAILED", "failed", "未能生效"},
};

common::Text TextOf(S state) {
  for (const StateName& row : kStates) {
    if (row.state == state) return {std::string(row.en), std::string(row.zh)};
  }
  return {"unknown", "未知"};
}

common::Text TextOf(E event) {
  switch (event) {
    case E::kTakeEffect:
      return {"take effect", "生效"};
    case E::kCancel:
      return {"be cancelled", "取消"};
    case E::kFail:
      return {"fail", "终止"};
  }
  return {"change", "变更"};
}

}  // namespace

absl::StatusOr<ReorganizationState> NextState(ReorganizationState state, ReorganizationEvent event) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == state && transition.event == event) return transition.to;
  }
  const common::Text is = TextOf(state);
  const common::Text what = TextOf(event);
  return common::FailedPrecondition(
      "NOT_SCHEDULED", {fmt::format("it is {} and cannot {}: nothing is possible any more", is.en, what.en),
                        fmt::format("该调整{}，不能{}，也不可再作其他变更", is.zh, what.zh)});
}

std::optional<ReorganizationState> ReorganizationStateFromName(std::string_view name) {
  for (const StateName& row : kStates) {
    if (row.name == name) return row.state;
  }
  return std::nullopt;
}

std::vector<common::Blocker> MergeBlockers(const Unit& source, const Unit& successor) {
  std::vector<common::Blocker> blockers;
  if (source.level() != successor.level()) {
    const common::Text a = LevelText(source.level());
    const common::Text b = LevelText(successor.level());
    blockers.push_back({"LEVEL_DIFFERS",
                        source.name(),
                        {fmt::format("it has the rank of a {}, its successor that of a {}", a.en, b.en),
                         fmt::format("其层级为{}，承接组织为{}，层级不同不能合并", a.zh, b.zh)}});
  }
  if (IsOrganization(source.kind()) != IsOrganization(successor.kind())) {
    blockers.push_back({"KIND_DIFFERS",
                        source.name(),
                        {"an organization and a statistical group cannot become one", "组织与统计汇总不能合并"}});
  }
  return blockers;
}

}  // namespace ronghe::organization
