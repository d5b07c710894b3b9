#include "services/organization/domain/post.h"

#include <fmt/format.h>

#include "services/organization/domain/text_rules.h"
#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxTitle = 60;
constexpr size_t kMaxDocument = 60;
constexpr int kMaxSeats = 100;

constexpr Transition<PostState, PostEvent> kTransitions[] = {
    {PostState::kActive, PostEvent::kUpdate, PostState::kActive},
    {PostState::kActive, PostEvent::kFill, PostState::kActive},
    {PostState::kActive, PostEvent::kAbolish, PostState::kAbolished},
};

struct KindName {
  PostKind kind;
  std::string_view name;
  std::string_view en;
  std::string_view zh;
};
constexpr KindName kKinds[] = {
    {PostKind::kSecretary, "SECRETARY", "secretary", "书记"},
    {PostKind::kDeputySecretary, "DEPUTY_SECRETARY", "deputy secretary", "副书记"},
    {PostKind::kCommitteeMember, "COMMITTEE_MEMBER", "committee member", "委员"},
    {PostKind::kGroupLeader, "GROUP_LEADER", "group leader", "党小组组长"},
    {PostKind::kOther, "OTHER", "other post", "其他职务"},
};

}  // namespace

common::Text KindText(PostKind kind) {
  for (const KindName& row : kKinds) {
    if (row.kind == kind) return {std::string(row.en), std::string(row.zh)};
  }
  return {"unknown", "未知"};
}

std::optional<PostKind> PostKindFromName(std::string_view name) {
  for (const KindName& row : kKinds) {
    if (row.name == name) return row.kind;
  }
  return std::nullopt;
}

std::optional<PostState> PostStateFromName(std::string_view name) {
  if (name == "ACTIVE") return PostState::kActive;
  if (name == "ABOLISHED") return PostState::kAbolished;
  return std::nullopt;
}

common::Text StateText(PostState state) {
  if (state == PostState::kActive) return {"active", "设置"};
  if (state == PostState::kAbolished) return {"abolished", "已撤销"};
  return {"unknown", "未知"};
}

common::Text EventText(PostEvent event) {
  if (event == PostEvent::kUpdate) return {"be changed", "修改"};
  if (event == PostEvent::kFill) return {"be filled", "任职"};
  return {"be abolished", "撤销"};
}

absl::StatusOr<PostState> NextState(PostState state, PostEvent event, const std::string& resource) {
  return NextState<PostState, PostEvent>(kTransitions, state, event, "POST_ABOLISHED", resource);
}

void CheckPostFields(const PostFields& fields, std::string_view prefix, common::Violations& violations) {
  if (fields.kind == 0) {
    violations.Add(fmt::format("{}kind", prefix), "REQUIRED", {"is required", "必填"});
  } else if (fields.kind < 0 || fields.kind > static_cast<int>(PostKind::kOther)) {
    violations.Add(fmt::format("{}kind", prefix), "UNKNOWN_VALUE", {"is not a known value", "取值未知"});
  }
  const std::string title = fmt::format("{}title", prefix);
  CheckText({title, 0, kMaxTitle}, fields.title, violations);
  if (fields.seats < 1 || fields.seats > kMaxSeats) {
    violations.Add(fmt::format("{}seats", prefix), fields.seats == 0 ? "REQUIRED" : "OUT_OF_RANGE",
                   {"must be between 1 and 100", "应在 1 至 100 之间"});
  } else if (fields.kind == static_cast<int>(PostKind::kSecretary) && fields.seats != 1) {
    violations.Add(fmt::format("{}seats", prefix), "ONE_SECRETARY",
                   {"a unit has one secretary", "一个组织只设一名书记"});
  }
}

void CheckDocument(std::string_view field, std::string_view document, bool required, common::Violations& violations) {
  CheckText({field, required ? size_t{1} : size_t{0}, kMaxDocument}, document, violations);
}

}  // namespace ronghe::organization
