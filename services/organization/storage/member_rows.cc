#include "services/organization/storage/member_rows.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "services/common/sql/day_column.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

#define RONGHE_MEMBER_COLUMNS                                                                               \
  "member_id, unit_uid, sex, status, join_day, full_day, external_source, external_id, key_version, "       \
  "wrapped_key, personal, version, revision, create_us, update_us, probation_day, floating, floating_uid, " \
  "floating_day, leave_reason, leave_day, transfer_id"

constexpr sql::Query kSelectMember{
    "member_select", "SELECT " RONGHE_MEMBER_COLUMNS " FROM member WHERE partition_id = ? AND member_id = ?"};
// The list of units stands in the middle.
constexpr std::string_view kSelectMembersHead =
    "SELECT " RONGHE_MEMBER_COLUMNS " FROM member WHERE partition_id = ? AND unit_uid IN (";
constexpr std::string_view kSelectMembersTail =
    ") AND (unit_uid, member_id) > (?, ?) AND status IN (?, ?, ?, ?, ?) AND sex IN (?, ?) AND floating IN (?, ?, ?) "
    "ORDER BY unit_uid, member_id LIMIT ?";
constexpr std::string_view kSelectByIdHead =
    "SELECT " RONGHE_MEMBER_COLUMNS " FROM member WHERE partition_id = ? AND member_id IN (";
// The plus signs keep SQLite from going by an index of these columns through the whole partition.
constexpr std::string_view kSelectByIdTail =
    ") AND +status IN (?, ?, ?, ?, ?) AND +sex IN (?, ?) AND +floating IN (?, ?, ?)";
#undef RONGHE_MEMBER_COLUMNS

constexpr std::string_view kInsertColumns[] = {
    "partition_id",   "member_id",       "unit_uid",    "sex",          "status",       "join_day",
    "full_day",       "external_source", "external_id", "key_version",  "wrapped_key",  "personal",
    "identity_index", "phone_index",     "version",     "revision",     "create_us",    "update_us",
    "actor",          "probation_day",   "floating",    "floating_uid", "floating_day", "leave_reason",
    "leave_day",      "transfer_id",     "name_1",      "name_2",       "name_all"};
constexpr sql::Query kInsertMember{
    "member_insert",
    "INSERT INTO member (partition_id, member_id, unit_uid, sex, status, join_day, full_day, external_source, "
    "external_id, "
    "key_version, wrapped_key, personal, identity_index, phone_index, version, revision, create_us, update_us, actor, "
    "probation_day, floating, floating_uid, floating_day, leave_reason, leave_day, transfer_id, name_1, name_2, "
    "name_all) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kKeepHistory{
    "member_history_insert",
    "INSERT INTO member_history (partition_id, member_id, version, unit_uid, sex, status, join_day, full_day, "
    "external_id, personal, probation_day, floating, floating_uid, floating_day, leave_reason, leave_day, since_us, "
    "since_actor, until_us, actor, action, fields) "
    "SELECT partition_id, member_id, version, unit_uid, sex, status, join_day, full_day, external_id, personal, "
    "probation_day, floating, floating_uid, floating_day, leave_reason, leave_day, update_us, actor, CAST(? AS "
    "BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT) "
    "FROM member WHERE partition_id = ? AND member_id = ? AND version = ?"};
constexpr sql::Query kUpdateMember{
    "member_update",
    "UPDATE member SET unit_uid = ?, sex = ?, status = ?, join_day = ?, full_day = ?, external_source = ?, external_id "
    "= ?, "
    "personal = ?, identity_index = ?, phone_index = ?, probation_day = ?, floating = ?, floating_uid = ?, "
    "floating_day = ?, leave_reason = ?, leave_day = ?, transfer_id = ?, name_1 = ?, name_2 = ?, name_all = ?, version "
    "= ?, revision = "
    "?, update_us = ?, actor = ? "
    "WHERE partition_id = ? AND member_id = ? AND version = ?"};
// Below it, single INSERTs take fewer round trips than the bulk path.
constexpr size_t kBulkFrom = 4;
constexpr size_t kMaxList = 512;

sql::Value BlobOrNull(std::string bytes) {
  return bytes.empty() ? sql::Value(sql::Null{}) : sql::Value(sql::Blob{std::move(bytes)});
}

void AppendNames(const NameIndexes& names, std::vector<sql::Value>& values) {
  for (int64_t index : {names.first, names.two, names.whole}) values.emplace_back(index);
}

void AppendMembership(const Membership& membership, std::vector<sql::Value>& values) {
  values.push_back(sql::DayOrNull(membership.probation_until));
  values.emplace_back(static_cast<int64_t>(membership.floating));
  values.emplace_back(membership.floating_unit.value);
  values.push_back(sql::DayOrNull(membership.floating_since));
  values.emplace_back(static_cast<int64_t>(membership.leave_reason));
  values.push_back(sql::DayOrNull(membership.leave_day));
  values.emplace_back(membership.transfer);
}

// From column `first` on, in the same order.
Membership ReadMembership(const sql::Row& row, int first) {
  const auto day = [&](int column) -> std::optional<absl::CivilDay> {
    if (row.IsNull(column)) return std::nullopt;
    return common::DayFromNumber(row.Int(column));
  };
  Membership membership;
  membership.probation_until = day(first);
  membership.floating = static_cast<Floating>(row.Int(first + 1));
  membership.floating_unit = common::UnitUid(row.Int(first + 2));
  membership.floating_since = day(first + 3);
  membership.leave_reason = static_cast<LeaveReason>(row.Int(first + 4));
  membership.leave_day = day(first + 5);
  membership.transfer = row.Int(first + 6);
  return membership;
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
                              .membership = ReadMembership(row, 15),
                              .version = row.Int(11),
                              .revision = row.Int(12),
                              .create_time = absl::FromUnixMicros(row.Int(13)),
                              .update_time = absl::FromUnixMicros(row.Int(14))},
                   .key = std::move(key),
                   .external_source = std::string(row.Text(6))};
}

// The values that a mask allows among `first` … `last`, in as many places; empty if there is none.
std::vector<int64_t> Allowed(uint32_t mask, int first, int last) {
  std::vector<int64_t> values;
  for (int value = first; value <= last; ++value) {
    if ((mask >> value & 1u) != 0) values.push_back(value);
  }
  if (!values.empty()) values.resize(last - first + 1, values.back());
  return values;
}

// What kSelectMembersTail and kSelectByIdTail ask for; nullopt where nothing can fit.
std::optional<std::vector<int64_t>> FilterArgs(const MemberFilter& filter) {
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& some :
       {Allowed(filter.statuses, 1, 5), Allowed(filter.sexes, 1, 2), Allowed(filter.floatings, 0, 2)}) {
    if (some.empty()) return std::nullopt;
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
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

absl::StatusOr<std::vector<ListedMember>> SelectMembers(sql::Session& session, const PersonVault& vault,
                                                        const UnitsOfPartition& units, const MemberFilter& filter,
                                                        const MemberPosition& after, int limit) {
  std::vector<ListedMember> members;
  const std::optional<std::vector<int64_t>> wanted = FilterArgs(filter);
  if (units.units.empty() || !wanted) return members;
  const int padded = sql::PaddedCount(static_cast<int>(units.units.size()));
  const std::string text = fmt::format("{}{}{}", kSelectMembersHead, sql::Placeholders(padded), kSelectMembersTail);
  std::vector<sql::Value> args = {units.partition.value};
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(units.units[std::min<size_t>(i, units.units.size() - 1)].value);
  }
  args.emplace_back(after.unit.value);
  args.emplace_back(after.member.value);
  for (int64_t value : *wanted) args.emplace_back(value);
  args.emplace_back(int64_t{limit});
  RONGHE_RETURN_IF_ERROR(session.Select({"member_list", text}, args, [&](const sql::Row& row) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(MemberRow read, Read(row, vault));
    members.push_back({read.member.unit, std::move(read.member)});
    return absl::OkStatus();
  }));
  return members;
}

absl::StatusOr<std::vector<StoredMember>> SelectMembersById(sql::Session& session, const PersonVault& vault,
                                                            std::span<const MemberId> ids, const MemberFilter& filter) {
  std::vector<StoredMember> members;
  const std::optional<std::vector<int64_t>> wanted = FilterArgs(filter);
  if (!wanted) return members;
  std::map<int64_t, std::vector<int64_t>> parts;
  for (MemberId id : ids) parts[common::PartitionOf(id.value).value].push_back(id.value);
  for (auto& [partition, list] : parts) {
    list.resize(sql::PaddedCount(static_cast<int>(list.size())), list.back());
    const std::string text =
        fmt::format("{}{}{}", kSelectByIdHead, sql::Placeholders(static_cast<int>(list.size())), kSelectByIdTail);
    std::vector<sql::Value> args = {partition};
    for (int64_t id : list) args.emplace_back(id);
    for (int64_t value : *wanted) args.emplace_back(value);
    RONGHE_RETURN_IF_ERROR(session.Select({"member_by_id", text}, args, [&](const sql::Row& row) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(MemberRow read, Read(row, vault));
      members.push_back(std::move(read.member));
      return absl::OkStatus();
    }));
  }
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
                      common::DayNumber(member.join_date()), sql::DayOrNull(member.full_date()), row.external_source,
                      member.external_id(), sealed.key.version, sql::Blob{std::move(sealed.key.bytes)},
                      sql::Blob{std::move(sealed.content)}, sql::Blob{vault.IdentityIndex(member.identity_number())},
                      BlobOrNull(vault.PhoneIndex(member.phone())), row.member.version, row.member.revision,
                      absl::ToUnixMicros(row.member.create_time), absl::ToUnixMicros(row.member.update_time), actor});
    AppendMembership(row.member.membership, values.back());
    AppendNames(vault.NameIndexesOf(member.full_name()), values.back());
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
  std::vector<sql::Value> args = {after.unit.value,
                                  static_cast<int64_t>(member.sex()),
                                  static_cast<int64_t>(member.status()),
                                  common::DayNumber(member.join_date()),
                                  sql::DayOrNull(member.full_date()),
                                  change.after->external_source,
                                  member.external_id(),
                                  sql::Blob{std::move(sealed.content)},
                                  sql::Blob{vault.IdentityIndex(member.identity_number())},
                                  BlobOrNull(vault.PhoneIndex(member.phone()))};
  AppendMembership(after.membership, args);
  AppendNames(vault.NameIndexesOf(member.full_name()), args);
  for (int64_t value : {after.version, after.revision, until}) args.emplace_back(value);
  args.emplace_back(change.actor);
  for (int64_t value : {partition, before.id.value, before.version}) args.emplace_back(value);
  RONGHE_ASSIGN_OR_RETURN(const int64_t updated, session.Execute(kUpdateMember, std::span<const sql::Value>(args)));
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
