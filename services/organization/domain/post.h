#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

namespace ronghe::organization {

using PostId = common::Id<struct PostIdTag>;

// Numbers are those of ronghe.organization.v1.
enum class PostKind {
  kUnspecified = 0,
  kSecretary = 1,
  kDeputySecretary = 2,
  kCommitteeMember = 3,
  kGroupLeader = 4,
  kOther = 5,
};
enum class PostState { kUnspecified = 0, kActive = 1, kAbolished = 2 };
enum class PostEvent { kUpdate, kFill, kAbolish };

common::Text KindText(PostKind kind);
common::Text StateText(PostState state);
common::Text EventText(PostEvent event);
// Names as filters use them (`SECRETARY`); nullopt for unknown ones.
std::optional<PostKind> PostKindFromName(std::string_view name);
std::optional<PostState> PostStateFromName(std::string_view name);

// The state after `event`; FAILED_PRECONDITION, reason POST_ABOLISHED.
absl::StatusOr<PostState> NextState(PostState state, PostEvent event, const std::string& resource);

// What a caller says about a post.
struct PostFields {
  int kind = 0;
  std::string title;
  int seats = 0;
};
// Adds every violation of the field rules of post.proto; fields are prefixed.
void CheckPostFields(const PostFields& fields, std::string_view prefix, common::Violations& violations);

// Seats that nobody holds.
inline int VacantSeats(PostState state, int seats, int filled) {
  return state == PostState::kActive && seats > filled ? seats - filled : 0;
}

// A number of a document: at most 60 characters; `required`: one at least.
void CheckDocument(std::string_view field, std::string_view document, bool required, common::Violations& violations);

}  // namespace ronghe::organization
