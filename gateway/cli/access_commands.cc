#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/resources.h"
#include "gateway/cli/row_mapper.h"
#include "ronghe/organization/v1/access_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::AccessService;

const std::vector<std::string_view> kGrantFields = {"name",       "principal", "role", "unit",
                                                    "start_time", "end_time",  "state"};

absl::Status ListPrincipals(Session& session, AccessService::Stub& stub, std::vector<v1::Principal>& principals) {
  v1::ListPrincipalsRequest request;
  request.set_page_size(1000);
  return session.CallPages<AccessService::Stub, v1::ListPrincipalsRequest, v1::ListPrincipalsResponse>(
      stub, &AccessService::Stub::ListPrincipals, request, [&](v1::ListPrincipalsResponse& response) {
        principals.insert(principals.end(), response.principals().begin(), response.principals().end());
      });
}

// The principal with this issuer and subject; registered if nobody has done so.
absl::StatusOr<std::string> FindOrRegister(Session& session, AccessService::Stub& stub, const GrantOptions& options) {
  v1::CreatePrincipalRequest request;
  request.mutable_principal()->set_issuer(options.issuer);
  request.mutable_principal()->set_subject(options.subject);
  request.set_request_id(session.NewRequestId());
  auto created = session.Call<AccessService::Stub, v1::CreatePrincipalRequest, v1::Principal>(
      stub, &AccessService::Stub::CreatePrincipal, request);
  if (created.ok()) return created->name();
  if (created.status().code() != absl::StatusCode::kAlreadyExists) return created.status();
  std::vector<v1::Principal> principals;
  RONGHE_RETURN_IF_ERROR(ListPrincipals(session, stub, principals));
  for (const v1::Principal& principal : principals) {
    if (principal.issuer() == options.issuer && principal.subject() == options.subject) return principal.name();
  }
  return created.status();
}

// A date is its beginning in UTC; otherwise RFC 3339.
void SetTime(google::protobuf::Timestamp& time, const char* field, const std::string& text,
             common::Violations& violations) {
  std::string error;
  absl::Time value;
  if (!absl::ParseTime(absl::RFC3339_full, text, &value, &error) &&
      !absl::ParseTime("%Y-%m-%d", text, &value, &error)) {
    violations.Add(field, "BAD_TIME",
                   {"not a time: write 2026-01-31T08:00:00+08:00 or 2026-01-31",
                    "不是有效时间：请写作 2026-01-31T08:00:00+08:00 或 2026-01-31"});
    return;
  }
  time.set_seconds(absl::ToUnixSeconds(value));
}

std::string Prefixed(const std::string& text, std::string_view collection) {
  return text.find('/') == std::string::npos ? fmt::format("{}/{}", collection, text) : text;
}

}  // namespace

absl::Status RunGrantList(const GrantOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = AccessService::NewStub(session->channel());
  v1::ListGrantsRequest request;
  request.set_parent(UnitName(options.unit.empty() ? "-" : options.unit));
  request.set_show_ended(options.show_ended);
  request.set_page_size(1000);
  std::vector<v1::Grant> grants;
  RONGHE_RETURN_IF_ERROR((session->CallPages<AccessService::Stub, v1::ListGrantsRequest, v1::ListGrantsResponse>(
      *stub, &AccessService::Stub::ListGrants, request, [&](v1::ListGrantsResponse& response) {
        grants.insert(grants.end(), response.grants().begin(), response.grants().end());
      })));
  PrintList(context, grants, kGrantFields);
  return absl::OkStatus();
}

absl::Status RunGrantCreate(const GrantOptions& options, Context& context) {
  v1::CreateGrantRequest request;
  v1::Grant& grant = *request.mutable_grant();
  common::Violations violations;
  SetField(grant, v1::Grant::descriptor()->FindFieldByName("role"), options.role, violations);
  if (!options.start.empty()) SetTime(*grant.mutable_start_time(), "start", options.start, violations);
  if (!options.end.empty()) SetTime(*grant.mutable_end_time(), "end", options.end, violations);
  if (options.principal.empty() && (options.issuer.empty() || options.subject.empty())) {
    violations.Add("principal", "REQUIRED",
                   {"give --principal, or --issuer and --subject", "请给出 --principal,或 --issuer 与 --subject"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = AccessService::NewStub(session->channel());
  std::string principal = Prefixed(options.principal, "principals");
  if (options.principal.empty()) {
    RONGHE_ASSIGN_OR_RETURN(principal, FindOrRegister(*session, *stub, options));
  }
  grant.set_principal(principal);
  grant.set_unit(UnitName(options.unit));
  request.set_request_id(session->NewRequestId());
  RONGHE_ASSIGN_OR_RETURN(v1::Grant made, (session->Call<AccessService::Stub, v1::CreateGrantRequest, v1::Grant>(
                                              *stub, &AccessService::Stub::CreateGrant, request)));
  PrintResource(context, made);
  return absl::OkStatus();
}

absl::Status RunGrantRevoke(const GrantOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = AccessService::NewStub(session->channel());
  v1::RevokeGrantRequest request;
  request.set_name(Prefixed(options.grant, "grants"));
  request.set_request_id(session->NewRequestId());
  RONGHE_ASSIGN_OR_RETURN(v1::Grant revoked, (session->Call<AccessService::Stub, v1::RevokeGrantRequest, v1::Grant>(
                                                 *stub, &AccessService::Stub::RevokeGrant, request)));
  PrintResource(context, revoked);
  return absl::OkStatus();
}

absl::Status RunPrincipalList(Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = AccessService::NewStub(session->channel());
  std::vector<v1::Principal> principals;
  RONGHE_RETURN_IF_ERROR(ListPrincipals(*session, *stub, principals));
  PrintList(context, principals, {"name", "issuer", "subject", "member", "note", "create_time"});
  return absl::OkStatus();
}

absl::Status RunWhoami(Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = AccessService::NewStub(session->channel());
  RONGHE_ASSIGN_OR_RETURN(v1::GetCallerResponse caller,
                          (session->Call<AccessService::Stub, v1::GetCallerRequest, v1::GetCallerResponse>(
                              *stub, &AccessService::Stub::GetCaller, v1::GetCallerRequest())));
  if (context.console().json) {
    context.out() << ToJson(caller, /*indented=*/true);
    return absl::OkStatus();
  }
  PrintResource(context, caller.principal());
  if (caller.principal().name().empty()) {
    context.err() << context.console().Say({"not registered: no grants", "尚未登记，没有任何授权"}) << '\n';
    return absl::OkStatus();
  }
  const std::vector<v1::Grant> grants(caller.grants().begin(), caller.grants().end());
  PrintList(context, grants, {"role", "unit", "start_time", "end_time"});
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
