#include "services/organization/storage/person_registry.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

// Both registries are a table with a key of one or two columns; the rest is the same.
struct PersonTable {
  using Claim = PersonClaim;
  static constexpr std::string_view kName = "registry_person";
  static constexpr std::string_view kKey = "identity_index";
  static constexpr int kKeyColumns = 1;
  static std::string_view TypedKey(sql::Engine engine) {
    return engine == sql::Engine::kSqlite ? "CAST(? AS BLOB)" : "CAST(? AS BYTEA)";
  }
  static int64_t Partition(const Claim& c) { return common::RegistryPartitionOf(c.identity_index).value; }
  static std::string Key(const Claim& c) { return c.identity_index; }
  static void Append(const Claim& c, std::vector<sql::Value>& args) { args.emplace_back(sql::Blob{c.identity_index}); }
  static std::string ReadKey(const sql::Row& row) { return std::string(row.Bytes(0)); }
};
struct ExternalTable {
  using Claim = ExternalClaim;
  static constexpr std::string_view kName = "registry_external";
  static constexpr std::string_view kKey = "source, external_id";
  static constexpr int kKeyColumns = 2;
  static std::string_view TypedKey(sql::Engine) { return "CAST(? AS TEXT), CAST(? AS TEXT)"; }
  static int64_t Partition(const Claim& c) { return common::RegistryPartitionOf(Key(c)).value; }
  // No length is needed between the two: callers' keys hold no line feed.
  static std::string Key(const Claim& c) { return fmt::format("{}\n{}", c.source, c.external_id); }
  static void Append(const Claim& c, std::vector<sql::Value>& args) {
    args.emplace_back(c.source);
    args.emplace_back(c.external_id);
  }
  static std::string ReadKey(const sql::Row& row) { return fmt::format("{}\n{}", row.Text(0), row.Text(1)); }
};

// `first`, then `(?, ?, ?)` until there are `count`.
std::string Tuples(std::string first, int columns, int count) {
  const std::string other = fmt::format(", ({})", sql::Placeholders(columns));
  for (int i = 1; i < count; ++i) first += other;
  return first;
}

// Numbers of the claims in the order of (partition, key), padded by repeating the last.
template <typename Table>
std::vector<size_t> Order(std::span<const typename Table::Claim> claims) {
  std::vector<std::tuple<int64_t, std::string, size_t>> keys;
  for (size_t i = 0; i < claims.size(); ++i) keys.emplace_back(Table::Partition(claims[i]), Table::Key(claims[i]), i);
  std::sort(keys.begin(), keys.end());
  std::vector<size_t> order;
  for (const auto& key : keys) order.push_back(std::get<2>(key));
  order.resize(sql::PaddedCount(static_cast<int>(claims.size())), order.back());
  return order;
}

template <typename Table>
absl::StatusOr<std::vector<bool>> Matches(sql::Session& session, const sql::Query& query,
                                          std::span<const sql::Value> args,
                                          std::span<const typename Table::Claim> claims) {
  absl::flat_hash_set<std::string> found;
  RONGHE_RETURN_IF_ERROR(session.Select(query, args, [&](const sql::Row& row) {
    found.insert(Table::ReadKey(row));
    return absl::OkStatus();
  }));
  std::vector<bool> matches;
  for (const auto& claim : claims) matches.push_back(found.contains(Table::Key(claim)));
  return matches;
}

template <typename Table>
absl::StatusOr<std::vector<bool>> ClaimAll(sql::Session& session, std::span<const typename Table::Claim> claims) {
  if (claims.empty()) return std::vector<bool>();
  const std::vector<size_t> order = Order<Table>(claims);
  constexpr int columns = Table::kKeyColumns + 2;
  // A repeated row conflicts with itself and is left out like any other.
  const std::string text = fmt::format(
      "INSERT INTO {} (partition_id, {}, member_id) VALUES {} ON CONFLICT (partition_id, {}) DO NOTHING "
      "RETURNING {}",
      Table::kName, Table::kKey,
      Tuples(fmt::format("({})", sql::Placeholders(columns)), columns, static_cast<int>(order.size())), Table::kKey,
      Table::kKey);
  std::vector<sql::Value> args;
  for (size_t i : order) {
    args.emplace_back(Table::Partition(claims[i]));
    Table::Append(claims[i], args);
    args.emplace_back(claims[i].member.value);
  }
  return Matches<Table>(session, {"registry_claim", text}, args, claims);
}

// A statement about the rows of these claims. The first tuple carries the types: a list of bare parameters would be
// text on PostgreSQL.
template <typename Table>
std::pair<std::string, std::vector<sql::Value>> ByKey(sql::Engine engine, std::string_view verb, bool with_member,
                                                      std::span<const typename Table::Claim> claims) {
  const std::vector<size_t> order = Order<Table>(claims);
  const std::string first =
      fmt::format("(CAST(? AS BIGINT), {}{})", Table::TypedKey(engine), with_member ? ", CAST(? AS BIGINT)" : "");
  std::string text =
      fmt::format("{} FROM {} WHERE (partition_id, {}{}) IN (VALUES {})", verb, Table::kName, Table::kKey,
                  with_member ? ", member_id" : "",
                  Tuples(first, Table::kKeyColumns + 1 + (with_member ? 1 : 0), static_cast<int>(order.size())));
  std::vector<sql::Value> args;
  for (size_t i : order) {
    args.emplace_back(Table::Partition(claims[i]));
    Table::Append(claims[i], args);
    if (with_member) args.emplace_back(claims[i].member.value);
  }
  return {std::move(text), std::move(args)};
}

template <typename Table>
absl::Status ReleaseAll(sql::Session& session, std::span<const typename Table::Claim> claims) {
  if (claims.empty()) return absl::OkStatus();
  const auto [text, args] = ByKey<Table>(session.engine(), "DELETE", true, claims);
  return session.Execute({"registry_release", text}, std::span<const sql::Value>(args)).status();
}

template <typename Table>
absl::StatusOr<std::vector<bool>> HasAll(sql::Session& session, std::span<const typename Table::Claim> keys) {
  if (keys.empty()) return std::vector<bool>();
  const auto [text, args] = ByKey<Table>(session.engine(), fmt::format("SELECT {}", Table::kKey), false, keys);
  return Matches<Table>(session, {"registry_has", text}, args, keys);
}

}  // namespace

absl::StatusOr<std::vector<bool>> ClaimPersons(sql::Session& session, std::span<const PersonClaim> claims) {
  return ClaimAll<PersonTable>(session, claims);
}
absl::StatusOr<std::vector<bool>> ClaimExternals(sql::Session& session, std::span<const ExternalClaim> claims) {
  return ClaimAll<ExternalTable>(session, claims);
}
absl::Status ReleasePersons(sql::Session& session, std::span<const PersonClaim> claims) {
  return ReleaseAll<PersonTable>(session, claims);
}
absl::Status ReleaseExternals(sql::Session& session, std::span<const ExternalClaim> claims) {
  return ReleaseAll<ExternalTable>(session, claims);
}
absl::StatusOr<std::vector<bool>> HasPersons(sql::Session& session, std::span<const PersonClaim> keys) {
  return HasAll<PersonTable>(session, keys);
}
absl::StatusOr<std::vector<bool>> HasExternals(sql::Session& session, std::span<const ExternalClaim> keys) {
  return HasAll<ExternalTable>(session, keys);
}

}  // namespace ronghe::organization
