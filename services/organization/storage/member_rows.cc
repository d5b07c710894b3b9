#include "services/organization/storage/member_rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

#define RONGHE_MEMBER_COLUMNS                                                                         \
  "member_id, unit_uid, sex, status, join_day, full_day, external_source, external_id, key_version, " \
  "wrapped_key, personal, version, revision, create_us, update_us"

constexpr sql::Query kSelectMember{
    "member_select", "SELECT " RONGHE_MEMBER_COLUMNS " FROM member WHERE partition_id = ? AND member_id = ?"};
// The list of units stands in the middle.
constexpr std::string_view kSelectMembersHead =
    "SELECT " RONGHE_MEMBER_COLUMNS " FROM member WHERE partition_id = ? AND unit_uid IN (";
constexpr std::string_view kSelectMembersTail =
    ") AND (unit_uid, member_id) > (?, ?) AND status IN (?, ?) AND sex IN (?, ?) ORDER BY unit_uid, member_id LIMIT ?";
#undef RONGHE_MEMBER_COLUMNS

constexpr std::string_view kInsertColumns[] = {
    "partition_id",    "member_id",   "unit_uid",    "sex",         "status",   "join_day",       "full_day",
    "external_source", "external_id", "key_version", "wrapped_key", "personal", "identity_index", "phone_index",
    "version",         "revision",    "create_us",   "update_us",   "actor"};
constexpr sql::Query kInsertMember{
    "member_insert",
    "INSERT INTO member (partition_id, member_id, unit_uid, sex, status, join_day, full_day, external_source, "
    "external_id, "
    "key_version, wrapped_key, personal, identity_index, phone_index, version, revision, create_us, update_us, actor) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kKeepHistory{
    "member_history_insert",
    "INSERT INTO member_history (partition_id, member_id, version, unit_uid, sex, status, join_day, full_day, "
    "external_id, personal, since_us, since_actor, until_us, actor, action, fields) "
    "SELECT partition_id, member_id, version, unit_uid, sex, status, join_day, full_day, external_id, personal, "
    "update_us, actor, CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT) "
    "FROM member WHERE partition_id = ? AND member_id = ? AND version = ?"};
constexpr sql::Query kUpdateMember{
    "member_update",
    "UPDATE member SET unit_uid = ?, sex = ?, status = ?, join_day = ?, full_day = ?, external_source = ?, external_id "
    "= ?, "
    "personal = ?, identity_index = ?, phone_index = ?, version = ?, revision = ?, update_us = ?, actor = ? "
    "WHERE partition_id = ? AND member_id = ? AND version = ?"};
// Below it, single INSERTs take fewer round trips than the bulk path.
constexpr size_t kBulkFrom = 4;
constexpr size_t kMaxList = 512;

sql::Value DayOrNull(const std::optional<absl::CivilDay>& day) {
  return day ? sql::Value(common::DayNumber(*day)) : sql::Value(sql::Null{});
}

sql::Value BlobOrNull(std::string bytes) {
  return bytes.empty() ? sql::Value(sql::Null{}) : sql::Value(sql::Blob{std::move(bytes)});
}

absl::StatusOr<MemberRow> Read(const sql::Row& row, const PersonVault& vault) {
  const MemberId id(row.Int(0));
  WrappedKey key{row.Int(8), std::string(row.Bytes(9))};
  RONGHE_ASSIGN_OR_RETURN(PersonalData person, vault.Open(id, SealedPerson{key, std::string(row.Bytes(10))}));
  Member::Fields fields;
  fields.full_name = std::move(person.full_name);
  fields.birth_date = DateParts::Of(person.birth_date);
  fields.identity_number = std::move(person.identity_number);
  fields.phone = std::move(person.phone);
  fields.sex = static_cast<int>(row.Int(2));
  fields.status = static_cast<int>(row.Int(3));
  fields.join_date = DateParts::Of(common::DayFromNumber(row.Int(4)));
  if (!row.IsNull(5)) fields.full_date = DateParts::Of(common::DayFromNumber(row.Int(5)));
  fields.external_id = row.Text(7);
  return MemberRow{.member = {.id = id,
                              .unit = common::UnitUid(row.Int(1)),
                              .member = Member::Restore(std::move(fields)),
                              .version = row.Int(11),
                              .revision = row.Int(12),
                              .create_time = absl::FromUnixMicros(row.Int(13)),
                              .update_time = absl::FromUnixMicros(row.Int(14))},
                   .key = std::move(key),
                   .external_source = std::string(row.Text(6))};
}

// The values among 1 and 2 that a mask allows, in two places; empty if there is none.
std::vector<int64_t> Allowed(uint32_t mask) {
  std::vector<int64_t> values;
  for (int64_t value : {1, 2}) {
    if ((mask >> value & 1u) != 0) values.push_back(value);
  }
  if (values.size() == 1) values.push_back(values.front());
  return values;
}

}  // namespace

absl::StatusOr<std::optional<MemberRow>> SelectMember(sql::Session& session, const PersonVault& vault, MemberId id) {
  std::optional<MemberRow> found;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kSelectMember, {common::PartitionOf(id.value).value, id.value},
                                        [&](const sql::Row& row) -> absl::Status {
                                          RONGHE_ASSIGN_OR_RETURN(found, Read(row, vault));
                                          return absl::OkStatus();
                                        })
                             .status());
  return found;
}

absl::StatusOr<std::vector<StoredMember>> SelectMembers(sql::Session& session, const PersonVault& vault,
                                                        const UnitsOfPartition& units, const MemberFilter& filter,
                                                        const MemberPosition& after, int limit) {
  std::vector<StoredMember> members;
  const std::vector<int64_t> statuses = Allowed(filter.statuses);
  const std::vector<int64_t> sexes = Allowed(filter.sexes);
  if (units.units.empty() || statuses.empty() || sexes.empty()) return members;
  const int padded = sql::PaddedCount(static_cast<int>(units.units.size()));
  const std::string text = fmt::format("{}{}{}", kSelectMembersHead, sql::Placeholders(padded), kSelectMembersTail);
  std::vector<sql::Value> args = {units.partition.value};
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(units.units[std::min<size_t>(i, units.units.size() - 1)].value);
  }
  for (int64_t value : {after.unit.value, after.member.value, statuses[0], statuses[1], sexes[0], sexes[1],
                        static_cast<int64_t>(limit)}) {
    args.emplace_back(value);
  }
  RONGHE_RETURN_IF_ERROR(session.Select({"member_list", text}, args, [&](const sql::Row& row) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(MemberRow read, Read(row, vault));
    members.push_back(std::move(read.member));
    return absl::OkStatus();
  }));
  return members;
}

absl::Status InsertMembers(sql::Session& session, const PersonVault& vault, std::span<const MemberRow> rows,
                           const std::string& actor) {
  std::vector<std::vector<sql::Value>> values;
  values.reserve(rows.size());
  for (const MemberRow& row : rows) {
    const Member& member = row.member.member;
    SealedPerson sealed = vault.Seal(row.member.id, PersonalData::Of(member));
    values.push_back({common::PartitionOf(row.member.id.value).value, row.member.id.value, row.member.unit.value,
                      static_cast<int64_t>(member.sex()), static_cast<int64_t>(member.status()),
                      common::DayNumber(member.join_date()), DayOrNull(member.full_date()), row.external_source,
                      member.external_id(), sealed.key.version, sql::Blob{std::move(sealed.key.bytes)},
                      sql::Blob{std::move(sealed.content)}, sql::Blob{vault.IdentityIndex(member.identity_number())},
                      BlobOrNull(vault.PhoneIndex(member.phone())), row.member.version, row.member.revision,
                      absl::ToUnixMicros(row.member.create_time), absl::ToUnixMicros(row.member.update_time), actor});
  }
  if (values.size() >= kBulkFrom) return session.BulkInsert("member_bulk", "member", kInsertColumns, values);
  for (const std::vector<sql::Value>& row : values) {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsertMember, std::span<const sql::Value>(row)).status());
  }
  return absl::OkStatus();
}

absl::Status ReplaceMember(sql::Session& session, const PersonVault& vault, const MemberChange& change) {
  const StoredMember& before = *change.before;
  const StoredMember& after = change.after->member;
  const Member& member = after.member;
  const int64_t partition = common::PartitionOf(before.id.value).value;
  const int64_t until = absl::ToUnixMicros(after.update_time);
  RONGHE_ASSIGN_OR_RETURN(const int64_t kept,
                          session.Execute(kKeepHistory, {until, change.actor, change.action, change.fields, partition,
                                                         before.id.value, before.version}));
  RONGHE_ASSIGN_OR_RETURN(SealedPerson sealed, vault.Reseal(before.id, change.after->key, PersonalData::Of(member)));
  RONGHE_ASSIGN_OR_RETURN(
      const int64_t updated,
      session.Execute(
          kUpdateMember,
          {after.unit.value, static_cast<int64_t>(member.sex()), static_cast<int64_t>(member.status()),
           common::DayNumber(member.join_date()), DayOrNull(member.full_date()), change.after->external_source,
           member.external_id(), sql::Blob{std::move(sealed.content)},
           sql::Blob{vault.IdentityIndex(member.identity_number())}, BlobOrNull(vault.PhoneIndex(member.phone())),
           after.version, after.revision, until, change.actor, partition, before.id.value, before.version}));
  if (kept != 1 || updated != 1) return absl::AbortedError("the member was changed by another transaction");
  return absl::OkStatus();
}

absl::Status DeleteMembers(sql::Session& session, common::PartitionId partition, std::span<const MemberId> ids) {
  for (; !ids.empty(); ids = ids.subspan(std::min(ids.size(), kMaxList))) {
    const std::span<const MemberId> piece = ids.first(std::min(ids.size(), kMaxList));
    const int padded = sql::PaddedCount(static_cast<int>(piece.size()));
    std::vector<sql::Value> args = {partition.value};
    for (int i = 0; i < padded; ++i) args.emplace_back(piece[std::min<size_t>(i, piece.size() - 1)].value);
    for (const char* table : {"member_history", "member"}) {
      const std::string text =
          fmt::format("DELETE FROM {} WHERE partition_id = ? AND member_id IN ({})", table, sql::Placeholders(padded));
      RONGHE_RETURN_IF_ERROR(session.Execute({"member_delete", text}, std::span<const sql::Value>(args)).status());
    }
  }
  return absl::OkStatus();
}

}  // namespace ronghe::organization
