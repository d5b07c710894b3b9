#include "services/organization/app/access_app.h"

#include <algorithm>
#include <charconv>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "services/organization/app/unit_app.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

constexpr std::string_view kAllUnits = "units/-";
constexpr std::string_view kPrincipals = "principals";
constexpr std::string_view kGrants = "grants";
constexpr int kScan = 500;
constexpr size_t kMaxJti = 128;
constexpr absl::Duration kMaxRevocation = absl::Hours(24 * 30);

std::string NameOf(std::string_view collection, int64_t id) {
  return fmt::format("{}/{}", collection, id);
}

absl::Status BadName(std::string field, std::string_view form_en, std::string_view form_zh) {
  return common::InvalidArgument(std::move(field), "BAD_NAME",
                                 {fmt::format("must have the form {}", form_en), fmt::format("格式应为 {}", form_zh)});
}

absl::StatusOr<int64_t> ReadAfter(const common::TokenSigner& signer, std::string_view query,
                                  const std::string& page_token) {
  RONGHE_ASSIGN_OR_RETURN(std::string position, common::ReadPageToken(signer, query, page_token));
  int64_t after = 0;
  std::from_chars(position.data(), position.data() + position.size(), after);
  return after;
}

absl::StatusOr<Principal> FindNamedPrincipal(AccessReader& reader, const std::string& name) {
  int64_t id = IdFromName(name, kPrincipals);
  RONGHE_ASSIGN_OR_RETURN(std::optional<Principal> principal, reader.FindPrincipal(id));
  if (!principal) return common::NotFound(name);
  return *std::move(principal);
}

absl::Status CheckGrant(const GrantRequest& request, absl::Time now) {
  common::Violations violations;
  if (request.principal.empty()) {
    violations.Add("grant.principal", "REQUIRED", {"is required", "必填"});
  } else if (IdFromName(request.principal, kPrincipals) == 0) {
    violations.AddAll(BadName("grant.principal", "principals/{id}", "principals/{编号}"));
  }
  if (request.role == Role::kUnspecified) {
    violations.Add("grant.role", "REQUIRED", {"is required", "必填"});
  } else if (request.role == Role::kService) {
    violations.Add("grant.role", "ROLE_NOT_GRANTABLE", {"this role is never granted", "该角色不可授予"});
  } else if (!IsGrantable(request.role)) {
    violations.Add("grant.role", "UNKNOWN_VALUE", {"is not a known value", "取值未知"});
  }
  if (request.unit != kAllUnits) violations.AddAll(CodeFromName(request.unit, "grant.unit").status());
  if (request.end && *request.end <= std::max(now, request.start.value_or(now))) {
    violations.Add("grant.end_time", "BAD_RANGE",
                   {"must lie in the future and after start_time", "须晚于当前时间和 start_time"});
  }
  return violations.ToStatus();
}

// Whether the caller decides about this unit as an operator, and not only as an officer.
absl::StatusOr<bool> IsOperator(AccessReader& reader, const Tree& tree, const common::Actor& actor,
                                common::UnitUid unit, absl::Time now) {
  if (actor.principal_id == 0) return false;
  RONGHE_ASSIGN_OR_RETURN(std::vector<Grant> grants, reader.GrantsOf({&actor.principal_id, 1}));
  return std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
    if (grant.role != Role::kOperator || !grant.InForce(now)) return false;
    return !grant.unit || (unit && tree.IsWithin(unit, grant.unit));
  });
}

absl::Status NotGrantable() {
  return common::PermissionDenied("ROLE_NOT_GRANTABLE",
                                  {"an officer may not grant or revoke this role", "管理员无权授予或撤销该角色"});
}

// Principals with a grant in the scope, and those that have none.
bool MaySee(const common::Scope& scope, const Tree& tree, const std::vector<Grant>& grants, absl::Time now) {
  if (scope.everything) return true;
  bool has_grants = false;
  for (const Grant& grant : grants) {
    if (grant.Ended(now)) continue;
    has_grants = true;
    if (grant.unit && tree.Covers(scope, grant.unit)) return true;
  }
  return !has_grants;
}

}  // namespace

NamedGrant AccessApp::Named(Grant grant) const {
  std::string unit = grant.unit ? "units/" + tree_.CodeOf(grant.unit) : std::string(kAllUnits);
  return {std::move(grant), std::move(unit)};
}

absl::StatusOr<CallerInfo> AccessApp::GetCaller(const common::Call& call) {
  CallerInfo info;
  absl::Time now = clock_.Now();
  if (call.actor.principal_id != 0) {
    std::vector<Grant> grants;
    RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](AccessReader& reader) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(std::optional<Principal> principal, reader.FindPrincipal(call.actor.principal_id));
      if (principal) info.principal = *std::move(principal);
      RONGHE_ASSIGN_OR_RETURN(grants, reader.GrantsOf({&call.actor.principal_id, 1}));
      return absl::OkStatus();
    }));
    for (Grant& grant : grants) {
      if (grant.InForce(now)) info.grants.push_back(Named(std::move(grant)));
    }
  }
  if (info.principal.id == 0) {
    size_t bar = call.actor.key.find('|');
    info.principal.issuer = call.actor.key.substr(0, bar);
    if (bar != std::string::npos) info.principal.subject = call.actor.key.substr(bar + 1);
  }
  return info;
}

absl::StatusOr<Principal> AccessApp::CreatePrincipal(const common::Call& call, Principal principal,
                                                     const std::string& member, const common::RequestKey& key) {
  common::Violations violations;
  CheckPrincipal(principal, "principal.", violations);
  principal.member_id = 0;
  if (!member.empty()) {
    principal.member_id = IdFromName(member, "members");
    if (principal.member_id == 0 || !owners_.Has("members")) {
      violations.AddAll(BadName("principal.member", "members/{id}", "members/{编号}"));
    }
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (principal.member_id != 0) {
    RONGHE_ASSIGN_OR_RETURN(common::UnitUid home, owners_.OwnerOf(member, call.deadline));
    if (!tree_.Covers(call.scope, home)) return common::NotFound(member);
  }
  std::optional<Principal> made;
  auto create = [&](AccessTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<DoneBefore> done, txn.Claim(key));
    if (done) {
      RONGHE_ASSIGN_OR_RETURN(made, FindNamedPrincipal(txn, done->resource));
      return absl::OkStatus();
    }
    Principal created = principal;
    created.created = txn.now();
    RONGHE_ASSIGN_OR_RETURN(made, txn.InsertPrincipal(std::move(created)));
    txn.Remember(NameOf(kPrincipals, made->id));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(store_.Write(call, create).status());
  gate_.MakeVisible(made->revision, call.deadline);
  return *std::move(made);
}

absl::StatusOr<common::Page<Principal>> AccessApp::ListPrincipals(const common::Call& call, int page_size,
                                                                  const std::string& page_token) {
  RONGHE_ASSIGN_OR_RETURN(int size, common::PageSize(page_size));
  RONGHE_ASSIGN_OR_RETURN(int64_t after, ReadAfter(signer_, kPrincipals, page_token));
  common::Page<Principal> page;
  absl::Time now = clock_.Now();
  bool more = true;
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](AccessReader& reader) -> absl::Status {
    while (more) {
      RONGHE_ASSIGN_OR_RETURN(std::vector<Principal> some, reader.Principals(after, kScan));
      more = some.size() == static_cast<size_t>(kScan);
      std::vector<int64_t> ids;
      for (const Principal& principal : some) ids.push_back(principal.id);
      absl::flat_hash_map<int64_t, std::vector<Grant>> grants;
      if (!call.scope.everything) {
        RONGHE_ASSIGN_OR_RETURN(std::vector<Grant> found, reader.GrantsOf(ids));
        for (Grant& grant : found) grants[grant.principal_id].push_back(std::move(grant));
      }
      for (Principal& principal : some) {
        if (!MaySee(call.scope, tree_, grants[principal.id], now)) continue;
        if (page.items.size() == static_cast<size_t>(size)) {
          page.next = common::MakePageToken(signer_, kPrincipals, fmt::format("{}", page.items.back().id));
          return absl::OkStatus();
        }
        page.items.push_back(std::move(principal));
      }
      if (!ids.empty()) after = ids.back();
    }
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<NamedGrant> AccessApp::CreateGrant(const common::Call& call, const GrantRequest& request,
                                                  const common::RequestKey& key) {
  RONGHE_RETURN_IF_ERROR(CheckGrant(request, clock_.Now()));
  Grant grant;
  grant.role = request.role;
  if (request.unit == kAllUnits) {
    if (!call.scope.everything) {
      return common::PermissionDenied("NEEDS_ALL_UNITS", {"a grant on everything needs the permission on everything",
                                                          "授予全部组织的权限，须本身拥有全部组织的权限"});
    }
  } else {
    std::optional<TreeUnit> unit = tree_.FindByCode(request.unit.substr(std::string_view("units/").size()));
    if (!unit) return common::NotFound(request.unit);
    grant.unit = unit->uid;
  }
  std::optional<Grant> made;
  auto create = [&](AccessTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<DoneBefore> done, txn.Claim(key));
    if (done) {
      RONGHE_ASSIGN_OR_RETURN(made, txn.FindGrant(IdFromName(done->resource, kGrants)));
      return made ? absl::OkStatus() : common::NotFound(done->resource);
    }
    RONGHE_ASSIGN_OR_RETURN(made, MakeGrant(call, txn, request, grant));
    txn.Remember(NameOf(kGrants, made->id));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(store_.Write(call, create).status());
  gate_.MakeVisible(made->revision, call.deadline);
  return Named(*std::move(made));
}

absl::StatusOr<Grant> AccessApp::MakeGrant(const common::Call& call, AccessTxn& txn, const GrantRequest& request,
                                           Grant grant) {
  RONGHE_ASSIGN_OR_RETURN(Principal principal, FindNamedPrincipal(txn, request.principal));
  RONGHE_ASSIGN_OR_RETURN(std::vector<Grant> known, txn.GrantsOf({&principal.id, 1}));
  if (!MaySee(call.scope, tree_, known, txn.now())) return common::NotFound(request.principal);
  if (IsSamePerson(call.actor.principal_id, call.actor.member_id, principal.id, principal.member_id)) {
    return common::PermissionDenied("SELF_GRANT", {"nobody grants a role to oneself", "不能为自己授予角色"});
  }
  if (!OfficerMayGrant(grant.role)) {
    RONGHE_ASSIGN_OR_RETURN(bool is_operator, IsOperator(txn, tree_, call.actor, grant.unit, txn.now()));
    if (!is_operator) return NotGrantable();
  }
  if (grant.role == Role::kMember && principal.member_id == 0) {
    return common::FailedPrecondition(
        "PRINCIPAL_WITHOUT_MEMBER", {"the principal is not registered as a member", "该主体未关联党员"},
        {{"PRINCIPAL_WITHOUT_MEMBER", request.principal, {"has no member", "未关联党员"}}});
  }
  grant.principal_id = principal.id;
  grant.start = request.start.value_or(txn.now());
  grant.end = request.end.value_or(absl::InfiniteFuture());
  return txn.InsertGrant(std::move(grant));
}

absl::StatusOr<common::Page<NamedGrant>> AccessApp::ListGrants(const common::Call& call, const std::string& parent,
                                                               int page_size, const std::string& page_token,
                                                               bool show_ended) {
  common::Violations violations;
  absl::StatusOr<int> size = common::PageSize(page_size);
  violations.AddAll(size.status());
  std::string query = fmt::format("grants|{}|{}", parent, show_ended);
  absl::StatusOr<int64_t> after = ReadAfter(signer_, query, page_token);
  violations.AddAll(after.status());
  bool all = parent == kAllUnits;
  if (!all) violations.AddAll(CodeFromName(parent, "parent").status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::optional<TreeUnit> top;
  if (!all) {
    top = tree_.FindByCode(parent.substr(std::string_view("units/").size()));
    if (!top) return common::NotFound(parent);
  }
  absl::Time now = clock_.Now();
  auto wanted = [&](const Grant& grant) {
    if (!show_ended && grant.Ended(now)) return false;
    if (!grant.unit) return all && call.scope.everything;
    return all ? tree_.Find(grant.unit).has_value() && tree_.Covers(call.scope, grant.unit)
               : tree_.IsWithin(grant.unit, top->uid);
  };
  common::Page<NamedGrant> page;
  RONGHE_RETURN_IF_ERROR(store_.Read(call.deadline, [&](AccessReader& reader) -> absl::Status {
    bool more = true;
    while (more) {
      RONGHE_ASSIGN_OR_RETURN(std::vector<Grant> some, reader.Grants(*after, kScan));
      more = some.size() == static_cast<size_t>(kScan);
      if (!some.empty()) after = some.back().id;
      for (Grant& grant : some) {
        if (!wanted(grant)) continue;
        if (page.items.size() == static_cast<size_t>(*size)) {
          page.next = common::MakePageToken(signer_, query, fmt::format("{}", page.items.back().grant.id));
          return absl::OkStatus();
        }
        page.items.push_back(Named(std::move(grant)));
      }
    }
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<NamedGrant> AccessApp::RevokeGrant(const common::Call& call, const std::string& name,
                                                  const common::RequestKey& key) {
  int64_t id = IdFromName(name, kGrants);
  if (id == 0) return BadName("name", "grants/{id}", "grants/{编号}");
  std::optional<Grant> revoked;
  auto revoke = [&](AccessTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<DoneBefore> done, txn.Claim(key));
    RONGHE_ASSIGN_OR_RETURN(revoked, txn.FindGrant(id));
    if (!revoked) return common::NotFound(name);
    if (done) return absl::OkStatus();
    txn.Remember(name);
    if (revoked->revoked) return absl::OkStatus();
    if (!OfficerMayGrant(revoked->role)) {
      RONGHE_ASSIGN_OR_RETURN(bool is_operator, IsOperator(txn, tree_, call.actor, revoked->unit, txn.now()));
      if (!is_operator) return NotGrantable();
    }
    RONGHE_ASSIGN_OR_RETURN(revoked, txn.RevokeGrant(*revoked));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(store_.Write(call, revoke).status());
  gate_.MakeVisible(revoked->revision, call.deadline);
  return Named(*std::move(revoked));
}

absl::StatusOr<int64_t> AccessApp::RevokeToken(const common::Call& call, const std::string& jti,
                                               std::optional<absl::Time> expire, const common::RequestKey& key) {
  common::Violations violations;
  CheckText({"jti", 1, kMaxJti}, jti, violations);
  if (!expire) {
    violations.Add("expire_time", "REQUIRED", {"is required", "必填"});
  } else if (*expire > clock_.Now() + kMaxRevocation) {
    violations.Add("expire_time", "TOO_FAR", {"lies more than 30 days ahead", "晚于 30 天之后"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  int64_t revision = 0;
  auto revoke = [&](AccessTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<DoneBefore> done, txn.Claim(key));
    if (done) {
      revision = done->revision;
      return absl::OkStatus();
    }
    RONGHE_ASSIGN_OR_RETURN(revision, txn.RevokeToken(jti, *expire));
    txn.Remember("tokens");
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(store_.Write(call, revoke).status());
  gate_.MakeVisible(revision, call.deadline);
  return revision;
}

absl::StatusOr<common::UnitUid> AccessApp::OwnerOfGrant(std::string_view name, int64_t id, absl::Time deadline) {
  std::optional<Grant> grant;
  RONGHE_RETURN_IF_ERROR(store_.Read(deadline, [&](AccessReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(grant, reader.FindGrant(id));
    return absl::OkStatus();
  }));
  if (!grant) return common::NotFound(std::string(name));
  return grant->unit;
}

absl::StatusOr<common::UnitUid> AccessApp::OwnerOfPrincipal(std::string_view name, int64_t id, absl::Time deadline) {
  std::optional<Principal> principal;
  RONGHE_RETURN_IF_ERROR(store_.Read(deadline, [&](AccessReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(principal, reader.FindPrincipal(id));
    return absl::OkStatus();
  }));
  if (!principal) return common::NotFound(std::string(name));
  return common::UnitUid();
}

absl::StatusOr<bool> AccessApp::Bootstrap(const std::string& issuer, const std::string& subject) {
  Principal principal;
  principal.issuer = issuer;
  principal.subject = subject;
  principal.note = "first administrator";
  common::Violations violations;
  CheckPrincipal(principal, "bootstrap-administrator.", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  common::Call call;
  bool did = false;
  auto make = [&](AccessTxn& txn) -> absl::Status {
    did = false;
    RONGHE_ASSIGN_OR_RETURN(bool has_grants, txn.HasGrants());
    if (has_grants) return absl::OkStatus();
    RONGHE_ASSIGN_OR_RETURN(std::optional<Principal> known, txn.FindPrincipalBySubject(issuer, subject));
    if (!known) {
      Principal created = principal;
      created.created = txn.now();
      RONGHE_ASSIGN_OR_RETURN(known, txn.InsertPrincipal(std::move(created)));
    }
    for (Role role : {Role::kOperator, Role::kOfficer, Role::kAuditor}) {
      Grant grant;
      grant.principal_id = known->id;
      grant.role = role;
      grant.start = txn.now();
      RONGHE_RETURN_IF_ERROR(txn.InsertGrant(std::move(grant)).status());
    }
    did = true;
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(store_.Write(call, make).status());
  return did;
}

}  // namespace ronghe::organization
