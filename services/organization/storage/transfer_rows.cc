#include "services/organization/storage/transfer_rows.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "services/common/sql/day_column.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

#define RONGHE_TRANSFER_COLUMNS                                                                            \
  "transfer_id, direction, state, member_id, source_uid, target_uid, outside, letter_number, letter_day, " \
  "expire_day, reason, version, revision, revision_partition, create_us, update_us"
constexpr sql::Query kSelect{
    "transfer_select", "SELECT " RONGHE_TRANSFER_COLUMNS " FROM transfer WHERE partition_id = ? AND transfer_id = ?"};
constexpr std::string_view kSelectMany =
    "SELECT " RONGHE_TRANSFER_COLUMNS " FROM transfer WHERE partition_id = ? AND transfer_id IN ({})";
#undef RONGHE_TRANSFER_COLUMNS
constexpr sql::Query kSelectSteps{"transfer_steps",
                                  "SELECT state, time_us, actor FROM transfer_step "
                                  "WHERE partition_id = ? AND transfer_id = ? ORDER BY version"};
constexpr sql::Query kInsert{
    "transfer_insert",
    "INSERT INTO transfer (partition_id, transfer_id, direction, state, member_id, source_uid, target_uid, owner_uid, "
    "outside, letter_number, letter_day, expire_day, reason, version, revision, revision_partition, create_us, "
    "update_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kUpdateTransfer{
    "transfer_update",
    "UPDATE transfer SET state = ?, member_id = ?, source_uid = ?, target_uid = ?, owner_uid "
    "= ?, letter_number = ?, letter_day = ?, expire_day = ?, reason = ?, "
    "version = ?, revision = ?, revision_partition = ?, update_us = ? "
    "WHERE partition_id = ? AND transfer_id = ? AND version = ?"};
constexpr sql::Query kInsertStep{
    "transfer_step_insert",
    "INSERT INTO transfer_step (partition_id, transfer_id, version, state, time_us, actor) VALUES (?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kPutSide{"transfer_side_put",
                              "INSERT INTO transfer_side (partition_id, unit_uid, transfer_id, side, state) "
                              "VALUES (?, ?, ?, ?, ?) ON CONFLICT (partition_id, unit_uid, transfer_id) "
                              "DO UPDATE SET state = excluded.state"};
constexpr sql::Query kDropSide{"transfer_side_drop",
                               "DELETE FROM transfer_side WHERE partition_id = ? AND unit_uid = ? AND transfer_id = ?"};
constexpr sql::Query kOpenOf{"transfer_open_of",
                             "SELECT transfer_id FROM transfer_side WHERE partition_id = ? AND unit_uid = ? AND "
                             "state IN (1, 2) ORDER BY transfer_id"};
// The list of units stands in the middle, if there is one.
constexpr std::string_view kSidesHead = "SELECT unit_uid, transfer_id FROM transfer_side WHERE partition_id = ?";
constexpr std::string_view kSidesTail =
    " AND (unit_uid, transfer_id) > (?, ?) AND ((side = 1 AND state IN (?, ?, ?, ?, ?, ?)) OR "
    "(side = 2 AND state IN (?, ?, ?, ?, ?, ?))) ORDER BY unit_uid, transfer_id LIMIT ?";
constexpr sql::Query kTakeLetter{"transfer_letter_take",
                                 "INSERT INTO transfer_letter (partition_id, year, last) VALUES (?, ?, 1) "
                                 "ON CONFLICT (partition_id, year) DO UPDATE SET last = transfer_letter.last + 1 "
                                 "RETURNING last"};
constexpr size_t kPiece = 512;
constexpr int kStates = 6;

StoredTransfer Read(const sql::Row& row) {
  const auto day = [&](int column) -> std::optional<absl::CivilDay> {
    if (row.IsNull(column)) return std::nullopt;
    return common::DayFromNumber(row.Int(column));
  };
  StoredTransfer stored;
  stored.id = TransferId(row.Int(0));
  Transfer& transfer = stored.transfer;
  transfer.direction = static_cast<TransferDirection>(row.Int(1));
  transfer.state = static_cast<TransferState>(row.Int(2));
  transfer.member = MemberId(row.Int(3));
  transfer.source = common::UnitUid(row.Int(4));
  transfer.target = common::UnitUid(row.Int(5));
  transfer.outside = row.Text(6);
  transfer.letter_number = row.Text(7);
  transfer.letter_day = day(8);
  transfer.expire_day = day(9);
  transfer.reason = static_cast<TransferReturnReason>(row.Int(10));
  stored.version = row.Int(11);
  stored.revision = row.Int(12);
  stored.revision_partition = common::PartitionId(row.Int(13));
  stored.create_time = absl::FromUnixMicros(row.Int(14));
  stored.update_time = absl::FromUnixMicros(row.Int(15));
  return stored;
}

absl::Status InsertStep(sql::Session& session, const StoredTransfer& transfer, const std::string& actor) {
  return session
      .Execute(kInsertStep,
               {common::PartitionOf(transfer.id.value).value, transfer.id.value, transfer.version,
                static_cast<int64_t>(transfer.transfer.state), absl::ToUnixMicros(transfer.update_time), actor})
      .status();
}

void AppendStates(uint32_t mask, std::vector<sql::Value>& args) {
  for (int state = 1; state <= kStates; ++state) args.emplace_back(int64_t{(mask >> state & 1u) != 0 ? state : 0});
}

}  // namespace

absl::StatusOr<std::optional<StoredTransfer>> SelectTransfer(sql::Session& session, TransferId id) {
  const int64_t partition = common::PartitionOf(id.value).value;
  std::optional<StoredTransfer> found;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kSelect, {partition, id.value},
                                        [&](const sql::Row& row) {
                                          found = Read(row);
                                          return absl::OkStatus();
                                        })
                             .status());
  if (!found) return std::nullopt;
  RONGHE_RETURN_IF_ERROR(session.Select(kSelectSteps, {partition, id.value}, [&](const sql::Row& row) {
    found->steps.push_back(
        {static_cast<TransferState>(row.Int(0)), absl::FromUnixMicros(row.Int(1)), std::string(row.Text(2))});
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredTransfer>> SelectTransfers(sql::Session& session, std::span<const TransferId> ids) {
  std::map<int64_t, std::vector<int64_t>> parts;
  for (TransferId id : ids) parts[common::PartitionOf(id.value).value].push_back(id.value);
  std::vector<StoredTransfer> transfers;
  for (const auto& [partition, all] : parts) {
    for (size_t begin = 0; begin < all.size(); begin += kPiece) {
      const size_t count = std::min(kPiece, all.size() - begin);
      const int padded = sql::PaddedCount(static_cast<int>(count));
      const std::string text = fmt::format(kSelectMany, sql::Placeholders(padded));
      std::vector<sql::Value> args = {partition};
      for (int i = 0; i < padded; ++i) args.emplace_back(all[begin + std::min<size_t>(i, count - 1)]);
      RONGHE_RETURN_IF_ERROR(session.Select({"transfer_select_many", text}, args, [&](const sql::Row& row) {
        transfers.push_back(Read(row));
        return absl::OkStatus();
      }));
    }
  }
  return transfers;
}

absl::Status InsertTransfer(sql::Session& session, const StoredTransfer& stored, const std::string& actor) {
  const Transfer& transfer = stored.transfer;
  const std::vector<sql::Value> args = {common::PartitionOf(stored.id.value).value,
                                        stored.id.value,
                                        static_cast<int64_t>(transfer.direction),
                                        static_cast<int64_t>(transfer.state),
                                        transfer.member.value,
                                        transfer.source.value,
                                        transfer.target.value,
                                        transfer.owner().value,
                                        transfer.outside,
                                        transfer.letter_number,
                                        sql::DayOrNull(transfer.letter_day),
                                        sql::DayOrNull(transfer.expire_day),
                                        static_cast<int64_t>(transfer.reason),
                                        stored.version,
                                        stored.revision,
                                        stored.revision_partition.value,
                                        absl::ToUnixMicros(stored.create_time),
                                        absl::ToUnixMicros(stored.update_time)};
  RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, std::span<const sql::Value>(args)).status());
  return InsertStep(session, stored, actor);
}

absl::Status ReplaceTransfer(sql::Session& session, const StoredTransfer& after, const std::string& actor) {
  const Transfer& transfer = after.transfer;
  RONGHE_ASSIGN_OR_RETURN(
      const int64_t updated,
      session.Execute(
          kUpdateTransfer,
          {static_cast<int64_t>(transfer.state), transfer.member.value, transfer.source.value, transfer.target.value,
           transfer.owner().value, transfer.letter_number, sql::DayOrNull(transfer.letter_day),
           sql::DayOrNull(transfer.expire_day), static_cast<int64_t>(transfer.reason), after.version, after.revision,
           after.revision_partition.value, absl::ToUnixMicros(after.update_time),
           common::PartitionOf(after.id.value).value, after.id.value, after.version - 1}));
  if (updated != 1) return absl::AbortedError("the transfer was changed by another transaction");
  return InsertStep(session, after, actor);
}

absl::Status PutSide(sql::Session& session, const TransferSideRow& row) {
  return session
      .Execute(kPutSide, {row.partition.value, row.unit.value, row.transfer.value, static_cast<int64_t>(row.side),
                          static_cast<int64_t>(row.state)})
      .status();
}

absl::Status DropSide(sql::Session& session, common::PartitionId partition, common::UnitUid unit, TransferId transfer) {
  return session.Execute(kDropSide, {partition.value, unit.value, transfer.value}).status();
}

absl::StatusOr<std::vector<TransferId>> SelectOpenOf(sql::Session& session, common::PartitionId partition,
                                                     common::UnitUid unit) {
  std::vector<TransferId> open;
  RONGHE_RETURN_IF_ERROR(session.Select(kOpenOf, {partition.value, unit.value}, [&](const sql::Row& row) {
    open.emplace_back(row.Int(0));
    return absl::OkStatus();
  }));
  return open;
}

absl::StatusOr<std::vector<TransferPosition>> SelectSides(sql::Session& session, const UnitsOfPartition& units,
                                                          const TransferFilter& filter, const TransferPosition& after,
                                                          int limit) {
  std::vector<TransferPosition> found;
  std::string text(kSidesHead);
  std::vector<sql::Value> args = {units.partition.value};
  if (!units.units.empty()) {
    const int padded = sql::PaddedCount(static_cast<int>(units.units.size()));
    text += fmt::format(" AND unit_uid IN ({})", sql::Placeholders(padded));
    for (int i = 0; i < padded; ++i) {
      args.emplace_back(units.units[std::min<size_t>(i, units.units.size() - 1)].value);
    }
  }
  text += kSidesTail;
  args.emplace_back(after.unit.value);
  args.emplace_back(after.transfer.value);
  AppendStates(filter.source_states, args);
  AppendStates(filter.target_states, args);
  args.emplace_back(int64_t{limit});
  RONGHE_RETURN_IF_ERROR(session.Select({"transfer_sides", text}, args, [&](const sql::Row& row) {
    found.push_back({common::UnitUid(row.Int(0)), TransferId(row.Int(1))});
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<int64_t> TakeLetter(sql::Session& session, common::PartitionId partition, int64_t year) {
  int64_t number = 0;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kTakeLetter, {partition.value, year},
                                        [&](const sql::Row& row) {
                                          number = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return number;
}

}  // namespace ronghe::organization
