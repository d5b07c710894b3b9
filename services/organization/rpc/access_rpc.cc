#include "services/organization/rpc/access_rpc.h"

#include <fmt/format.h>

#include "services/common/values/timestamp.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
namespace {

using common::Call;

}  // namespace

AccessRpc::AccessRpc(common::Wrapper& wrapper, AccessApp& app, common::AuditApp& audit, RevisionGate& gate)
    : AuditBinding(wrapper, v1::GetCallerRequest::descriptor()->file()->FindServiceByName("AccessService")),
      app_(app),
      gate_(gate) {
  Unary<v1::GetCallerRequest, v1::GetCallerResponse>("GetCaller",
                                                     [this](const Call& c, const auto&) { return GetCaller(c); });
  Unary<v1::CreatePrincipalRequest, v1::Principal>(
      "CreatePrincipal", [this](const Call& c, const auto& r) { return CreatePrincipal(c, r); });
  Unary<v1::ListPrincipalsRequest, v1::ListPrincipalsResponse>(
      "ListPrincipals", [this](const Call& c, const auto& r) { return ListPrincipals(c, r); });
  Unary<v1::CreateGrantRequest, v1::Grant>("CreateGrant",
                                           [this](const Call& c, const auto& r) { return CreateGrant(c, r); });
  Unary<v1::ListGrantsRequest, v1::ListGrantsResponse>(
      "ListGrants", [this](const Call& c, const auto& r) { return ListGrants(c, r); });
  Unary<v1::RevokeGrantRequest, v1::Grant>("RevokeGrant",
                                           [this](const Call& c, const auto& r) { return RevokeGrant(c, r); });
  Unary<v1::RevokeTokenRequest, v1::RevokeTokenResponse>(
      "RevokeToken", [this](const Call& c, const auto& r) { return RevokeToken(c, r); });
  BindAudit(audit);
}

v1::Principal AccessRpc::ToProto(const Principal& principal) {
  v1::Principal out;
  out.set_issuer(principal.issuer);
  out.set_subject(principal.subject);
  if (principal.id == 0) return out;
  out.set_name(fmt::format("principals/{}", principal.id));
  if (principal.member_id != 0) out.set_member(fmt::format("members/{}", principal.member_id));
  out.set_note(principal.note);
  common::WriteTimestamp(principal.created, *out.mutable_create_time());
  out.set_revision(gate_.Token(common::kStructurePartition, principal.revision));
  return out;
}

v1::Grant AccessRpc::ToProto(const NamedGrant& named) {
  const Grant& grant = named.grant;
  v1::Grant out;
  out.set_name(fmt::format("grants/{}", grant.id));
  out.set_principal(fmt::format("principals/{}", grant.principal_id));
  out.set_role(static_cast<common::v1::Role>(grant.role));
  out.set_unit(named.unit);
  common::WriteTimestamp(grant.start, *out.mutable_start_time());
  if (grant.end != absl::InfiniteFuture()) common::WriteTimestamp(grant.end, *out.mutable_end_time());
  out.set_state(grant.revoked ? v1::GRANT_STATE_REVOKED : v1::GRANT_STATE_ACTIVE);
  out.set_revision(gate_.Token(common::kStructurePartition, grant.revision));
  return out;
}

absl::StatusOr<v1::GetCallerResponse> AccessRpc::GetCaller(const Call& call) {
  RONGHE_ASSIGN_OR_RETURN(CallerInfo info, app_.GetCaller(call));
  v1::GetCallerResponse response;
  *response.mutable_principal() = ToProto(info.principal);
  for (const NamedGrant& grant : info.grants) *response.add_grants() = ToProto(grant);
  return response;
}

absl::StatusOr<v1::Principal> AccessRpc::CreatePrincipal(const Call& call, const v1::CreatePrincipalRequest& request) {
  common::Violations violations;
  common::RequestKey key = KeyOf(call, request.request_id(), request, violations);
  Principal principal;
  principal.issuer = request.principal().issuer();
  principal.subject = request.principal().subject();
  principal.note = request.principal().note();
  if (!violations.empty()) CheckPrincipal(principal, "principal.", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Principal made,
                          app_.CreatePrincipal(call, std::move(principal), request.principal().member(), key));
  return ToProto(made);
}

absl::StatusOr<v1::ListPrincipalsResponse> AccessRpc::ListPrincipals(const Call& call,
                                                                     const v1::ListPrincipalsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(common::Page<Principal> page,
                          app_.ListPrincipals(call, request.page_size(), request.page_token()));
  v1::ListPrincipalsResponse response;
  for (const Principal& principal : page.items) *response.add_principals() = ToProto(principal);
  response.set_next_page_token(std::move(page.next));
  return response;
}

absl::StatusOr<v1::Grant> AccessRpc::CreateGrant(const Call& call, const v1::CreateGrantRequest& request) {
  common::Violations violations;
  common::RequestKey key = KeyOf(call, request.request_id(), request, violations);
  const v1::Grant& sent = request.grant();
  GrantRequest grant{sent.principal(), static_cast<Role>(sent.role()), sent.unit(), std::nullopt, std::nullopt};
  if (sent.has_start_time()) grant.start = ReadTime(sent.start_time(), "grant.start_time", violations);
  if (sent.has_end_time()) grant.end = ReadTime(sent.end_time(), "grant.end_time", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(NamedGrant made, app_.CreateGrant(call, grant, key));
  return ToProto(made);
}

absl::StatusOr<v1::ListGrantsResponse> AccessRpc::ListGrants(const Call& call, const v1::ListGrantsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(common::Page<NamedGrant> page, app_.ListGrants(call, request.parent(), request.page_size(),
                                                                         request.page_token(), request.show_ended()));
  v1::ListGrantsResponse response;
  for (const NamedGrant& grant : page.items) *response.add_grants() = ToProto(grant);
  response.set_next_page_token(std::move(page.next));
  return response;
}

absl::StatusOr<v1::Grant> AccessRpc::RevokeGrant(const Call& call, const v1::RevokeGrantRequest& request) {
  common::Violations violations;
  common::RequestKey key = KeyOf(call, request.request_id(), request, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(NamedGrant revoked, app_.RevokeGrant(call, request.name(), key));
  return ToProto(revoked);
}

absl::StatusOr<v1::RevokeTokenResponse> AccessRpc::RevokeToken(const Call& call,
                                                               const v1::RevokeTokenRequest& request) {
  common::Violations violations;
  common::RequestKey key = KeyOf(call, request.request_id(), request, violations);
  std::optional<absl::Time> expire;
  if (request.has_expire_time()) expire = ReadTime(request.expire_time(), "expire_time", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(int64_t revision, app_.RevokeToken(call, request.jti(), expire, key));
  v1::RevokeTokenResponse response;
  response.set_revision(gate_.Token(common::kStructurePartition, revision));
  return response;
}

}  // namespace ronghe::organization
