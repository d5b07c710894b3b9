#include "services/organization/storage/sql_access_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/organization/storage/access_rows.h"
#include "services/organization/storage/unit_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kPrincipalById{"principal_by_id",
                                    "SELECT id, issuer, subject, member_id, note, created_us, revision FROM principal "
                                    "WHERE partition_id = 0 AND id = ?"};
constexpr sql::Query kPrincipalBySubject{
    "principal_by_subject",
    "SELECT id, issuer, subject, member_id, note, created_us, revision FROM principal WHERE partition_id = 0 AND "
    "issuer = ? AND subject = ?"};
constexpr sql::Query kPrincipals{"principals",
                                 "SELECT id, issuer, subject, member_id, note, created_us, revision FROM principal "
                                 "WHERE partition_id = 0 AND id > ? ORDER BY id LIMIT ?"};
constexpr sql::Query kGrantById{"grant_by_id",
                                "SELECT id, principal_id, role, unit_uid, start_us, end_us, revoked_us, revision FROM "
                                "access_grant WHERE partition_id = 0 AND id = ?"};
constexpr sql::Query kGrants{"grants",
                             "SELECT id, principal_id, role, unit_uid, start_us, end_us, revoked_us, revision FROM "
                             "access_grant WHERE partition_id = 0 AND id > ? ORDER BY id LIMIT ?"};
constexpr std::string_view kGrantsOf =
    "SELECT id, principal_id, role, unit_uid, start_us, end_us, revoked_us, revision FROM access_grant WHERE "
    "partition_id = 0 AND principal_id IN ({}) ORDER BY id";
constexpr sql::Query kHasGrants{"has_grants", "SELECT id FROM access_grant WHERE partition_id = 0 ORDER BY id LIMIT 1"};
constexpr sql::Query kInsertPrincipal{
    "principal_insert",
    "INSERT INTO principal (partition_id, id, issuer, subject, member_id, note, created_us, revision) "
    "VALUES (0, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kInsertGrant{
    "grant_insert",
    "INSERT INTO access_grant (partition_id, id, principal_id, role, unit_uid, start_us, end_us, revoked_us, revision) "
    "VALUES (0, ?, ?, ?, ?, ?, ?, 0, ?)"};
constexpr sql::Query kRevokeGrant{
    "grant_revoke",
    "UPDATE access_grant SET revoked_us = ?, revision = ? WHERE partition_id = 0 AND id = ? AND revoked_us = 0"};
constexpr sql::Query kTokenRevision{"revoked_token_revision",
                                    "SELECT revision FROM revoked_token WHERE partition_id = 0 AND jti = ?"};
constexpr sql::Query kInsertToken{"revoked_token_insert",
                                  "INSERT INTO revoked_token (partition_id, id, jti, expire_us, revision) "
                                  "VALUES (0, ?, ?, ?, ?)"};

class Reader : public virtual AccessReader {
 public:
  explicit Reader(sql::Session& session) : session_(session) {}

  absl::StatusOr<std::optional<Principal>> FindPrincipal(int64_t id) override { return One(kPrincipalById, {{id}}); }
  absl::StatusOr<std::optional<Principal>> FindPrincipalBySubject(std::string_view issuer,
                                                                  std::string_view subject) override {
    return One(kPrincipalBySubject, {{std::string(issuer), std::string(subject)}});
  }

  absl::StatusOr<std::vector<Principal>> Principals(int64_t after, int limit) override {
    std::vector<Principal> principals;
    RONGHE_RETURN_IF_ERROR(session_.Select(kPrincipals, {after, int64_t{limit}}, [&](const sql::Row& row) {
      principals.push_back(PrincipalOf(row));
      return absl::OkStatus();
    }));
    return principals;
  }

  absl::StatusOr<std::optional<Grant>> FindGrant(int64_t id) override {
    sql::Value args[] = {id};
    RONGHE_ASSIGN_OR_RETURN(std::vector<Grant> grants, Select(kGrantById, args));
    if (grants.empty()) return std::optional<Grant>();
    return std::optional<Grant>(grants.front());
  }

  absl::StatusOr<std::vector<Grant>> GrantsOf(std::span<const int64_t> principals) override {
    std::vector<Grant> grants;
    for (; !principals.empty(); principals = principals.subspan(std::min(principals.size(), kMaxInList))) {
      size_t count = std::min(principals.size(), kMaxInList);
      std::vector<sql::Value> args;
      for (int i = 0; i < sql::PaddedCount(static_cast<int>(count)); ++i) {
        args.emplace_back(principals[std::min(static_cast<size_t>(i), count - 1)]);
      }
      std::string text = WithPlaceholders(kGrantsOf, count);
      RONGHE_ASSIGN_OR_RETURN(std::vector<Grant> some, Select({"grants_of", text}, args));
      std::move(some.begin(), some.end(), std::back_inserter(grants));
    }
    return grants;
  }

  absl::StatusOr<std::vector<Grant>> Grants(int64_t after, int limit) override {
    sql::Value args[] = {after, int64_t{limit}};
    return Select(kGrants, args);
  }

  absl::StatusOr<bool> HasGrants() override {
    return session_.SelectOne(kHasGrants, {}, [](const sql::Row&) { return absl::OkStatus(); });
  }

 protected:
  sql::Session& session() { return session_; }

 private:
  absl::StatusOr<std::optional<Principal>> One(const sql::Query& query, const std::vector<sql::Value>& args) {
    std::optional<Principal> principal;
    RONGHE_RETURN_IF_ERROR(session_.Select(query, std::span<const sql::Value>(args), [&](const sql::Row& row) {
      principal = PrincipalOf(row);
      return absl::OkStatus();
    }));
    return principal;
  }
  absl::StatusOr<std::vector<Grant>> Select(const sql::Query& query, std::span<const sql::Value> args) {
    std::vector<Grant> grants;
    RONGHE_RETURN_IF_ERROR(session_.Select(query, args, [&](const sql::Row& row) {
      grants.push_back(GrantOf(row));
      return absl::OkStatus();
    }));
    return grants;
  }

  sql::Session& session_;
};

class Txn final : public AccessTxn, public Reader {
 public:
  explicit Txn(common::WriteTxn& txn) : Reader(txn.session()), txn_(txn) {}

  absl::Time now() const override { return txn_.now(); }
  void Remember(std::string resource) override { txn_.Remember(std::move(resource)); }

  absl::StatusOr<std::optional<DoneBefore>> Claim(const common::RequestKey& key) override {
    RONGHE_ASSIGN_OR_RETURN(std::optional<common::PriorWrite> prior, txn_.Claim(key));
    if (!prior) return std::optional<DoneBefore>();
    return std::optional<DoneBefore>(DoneBefore{std::move(prior->resource), prior->revision});
  }

  absl::StatusOr<Principal> InsertPrincipal(Principal principal) override {
    // Writes of the partition are serial, so nobody comes in between.
    RONGHE_ASSIGN_OR_RETURN(std::optional<Principal> known,
                            FindPrincipalBySubject(principal.issuer, principal.subject));
    if (known) {
      return common::AlreadyExists("DUPLICATE_PRINCIPAL", fmt::format("{}{}", kPrincipalsPrefix, known->id),
                                   {"this issuer and subject are registered already", "该签发者与主体已登记"});
    }
    principal.id = txn_.NewId();
    principal.revision = txn_.next_revision();
    RONGHE_RETURN_IF_ERROR(
        session()
            .Execute(kInsertPrincipal, {principal.id, principal.issuer, principal.subject, principal.member_id,
                                        principal.note, absl::ToUnixMicros(principal.created), principal.revision})
            .status());
    Log(common::ChangeKind::kCreated, kPrincipalsPrefix, principal.id, common::UnitUid());
    return principal;
  }

  absl::StatusOr<Grant> InsertGrant(Grant grant) override {
    grant.id = txn_.NewId();
    grant.revision = txn_.next_revision();
    RONGHE_RETURN_IF_ERROR(
        session()
            .Execute(kInsertGrant, {grant.id, grant.principal_id, static_cast<int64_t>(grant.role), grant.unit.value,
                                    absl::ToUnixMicros(grant.start), EndMicros(grant.end), grant.revision})
            .status());
    Log(common::ChangeKind::kCreated, kGrantsPrefix, grant.id, grant.unit);
    return grant;
  }

  absl::StatusOr<Grant> RevokeGrant(Grant grant) override {
    grant.revoked = txn_.now();
    grant.revision = txn_.next_revision();
    RONGHE_ASSIGN_OR_RETURN(
        int64_t rows, session().Execute(kRevokeGrant, {absl::ToUnixMicros(*grant.revoked), grant.revision, grant.id}));
    if (rows != 1) return common::Internal(fmt::format("grant {} cannot be revoked", grant.id));
    Log(common::ChangeKind::kUpdated, kGrantsPrefix, grant.id, grant.unit);
    return grant;
  }

  absl::StatusOr<int64_t> RevokeToken(std::string_view jti, absl::Time expire) override {
    int64_t revision = 0;
    RONGHE_ASSIGN_OR_RETURN(bool known,
                            session().SelectOne(kTokenRevision, {std::string(jti)}, [&](const sql::Row& row) {
                              revision = row.Int(0);
                              return absl::OkStatus();
                            }));
    if (known) return revision;
    int64_t id = txn_.NewId();
    revision = txn_.next_revision();
    RONGHE_RETURN_IF_ERROR(
        session().Execute(kInsertToken, {id, std::string(jti), absl::ToUnixMicros(expire), revision}).status());
    Log(common::ChangeKind::kCreated, kTokensPrefix, id, common::UnitUid());
    return revision;
  }

 private:
  void Log(common::ChangeKind kind, std::string_view prefix, int64_t id, common::UnitUid unit) {
    txn_.Log(
        {kind, fmt::format("{}{}", prefix, id), unit, common::UnitUid(), fmt::format("{:x}", txn_.next_revision())});
  }

  common::WriteTxn& txn_;
};

}  // namespace

Principal PrincipalOf(const sql::Row& row) {
  Principal principal;
  principal.id = row.Int(0);
  principal.issuer = row.Text(1);
  principal.subject = row.Text(2);
  principal.member_id = row.Int(3);
  principal.note = row.Text(4);
  principal.created = absl::FromUnixMicros(row.Int(5));
  principal.revision = row.Int(6);
  return principal;
}

Grant GrantOf(const sql::Row& row) {
  Grant grant;
  grant.id = row.Int(0);
  grant.principal_id = row.Int(1);
  grant.role = static_cast<Role>(row.Int(2));
  grant.unit = common::UnitUid(row.Int(3));
  grant.start = absl::FromUnixMicros(row.Int(4));
  grant.end = EndTime(row.Int(5));
  if (row.Int(6) != 0) grant.revoked = absl::FromUnixMicros(row.Int(6));
  grant.revision = row.Int(7);
  return grant;
}

int64_t EndMicros(absl::Time time) {
  return time == absl::InfiniteFuture() ? kForever : absl::ToUnixMicros(time);
}

absl::Time EndTime(int64_t micros) {
  return micros == kForever ? absl::InfiniteFuture() : absl::FromUnixMicros(micros);
}

absl::Status SqlAccessStore::Read(absl::Time deadline, absl::FunctionRef<absl::Status(AccessReader&)> body) {
  return database_.Read(deadline, [&](sql::Session& session) {
    Reader reader(session);
    return body(reader);
  });
}

absl::StatusOr<int64_t> SqlAccessStore::Write(const common::Call& call,
                                              absl::FunctionRef<absl::Status(AccessTxn&)> body) {
  return log_.Write(common::kStructurePartition, call, [&](common::WriteTxn& txn) {
    Txn access(txn);
    return body(access);
  });
}

}  // namespace ronghe::organization
