#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/organization/app/access_app.h"
#include "services/organization/app/access_parts.h"
#include "services/organization/app/unit_app.h"

// Grants: the part of AccessApp that says who may do what.
namespace ronghe::organization {
namespace {

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
  if (request.unit != common::kAllUnits) violations.AddAll(CodeFromName(request.unit, "grant.unit").status());
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

// Whether the caller may grant and revoke this role on this unit. An officer makes and unmakes officers only below the
// own unit: at the same unit one could give back to another, by way of a third, what an operator has taken or limited.
absl::Status MayDecide(AccessReader& reader, const Tree& tree, const common::Call& call, const Grant& grant,
                       absl::Time now) {
  RONGHE_ASSIGN_OR_RETURN(bool is_operator, IsOperator(reader, tree, call.actor, grant.unit, now));
  if (is_operator) return absl::OkStatus();
  if (!OfficerMayGrant(grant.role)) return NotGrantable();
  const std::vector<common::UnitUid>& own = call.scope.units;
  const bool at_own_unit = grant.unit ? std::find(own.begin(), own.end(), grant.unit) != own.end() : true;
  if (grant.role == Role::kOfficer && at_own_unit) {
    return common::PermissionDenied("OFFICER_AT_OWN_UNIT",
                                    {"an officer grants and revokes the role of officer only below the own unit",
                                     "管理员只能在本组织的下级组织授予或撤销管理员角色"});
  }
  return absl::OkStatus();
}

}  // namespace

NamedGrant AccessApp::Named(Grant grant) const {
  std::string unit = grant.unit ? "units/" + tree_.CodeOf(grant.unit) : std::string(common::kAllUnits);
  return {std::move(grant), std::move(unit)};
}

absl::StatusOr<NamedGrant> AccessApp::CreateGrant(const common::Call& call, const GrantRequest& request,
                                                  const common::RequestKey& key) {
  RONGHE_RETURN_IF_ERROR(CheckGrant(request, clock_.Now()));
  Grant grant;
  grant.role = request.role;
  if (request.unit == common::kAllUnits) {
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
  RONGHE_RETURN_IF_ERROR(MayDecide(txn, tree_, call, grant, txn.now()));
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
  bool all = parent == common::kAllUnits;
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
    RONGHE_RETURN_IF_ERROR(MayDecide(txn, tree_, call, *revoked, txn.now()));
    RONGHE_ASSIGN_OR_RETURN(revoked, txn.RevokeGrant(*revoked));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(store_.Write(call, revoke).status());
  gate_.MakeVisible(revoked->revision, call.deadline);
  return Named(*std::move(revoked));
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

}  // namespace ronghe::organization
