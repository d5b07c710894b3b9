#include "services/common/directory/access_table.h"

#include <algorithm>

namespace ronghe::common {
namespace {

// Kept so much longer than they last that no clock of ours can differ by it.
constexpr absl::Duration kKeepEnded = absl::Hours(1);

}  // namespace

void AccessTable::Apply(const DirectoryDelta& delta, absl::Time heard) {
  for (const DirectoryPrincipal& principal : delta.principals) ApplyPrincipal(principal);
  for (const DirectoryGrant& grant : delta.grants) ApplyGrant(grant, heard);
  for (const DirectoryRevokedToken& token : delta.revoked_tokens) {
    absl::Time& expire = revoked_[token.jti];
    expire = std::max(expire, token.expire);
  }
  if (heard - pruned_ < absl::Minutes(10)) return;
  pruned_ = heard;
  absl::erase_if(revoked_, [&](const auto& entry) { return entry.second + kKeepEnded < heard; });
}

const DirectoryPrincipal* AccessTable::Find(std::string_view issuer, std::string_view subject) const {
  auto found = by_name_.find(Name(issuer, subject));
  return found == by_name_.end() ? nullptr : &principals_.find(found->second)->second;
}

std::vector<DirectoryGrant> AccessTable::GrantsOf(int64_t principal_id, absl::Time now) const {
  std::vector<DirectoryGrant> result;
  auto found = grants_.find(principal_id);
  if (found == grants_.end()) return result;
  for (const DirectoryGrant& grant : found->second) {
    if (!grant.revoked && grant.start <= now && now < grant.end) result.push_back(grant);
  }
  return result;
}

void AccessTable::ApplyPrincipal(const DirectoryPrincipal& principal) {
  DirectoryPrincipal& kept = principals_[principal.id];
  auto old_name = by_name_.find(Name(kept.issuer, kept.subject));
  if (kept.id != 0 && old_name != by_name_.end() && old_name->second == principal.id) by_name_.erase(old_name);
  kept = principal;
  by_name_[std::make_pair(principal.issuer, principal.subject)] = principal.id;
}

void AccessTable::ApplyGrant(const DirectoryGrant& grant, absl::Time heard) {
  std::vector<DirectoryGrant>& grants = grants_[grant.principal_id];
  std::erase_if(grants, [&](const DirectoryGrant& old) { return old.id == grant.id || old.end + kKeepEnded < heard; });
  if (!grant.revoked) grants.push_back(grant);
}

}  // namespace ronghe::common
