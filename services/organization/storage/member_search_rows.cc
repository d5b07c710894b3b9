#include "services/organization/storage/member_search_rows.h"

#include <string>
#include <utility>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

#define RONGHE_FOUND(column)                                                          \
  "SELECT member_id, unit_uid, status FROM member WHERE partition_id = ? AND " column \
  " = ? AND member_id > ? ORDER BY member_id LIMIT ?"
constexpr sql::Query kByPhone{"member_by_phone", RONGHE_FOUND("phone_index")};
constexpr sql::Query kByFirst{"member_by_name_1", RONGHE_FOUND("name_1")};
constexpr sql::Query kByTwo{"member_by_name_2", RONGHE_FOUND("name_2")};
constexpr sql::Query kByWhole{"member_by_name_all", RONGHE_FOUND("name_all")};
#undef RONGHE_FOUND

constexpr sql::Query kUnfilled{"member_unfilled",
                               "SELECT member_id, key_version, wrapped_key, personal, version FROM member "
                               "WHERE partition_id = ? AND name_all IS NULL ORDER BY member_id LIMIT ?"};
constexpr sql::Query kFill{"member_fill",
                           "UPDATE member SET name_1 = ?, name_2 = ?, name_all = ? "
                           "WHERE partition_id = ? AND member_id = ? AND version = ? AND name_all IS NULL"};
constexpr sql::Query kAnyUnfilled{"member_any_unfilled",
                                  "SELECT member_id FROM member WHERE partition_id = ? AND name_all IS NULL LIMIT 1"};
constexpr sql::Query kPartitions{"written_partitions",
                                 "SELECT partition_id FROM shard_rev WHERE partition_id > 0 AND partition_id < ? "
                                 "ORDER BY partition_id"};

}  // namespace

absl::StatusOr<std::vector<FoundMember>> SelectFound(sql::Session& session, const PersonVault& vault,
                                                     common::PartitionId partition, MemberIndex index,
                                                     const std::string& value, MemberId after, int limit) {
  std::vector<FoundMember> found;
  const NameIndexes names = index == MemberIndex::kPhone ? NameIndexes{} : vault.NameIndexesOf(value);
  sql::Value wanted;
  const sql::Query* query = nullptr;
  switch (index) {
    case MemberIndex::kPhone:
      query = &kByPhone;
      wanted = sql::Blob{vault.PhoneIndex(value)};
      break;
    case MemberIndex::kNameFirst:
      query = &kByFirst;
      wanted = names.first;
      break;
    case MemberIndex::kNameTwo:
      query = &kByTwo;
      wanted = names.two;
      break;
    case MemberIndex::kNameWhole:
      query = &kByWhole;
      wanted = names.whole;
      break;
  }
  const std::vector<sql::Value> args = {partition.value, std::move(wanted), after.value, int64_t{limit}};
  RONGHE_RETURN_IF_ERROR(session.Select(*query, std::span<const sql::Value>(args), [&](const sql::Row& row) {
    found.push_back({MemberId(row.Int(0)), common::UnitUid(row.Int(1)), static_cast<MemberStatus>(row.Int(2))});
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<int> FillNameIndexes(sql::Session& session, const PersonVault& vault, common::PartitionId partition,
                                    int limit) {
  struct Unfilled {
    MemberId id;
    int64_t version = 0;
    NameIndexes names;
  };
  std::vector<Unfilled> rows;
  const auto read = [&](const sql::Row& row) -> absl::Status {
    const MemberId id(row.Int(0));
    const SealedPerson sealed{WrappedKey{row.Int(1), std::string(row.Bytes(2))}, std::string(row.Bytes(3))};
    const absl::StatusOr<PersonalData> person = vault.Open(id, sealed);
    // One row that cannot be opened by anybody must not keep all others from being found.
    if (!person.ok() && !absl::IsInternal(person.status())) return person.status();
    rows.push_back({id, row.Int(4), person.ok() ? vault.NameIndexesOf(person->full_name) : NameIndexes{-1, -1, -1}});
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(session.Select(kUnfilled, {partition.value, int64_t{limit}}, read));
  for (const Unfilled& row : rows) {
    // A member that is written meanwhile is filled by that write.
    RONGHE_RETURN_IF_ERROR(session
                               .Execute(kFill, {row.names.first, row.names.two, row.names.whole, partition.value,
                                                row.id.value, row.version})
                               .status());
  }
  return static_cast<int>(rows.size());
}

absl::StatusOr<bool> LacksNameIndexes(sql::Session& session, common::PartitionId partition) {
  return session.SelectOne(kAnyUnfilled, {partition.value}, [](const sql::Row&) { return absl::OkStatus(); });
}

absl::StatusOr<std::vector<common::PartitionId>> WrittenPartitions(sql::Session& session) {
  std::vector<common::PartitionId> partitions;
  RONGHE_RETURN_IF_ERROR(session.Select(kPartitions, {common::kRegistryPartition.value}, [&](const sql::Row& row) {
    partitions.emplace_back(row.Int(0));
    return absl::OkStatus();
  }));
  return partitions;
}

}  // namespace ronghe::organization
