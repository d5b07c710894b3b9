#include "services/organization/app/access_app.h"

#include <algorithm>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "services/organization/app/access_parts.h"
#include "services/organization/domain/text_rules.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxJti = 128;
constexpr absl::Duration kMaxRevocation = absl::Hours(24 * 30);

}  // namespace

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
