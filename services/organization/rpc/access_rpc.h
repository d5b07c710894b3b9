#pragma once

#include "ronghe/organization/v1/access_service.pb.h"

#include "services/common/audit/rpc/audit_binding.h"
#include "services/common/serve/binding.h"
#include "services/organization/app/access_app.h"

namespace ronghe::organization {

// AccessService on gRPC: decode, call, map, encode.
class AccessRpc final : public common::AuditBinding<common::ServiceBinding> {
 public:
  // All outlive it.
  AccessRpc(common::Wrapper& wrapper, AccessApp& app, common::AuditApp& audit, RevisionGate& gate);

 private:
  absl::StatusOr<v1::GetCallerResponse> GetCaller(const common::Call& call);
  absl::StatusOr<v1::Principal> CreatePrincipal(const common::Call& call, const v1::CreatePrincipalRequest& request);
  absl::StatusOr<v1::ListPrincipalsResponse> ListPrincipals(const common::Call& call,
                                                            const v1::ListPrincipalsRequest& request);
  absl::StatusOr<v1::Grant> CreateGrant(const common::Call& call, const v1::CreateGrantRequest& request);
  absl::StatusOr<v1::ListGrantsResponse> ListGrants(const common::Call& call, const v1::ListGrantsRequest& request);
  absl::StatusOr<v1::Grant> RevokeGrant(const common::Call& call, const v1::RevokeGrantRequest& request);
  absl::StatusOr<v1::RevokeTokenResponse> RevokeToken(const common::Call& call, const v1::RevokeTokenRequest& request);
  v1::Principal ToProto(const Principal& principal);
  v1::Grant ToProto(const NamedGrant& named);

  AccessApp& app_;
  RevisionGate& gate_;
};

}  // namespace ronghe::organization
