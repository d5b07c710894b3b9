#include <algorithm>
#include <utility>

#include <absl/strings/match.h>

#include "services/common/auth/auth.h"
#include "services/common/values/resource_name.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kUnits = "units/";
constexpr size_t kMaxName = 256;

absl::Status RoleMissing() {
  return PermissionDenied("ROLE_MISSING", {"None of your roles permits this.", "您的角色没有此项权限。"});
}

absl::Status NeedsAllUnits() {
  return PermissionDenied("NEEDS_ALL_UNITS", {"This needs a role on all units.", "此操作需要对全部组织拥有角色。"});
}

absl::Status ScopeChanged() {
  return PermissionDenied("SCOPE_CHANGED",
                          {"Your roles have changed; open the stream again.", "您的角色已变更，请重新打开数据流。"});
}

// `collection/id`, printable and without blanks; what an id may be in detail is the owner's matter.
bool IsName(std::string_view name) {
  size_t slash = name.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == name.size() || name.size() > kMaxName) return false;
  if (name.substr(0, slash + 1) == kUnits && name.find('/', slash + 1) != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

// What has one form only, `Bearer TOKEN`; empty for another scheme.
std::string_view BearerToken(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size()) return {};
  if (!absl::EqualsIgnoreCase({header.data(), kScheme.size()}, {kScheme.data(), kScheme.size()})) return {};
  return header.substr(kScheme.size());
}

bool Lists(const v1::MethodPolicy& policy, std::string_view service) {
  const auto& services = policy.services();
  return std::find(services.begin(), services.end(), service) != services.end();
}

bool IsEmpty(const Scope& scope) {
  return !scope.everything && scope.units.empty();
}

}  // namespace

absl::StatusOr<UnitUid> NoOwners::OwnerOf(std::string_view resource, absl::Time) {
  return NotFound(std::string(resource));
}

Authorizer::Authorizer(TokenVerifier& verifier, const Directory& directory, OwnerResolver& resolver, const Clock& clock)
    : verifier_(verifier), directory_(directory), resolver_(resolver), clock_(clock) {}

absl::StatusOr<Claims> Authorizer::VerifyBearer(std::string_view header) const {
  std::string_view token = BearerToken(header);
  if (token.empty() && !header.empty()) {
    return Unauthenticated("TOKEN_MALFORMED",
                           {"The token must be sent as `Bearer TOKEN`.", "令牌须以 `Bearer TOKEN` 的形式发送。"});
  }
  RONGHE_ASSIGN_OR_RETURN(Claims claims, verifier_.Verify(token));
  if (directory_.IsRevoked(claims.jti)) {
    return Unauthenticated("TOKEN_REVOKED", {"The token has been revoked.", "令牌已被吊销。"});
  }
  return claims;
}

absl::StatusOr<Authorizer::Identity> Authorizer::Identify(const Credentials& credentials) const {
  Identity identity;
  RONGHE_ASSIGN_OR_RETURN(identity.claims, VerifyBearer(credentials.authorization));
  identity.actor.key = identity.claims.issuer + "|" + identity.claims.subject;
  identity.is_service = identity.claims.issuer == kSuiteIssuer;
  if (identity.is_service) identity.actor.service = identity.claims.subject;
  if (!credentials.service.empty()) {
    RONGHE_ASSIGN_OR_RETURN(Claims service, VerifyBearer(credentials.service));
    if (service.issuer != kSuiteIssuer) {
      return Unauthenticated("TOKEN_ISSUER", {"x-ronghe-service needs a token of the suite.",
                                              "x-ronghe-service 须使用本套件签发的令牌。"});
    }
    if (!identity.is_service) identity.actor.service = std::move(service.subject);
    identity.service_jti = std::move(service.jti);
  }
  if (identity.is_service) return identity;
  std::optional<DirectoryPrincipal> principal =
      directory_.FindPrincipal(identity.claims.issuer, identity.claims.subject);
  if (!principal) return identity;
  identity.actor.principal_id = principal->id;
  identity.actor.member_id = principal->member_id;
  identity.grants = directory_.GrantsOf(principal->id, clock_.Now());
  return identity;
}

absl::StatusOr<Scope> Authorizer::Authorize(const Identity& identity, const MethodAccess& access,
                                            const google::protobuf::Message& request, absl::Time deadline) const {
  const v1::MethodPolicy& policy = access.policy();
  RONGHE_RETURN_IF_ERROR(CheckService(identity, policy));
  RONGHE_RETURN_IF_ERROR(CheckFresh(policy.effect()));
  Scope scope;
  if (identity.is_service) {
    scope.everything = true;
  } else {
    scope = ScopeOf(identity.grants, policy.permission());
  }
  if (policy.scope() == v1::SCOPE_CALLER && policy.permission() == v1::PERMISSION_IDENTIFIED) return scope;
  if (IsEmpty(scope)) return RoleMissing();
  if (policy.scope() == v1::SCOPE_ALL && !scope.everything) return NeedsAllUnits();
  if (policy.scope() == v1::SCOPE_UNIT) RONGHE_RETURN_IF_ERROR(CheckTargets(access, scope, request, deadline));
  return scope;
}

absl::Status Authorizer::Recheck(const Identity& identity, const MethodAccess& access, const Scope& scope,
                                 const google::protobuf::Message* request) const {
  const v1::MethodPolicy& policy = access.policy();
  absl::Time now = clock_.Now();
  if (identity.claims.expire <= now) {
    return Unauthenticated("TOKEN_EXPIRED", {"The token has expired.", "令牌已过期。"});
  }
  if (directory_.IsRevoked(identity.claims.jti) ||
      (!identity.service_jti.empty() && directory_.IsRevoked(identity.service_jti))) {
    return Unauthenticated("TOKEN_REVOKED", {"The token has been revoked.", "令牌已被吊销。"});
  }
  RONGHE_RETURN_IF_ERROR(CheckFresh(policy.effect()));
  if (identity.is_service) return absl::OkStatus();
  std::optional<DirectoryPrincipal> principal =
      directory_.FindPrincipal(identity.claims.issuer, identity.claims.subject);
  Scope current;
  if (principal) current = ScopeOf(directory_.GrantsOf(principal->id, now), policy.permission());
  bool identified_is_enough = policy.scope() == v1::SCOPE_CALLER && policy.permission() == v1::PERMISSION_IDENTIFIED;
  if (IsEmpty(current) && !identified_is_enough) return RoleMissing();
  if (current.everything) return absl::OkStatus();
  if (scope.everything) return ScopeChanged();
  for (UnitUid unit : scope.units) {
    bool kept = std::find(current.units.begin(), current.units.end(), unit) != current.units.end();
    if (!kept && !directory_.ScopeCovers(current, unit)) return ScopeChanged();
  }
  if (request == nullptr || policy.scope() != v1::SCOPE_UNIT) return absl::OkStatus();
  // Units move.
  for (const MethodAccess::Target& target : access.TargetsOf(*request)) {
    if (!target.name.starts_with(kUnits) || target.name == kAllUnits) continue;
    std::optional<DirectoryUnit> unit = directory_.FindByCode(std::string_view(target.name).substr(kUnits.size()));
    if (!unit || !directory_.ScopeCovers(current, unit->uid)) return NotFound(target.name);
  }
  return absl::OkStatus();
}

absl::Status Authorizer::CheckFresh(v1::Effect effect) const {
  if (effect == v1::EFFECT_NONE) return absl::OkStatus();
  if (!directory_.loaded()) {
    return Unavailable("DIRECTORY_LOADING",
                       {"Structure and grants are still being loaded.", "组织结构与授权正在加载。"});
  }
  // Should the clock have been set back, the last word from the source is as doubtful as an old one.
  absl::Duration age = absl::AbsDuration(clock_.Now() - directory_.last_heard());
  if (age <= (effect == v1::EFFECT_READ ? kStaleForReads : kStaleForWrites)) return absl::OkStatus();
  return Unavailable("DIRECTORY_STALE", {"This process is cut off from structure and grants.",
                                         "本进程与组织结构及授权的数据源失去联系。"});
}

absl::Status Authorizer::CheckService(const Identity& identity, const v1::MethodPolicy& policy) const {
  const std::string& service = identity.actor.service;
  if (service.empty()) return absl::OkStatus();
  bool listed = Lists(policy, service);
  bool allowed = identity.is_service ? listed && RoleHolds(v1::ROLE_SERVICE, policy.permission())
                                     : listed || service == kGatewayService;
  if (allowed) return absl::OkStatus();
  return PermissionDenied("SERVICE_NOT_ALLOWED",
                          {"This process of the suite may not call this method.", "本套件的该进程无权调用此方法。"});
}

absl::Status Authorizer::CheckTargets(const MethodAccess& access, const Scope& scope,
                                      const google::protobuf::Message& request, absl::Time deadline) const {
  const v1::MethodPolicy& policy = access.policy();
  bool writes = policy.effect() == v1::EFFECT_WRITE;
  bool all_units = false;
  Violations violations;
  std::vector<MethodAccess::Target> named;
  for (MethodAccess::Target& target : access.TargetsOf(request)) {
    bool for_all = target.name.empty() || target.name == kAllUnits;
    if (for_all && target.first && policy.all_units_allowed()) {
      all_units = true;
    } else if (target.name.empty()) {
      violations.Add(std::move(target.field), "REQUIRED", {"This must be set.", "此项必填。"});
    } else if (for_all || !IsName(target.name)) {
      violations.Add(std::move(target.field), "BAD_NAME",
                     {"This is not the name of a resource that is allowed here.", "此处须填写有效的资源名称。"});
    } else {
      named.push_back(std::move(target));
    }
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (all_units && writes && !scope.everything) return NeedsAllUnits();
  for (const MethodAccess::Target& target : named) {
    absl::Status status = CheckTarget(target.name, scope, deadline);
    if (absl::IsInvalidArgument(status)) return InvalidArgument(target.field, "BAD_NAME", TextOf(status));
    RONGHE_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status Authorizer::CheckTarget(const std::string& name, const Scope& scope, absl::Time deadline) const {
  UnitUid owner;
  if (name.starts_with(kUnits)) {
    std::string_view code = std::string_view(name).substr(kUnits.size());
    std::optional<DirectoryUnit> unit = directory_.FindByCode(code);
    if (!unit && resolver_.CatchUp(deadline)) unit = directory_.FindByCode(code);
    if (!unit) return NotFound(name);
    owner = unit->uid;
  } else {
    RONGHE_ASSIGN_OR_RETURN(owner, resolver_.OwnerOf(name, deadline));
    // The resource may be newer than the directory.
    if (owner && !scope.everything && !directory_.Find(owner)) resolver_.CatchUp(deadline);
  }
  return directory_.ScopeCovers(scope, owner) ? absl::OkStatus() : NotFound(name);
}

Scope Authorizer::ScopeOf(const std::vector<DirectoryGrant>& grants, v1::Permission permission) const {
  Scope scope;
  for (const DirectoryGrant& grant : grants) {
    // Role service comes from the suite's key alone, whatever a grant may say.
    if (grant.role == v1::ROLE_SERVICE || !RoleHolds(static_cast<v1::Role>(grant.role), permission)) continue;
    if (!grant.unit) return Scope{.everything = true, .units = {}};
    scope.units.push_back(grant.unit);
  }
  std::sort(scope.units.begin(), scope.units.end());
  scope.units.erase(std::unique(scope.units.begin(), scope.units.end()), scope.units.end());
  if (scope.units.size() < 2) return scope;
  std::vector<UnitUid> roots;
  for (UnitUid unit : scope.units) {
    Scope others = scope;
    std::erase(others.units, unit);
    if (!directory_.ScopeCovers(others, unit)) roots.push_back(unit);
  }
  scope.units = std::move(roots);
  return scope;
}

}  // namespace ronghe::common
