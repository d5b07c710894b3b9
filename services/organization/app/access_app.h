#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"
#include "services/organization/app/access_store.h"
#include "services/organization/app/owner_registry.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// A grant with the name of its unit as callers know it.
struct NamedGrant {
  Grant grant;
  std::string unit;  // `units/{code}` or `units/-`
};

struct CallerInfo {
  Principal principal;  // id 0: not registered
  std::vector<NamedGrant> grants;
};

// A grant as it is asked for.
struct GrantRequest {
  std::string principal;  // `principals/{id}`
  Role role = Role::kUnspecified;
  std::string unit;  // `units/{code}` or `units/-`
  std::optional<absl::Time> start;
  std::optional<absl::Time> end;
};

// Who may do what: principals, grants, revoked tokens. Thread-safe.
class AccessApp {
 public:
  AccessApp(AccessStore& store, const Tree& tree, const OwnerRegistry& owners, RevisionGate& gate,
            const common::TokenSigner& signer, const common::Clock& clock)
      : store_(store), tree_(tree), owners_(owners), gate_(gate), signer_(signer), clock_(clock) {}

  absl::StatusOr<CallerInfo> GetCaller(const common::Call& call);
  // `member`: `members/{id}` or empty.
  absl::StatusOr<Principal> CreatePrincipal(const common::Call& call, Principal principal, const std::string& member,
                                            const common::RequestKey& key);
  absl::StatusOr<common::Page<Principal>> ListPrincipals(const common::Call& call, int page_size,
                                                         const std::string& page_token);
  absl::StatusOr<NamedGrant> CreateGrant(const common::Call& call, const GrantRequest& request,
                                         const common::RequestKey& key);
  absl::StatusOr<common::Page<NamedGrant>> ListGrants(const common::Call& call, const std::string& parent,
                                                      int page_size, const std::string& page_token, bool show_ended);
  absl::StatusOr<NamedGrant> RevokeGrant(const common::Call& call, const std::string& name,
                                         const common::RequestKey& key);
  // The revision of the write.
  absl::StatusOr<int64_t> RevokeToken(const common::Call& call, const std::string& jti,
                                      std::optional<absl::Time> expire, const common::RequestKey& key);

  // The unit of a grant, for the owner registry.
  absl::StatusOr<common::UnitUid> OwnerOfGrant(std::string_view name, int64_t id, absl::Time deadline);
  absl::StatusOr<common::UnitUid> OwnerOfPrincipal(std::string_view name, int64_t id, absl::Time deadline);

  // Where there is no grant at all: registers issuer and subject and grants OPERATOR, OFFICER and AUDITOR on
  // everything. True if it did.
  absl::StatusOr<bool> Bootstrap(const std::string& issuer, const std::string& subject);

 private:
  absl::StatusOr<Grant> MakeGrant(const common::Call& call, AccessTxn& txn, const GrantRequest& request, Grant grant);
  NamedGrant Named(Grant grant) const;

  AccessStore& store_;
  const Tree& tree_;
  const OwnerRegistry& owners_;
  RevisionGate& gate_;
  const common::TokenSigner& signer_;
  const common::Clock& clock_;
};

}  // namespace ronghe::organization
