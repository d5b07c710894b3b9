#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "services/common/directory/directory.h"

namespace ronghe::common {

// Principals, grants that may be in force, and refused tokens. Not thread-safe.
class AccessTable {
 public:
  // `heard`: what ended before may be forgotten.
  void Apply(const DirectoryDelta& delta, absl::Time heard);

  const DirectoryPrincipal* Find(std::string_view issuer, std::string_view subject) const;
  std::vector<DirectoryGrant> GrantsOf(int64_t principal_id, absl::Time now) const;
  bool IsRevoked(std::string_view jti) const { return revoked_.contains(absl::string_view(jti.data(), jti.size())); }

 private:
  using Name = std::pair<std::string_view, std::string_view>;
  struct NameHash {
    using is_transparent = void;
    size_t operator()(const Name& name) const {
      return absl::Hash<std::pair<absl::string_view, absl::string_view>>()(
          {{name.first.data(), name.first.size()}, {name.second.data(), name.second.size()}});
    }
    size_t operator()(const std::pair<std::string, std::string>& name) const { return (*this)(Name(name)); }
  };
  struct NameEqual {
    using is_transparent = void;
    bool operator()(const Name& a, const Name& b) const { return a == b; }
  };

  void ApplyPrincipal(const DirectoryPrincipal& principal);
  void ApplyGrant(const DirectoryGrant& grant, absl::Time heard);

  absl::flat_hash_map<int64_t, DirectoryPrincipal> principals_;
  absl::flat_hash_map<std::pair<std::string, std::string>, int64_t, NameHash, NameEqual> by_name_;
  absl::flat_hash_map<int64_t, std::vector<DirectoryGrant>> grants_;  // by principal
  absl::flat_hash_map<std::string, absl::Time> revoked_;              // jti, until when
  absl::Time pruned_ = absl::InfinitePast();
};

}  // namespace ronghe::common
