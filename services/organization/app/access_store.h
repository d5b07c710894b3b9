#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/domain/access.h"

namespace ronghe::organization {

// Reads of principals and grants inside one snapshot or transaction. Not thread-safe.
class AccessReader {
 public:
  virtual ~AccessReader() = default;
  virtual absl::StatusOr<std::optional<Principal>> FindPrincipal(int64_t id) = 0;
  virtual absl::StatusOr<std::optional<Principal>> FindPrincipalBySubject(std::string_view issuer,
                                                                          std::string_view subject) = 0;
  // In the order of ids after `after`.
  virtual absl::StatusOr<std::vector<Principal>> Principals(int64_t after, int limit) = 0;
  virtual absl::StatusOr<std::optional<Grant>> FindGrant(int64_t id) = 0;
  virtual absl::StatusOr<std::vector<Grant>> GrantsOf(std::span<const int64_t> principals) = 0;
  virtual absl::StatusOr<std::vector<Grant>> Grants(int64_t after, int limit) = 0;
  virtual absl::StatusOr<bool> HasGrants() = 0;
};

// One transaction in partition 0. Not thread-safe.
class AccessTxn : public virtual AccessReader {
 public:
  virtual absl::Time now() const = 0;
  virtual absl::StatusOr<std::optional<DoneBefore>> Claim(const common::RequestKey& key) = 0;
  virtual void Remember(std::string resource) = 0;
  // Each logs its change and returns what was recorded (id and revision set).
  // ALREADY_EXISTS, reason DUPLICATE_PRINCIPAL.
  virtual absl::StatusOr<Principal> InsertPrincipal(Principal principal) = 0;
  virtual absl::StatusOr<Grant> InsertGrant(Grant grant) = 0;
  virtual absl::StatusOr<Grant> RevokeGrant(Grant grant) = 0;
  // The revision; that of the first time for a token revoked before.
  virtual absl::StatusOr<int64_t> RevokeToken(std::string_view jti, absl::Time expire) = 0;
};

// Thread-safe.
class AccessStore {
 public:
  virtual ~AccessStore() = default;
  virtual absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(AccessReader&)> body) = 0;
  virtual absl::StatusOr<int64_t> Write(const common::Call& call, absl::FunctionRef<absl::Status(AccessTxn&)> body) = 0;
};

}  // namespace ronghe::organization
