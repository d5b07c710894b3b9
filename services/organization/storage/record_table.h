#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/common/sql/database.h"
#include "services/common/sql/day_column.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/app/record_store.h"

// Tables of records, between SQL and the domain: what all of them have in common. For the rows of one family only.
namespace ronghe::organization {

inline constexpr std::string_view kInfoColumns = "unit_uid, version, revision, create_us, update_us";
inline constexpr int kInfo = 5;

// One table: its name, its columns after the id (`{table}_id`) and those of RecordInfo, how many of the last ones an
// update leaves alone, and how a row is read and written.
template <typename Stored>
struct TableOf;

using common::sql::DayAt;
using common::sql::DayOrNull;

template <typename Stored>
std::string SelectText() {
  using T = TableOf<Stored>;
  return fmt::format("SELECT {}_id, {}, {} FROM {} WHERE partition_id = ? AND ", T::kTable, kInfoColumns,
                     fmt::join(T::kColumns, ", "), T::kTable);
}

template <typename Stored>
absl::Status SelectInto(common::sql::Session& session, const char* name, const std::string& text,
                        std::span<const common::sql::Value> args, std::vector<Stored>& records) {
  return session.Select({name, text}, args, [&](const common::sql::Row& row) {
    Stored& record = records.emplace_back();
    record.id.value = row.Int(0);
    record.info = {common::UnitUid(row.Int(1)), row.Int(2), row.Int(3), absl::FromUnixMicros(row.Int(4)),
                   absl::FromUnixMicros(row.Int(5))};
    TableOf<Stored>::Read(row, 1 + kInfo, record);
    return absl::OkStatus();
  });
}

template <typename Stored>
absl::StatusOr<std::optional<Stored>> SelectById(common::sql::Session& session, int64_t id) {
  static const std::string* const text =
      new std::string(fmt::format("{}{}_id = ?", SelectText<Stored>(), TableOf<Stored>::kTable));
  std::vector<Stored> records;
  const common::sql::Value args[] = {common::PartitionOf(id).value, id};
  RONGHE_RETURN_IF_ERROR(SelectInto(session, "record_by_id", *text, args, records));
  if (records.empty()) return std::nullopt;
  return std::move(records.front());
}

template <typename Stored>
absl::StatusOr<std::vector<Stored>> SelectBy(common::sql::Session& session, std::string_view column,
                                             common::PartitionId partition, int64_t value) {
  const std::string text =
      fmt::format("{}{} = ? ORDER BY {}_id", SelectText<Stored>(), column, TableOf<Stored>::kTable);
  std::vector<Stored> records;
  const common::sql::Value args[] = {partition.value, value};
  RONGHE_RETURN_IF_ERROR(SelectInto(session, "record_by", text, args, records));
  return records;
}

// A page: the units, the conditions of the table, the position, the limit.
template <typename Stored>
absl::StatusOr<std::vector<Stored>> Page(common::sql::Session& session, const UnitsOfPartition& units,
                                         std::string_view conditions, std::span<const common::sql::Value> wanted,
                                         const RecordPosition& after, int limit) {
  const std::string_view table = TableOf<Stored>::kTable;
  const int padded = common::sql::PaddedCount(static_cast<int>(units.units.size()));
  const std::string text =
      fmt::format("{}unit_uid IN ({}) AND (unit_uid, {}_id) > (?, ?){} ORDER BY unit_uid, {}_id LIMIT ?",
                  SelectText<Stored>(), common::sql::Placeholders(padded), table, conditions, table);
  std::vector<common::sql::Value> args = {units.partition.value};
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(units.units[std::min<size_t>(i, units.units.size() - 1)].value);
  }
  args.emplace_back(after.unit.value);
  args.emplace_back(after.id);
  args.insert(args.end(), wanted.begin(), wanted.end());
  args.emplace_back(int64_t{limit});
  std::vector<Stored> records;
  RONGHE_RETURN_IF_ERROR(SelectInto(session, "record_page", text, args, records));
  return records;
}

// `column IN (…)` of the values 1 to `greatest` that a mask allows; nothing where it allows all.
inline void AddMask(std::string_view column, uint32_t mask, int greatest, std::string& conditions) {
  std::string list;
  for (int value = 1; value <= greatest; ++value) {
    if ((mask >> value & 1u) != 0) list += fmt::format("{}{}", list.empty() ? "" : ", ", value);
  }
  const uint32_t all = ((1u << (greatest + 1)) - 1) & ~1u;
  if ((mask & all) != all) conditions += fmt::format(" AND {} IN ({})", column, list.empty() ? "0" : list);
}

template <typename Stored>
absl::Status InsertStored(common::sql::Session& session, const Stored& record) {
  using T = TableOf<Stored>;
  static const std::string* const text = new std::string(fmt::format(
      "INSERT INTO {} (partition_id, {}_id, {}, {}) VALUES ({})", T::kTable, T::kTable, kInfoColumns,
      fmt::join(T::kColumns, ", "), common::sql::Placeholders(2 + kInfo + static_cast<int>(std::size(T::kColumns)))));
  std::vector<common::sql::Value> args = {common::PartitionOf(record.id.value).value,
                                          record.id.value,
                                          record.info.unit.value,
                                          record.info.version,
                                          record.info.revision,
                                          absl::ToUnixMicros(record.info.create_time),
                                          absl::ToUnixMicros(record.info.update_time)};
  for (common::sql::Value& value : T::Values(record)) args.push_back(std::move(value));
  return session.Execute({"record_insert", *text}, std::span<const common::sql::Value>(args)).status();
}

template <typename Stored>
absl::Status UpdateStored(common::sql::Session& session, const Stored& record) {
  using T = TableOf<Stored>;
  static const std::string* const text = [] {
    std::string sets = "unit_uid = ?, version = ?, revision = ?, update_us = ?";
    for (size_t i = 0; i + T::kKept < std::size(T::kColumns); ++i) sets += fmt::format(", {} = ?", T::kColumns[i]);
    return new std::string(fmt::format("UPDATE {} SET {} WHERE partition_id = ? AND {}_id = ? AND version = ?",
                                       T::kTable, sets, T::kTable));
  }();
  std::vector<common::sql::Value> args = {record.info.unit.value, record.info.version, record.info.revision,
                                          absl::ToUnixMicros(record.info.update_time)};
  std::vector<common::sql::Value> values = T::Values(record);
  for (size_t i = 0; i + T::kKept < values.size(); ++i) args.push_back(std::move(values[i]));
  args.emplace_back(common::PartitionOf(record.id.value).value);
  args.emplace_back(record.id.value);
  args.emplace_back(record.info.version - 1);
  RONGHE_ASSIGN_OR_RETURN(const int64_t rows,
                          session.Execute({"record_update", *text}, std::span<const common::sql::Value>(args)));
  if (rows != 1) return common::Internal(fmt::format("{} {} is not at its version", T::kTable, record.id.value));
  return absl::OkStatus();
}

// The record with an id, in a snapshot of its own: SelectRecord(session, id) of the family.
template <typename Stored, typename IdType>
absl::StatusOr<std::optional<Stored>> FindIn(common::sql::Database& database, IdType id, absl::Time deadline) {
  std::optional<Stored> found;
  RONGHE_RETURN_IF_ERROR(database.Read(deadline, [&](common::sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectRecord(session, id));
    return absl::OkStatus();
  }));
  return found;
}

// The pages of all partitions, merged by key.
template <typename Stored, typename PageOf>
absl::StatusOr<std::vector<Stored>> MergePages(common::sql::Database& database, std::span<const UnitsOfPartition> units,
                                               int limit, absl::Time deadline, PageOf page_of) {
  std::vector<Stored> all;
  RONGHE_RETURN_IF_ERROR(database.Read(deadline, [&](common::sql::Session& session) -> absl::Status {
    for (const UnitsOfPartition& part : units) {
      if (part.units.empty()) continue;
      RONGHE_ASSIGN_OR_RETURN(std::vector<Stored> some, page_of(session, part));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return absl::OkStatus();
  }));
  const auto key = [](const Stored& one) { return RecordPosition{one.info.unit, one.id.value}; };
  std::sort(all.begin(), all.end(), [&](const Stored& a, const Stored& b) { return key(a) < key(b); });
  if (all.size() > static_cast<size_t>(limit)) all.erase(all.begin() + limit, all.end());
  return all;
}

}  // namespace ronghe::organization
