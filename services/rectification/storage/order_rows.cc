#include "services/rectification/storage/order_rows.h"

#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::rectification {
namespace {

namespace sql = common::sql;
using sql::Value;

#define RONGHE_ORDER_COLUMNS                                                                  \
  "order_id, unit_uid, units, source, category, class, due_day, actor_key, actor_principal, " \
  "actor_member, texts, key_version, wrapped_key, revision, create_us"

constexpr sql::Query kInsert{"order_insert", "INSERT INTO problem_order (partition_id, " RONGHE_ORDER_COLUMNS
                                             ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kFind{
    "order_find", "SELECT " RONGHE_ORDER_COLUMNS " FROM problem_order WHERE partition_id = ? AND order_id = ?"};
constexpr sql::Query kList{"order_list", "SELECT " RONGHE_ORDER_COLUMNS
                                         " FROM problem_order WHERE partition_id = ? AND unit_uid = ? AND order_id < ? "
                                         "ORDER BY order_id DESC LIMIT ?"};
#undef RONGHE_ORDER_COLUMNS
constexpr sql::Query kProgress{"order_progress",
                               "SELECT state, overdue, COUNT(*) FROM problem WHERE partition_id = ? AND order_id = ? "
                               "GROUP BY state, overdue ORDER BY state, overdue"};

std::string UnitsText(const std::vector<common::UnitUid>& units) {
  std::string text;
  for (const common::UnitUid unit : units) text += fmt::format("{} ", unit.value);
  return text;
}

std::vector<common::UnitUid> ReadUnits(std::string_view text) {
  std::vector<common::UnitUid> units;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; ++at) {
    int64_t uid = 0;
    const auto parsed = std::from_chars(at, end, uid);
    if (parsed.ec != std::errc()) break;
    units.emplace_back(uid);
    at = parsed.ptr;  // the blank
  }
  return units;
}

// Texts are sealed as a problem's are; ids of orders and problems come from one sequence.
ProblemId SealedAs(OrderId id) {
  return ProblemId(id.value);
}

absl::Status ReadOrder(const sql::Row& row, const ProblemTexts& texts, StoredOrder& stored) {
  stored.id = OrderId(row.Int(0));
  stored.order.unit = common::UnitUid(row.Int(1));
  stored.order.units = ReadUnits(row.Text(2));
  Problem& problem = stored.order.problem;
  problem.extent = ProblemExtent::kCommon;
  problem.source = static_cast<ProblemSource>(row.Int(3));
  problem.category = row.Text(4);
  problem.problem_class = static_cast<ProblemClass>(row.Int(5));
  if (!row.IsNull(6)) problem.due = common::DayFromNumber(row.Int(6));
  stored.by = {std::string(row.Text(7)), row.Int(8), row.Int(9)};
  stored.revision = row.Int(13);
  stored.create_time = absl::FromUnixMicros(row.Int(14));
  return texts.Open(SealedAs(stored.id), {{row.Int(11), std::string(row.Bytes(12))}, std::string(row.Bytes(10))},
                    problem);
}

absl::StatusOr<std::vector<StoredOrder>> Select(sql::Session& session, const ProblemTexts& texts,
                                                const sql::Query& query, std::span<const Value> args) {
  std::vector<StoredOrder> orders;
  const auto read = [&](const sql::Row& row) { return ReadOrder(row, texts, orders.emplace_back()); };
  RONGHE_RETURN_IF_ERROR(session.Select(query, args, read));
  return orders;
}

}  // namespace

absl::Status InsertOrderRow(sql::Session& session, const ProblemTexts& texts, const StoredOrder& stored) {
  const Problem& problem = stored.order.problem;
  const common::WrappedKey key = texts.NewKey(SealedAs(stored.id));
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, texts.Seal(SealedAs(stored.id), key, problem));
  const Value args[] = {common::PartitionOf(stored.id.value).value,
                        stored.id.value,
                        stored.order.unit.value,
                        UnitsText(stored.order.units),
                        static_cast<int64_t>(problem.source),
                        problem.category,
                        static_cast<int64_t>(problem.problem_class),
                        problem.due ? Value(common::DayNumber(*problem.due)) : Value(sql::Null{}),
                        stored.by.key,
                        stored.by.principal,
                        stored.by.member,
                        sql::Blob{std::move(sealed)},
                        key.version,
                        sql::Blob{key.bytes},
                        stored.revision,
                        absl::ToUnixMicros(stored.create_time)};
  return session.Execute(kInsert, std::span<const Value>(args)).status();
}

absl::StatusOr<std::optional<StoredOrder>> SelectOrder(sql::Session& session, const ProblemTexts& texts, OrderId id) {
  const Value args[] = {common::PartitionOf(id.value).value, id.value};
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredOrder> found, Select(session, texts, kFind, args));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

absl::StatusOr<std::vector<StoredOrder>> SelectOrders(sql::Session& session, const ProblemTexts& texts,
                                                      common::PartitionId partition, common::UnitUid unit,
                                                      int64_t before, int limit) {
  const Value args[] = {partition.value, unit.value, before, int64_t{limit}};
  return Select(session, texts, kList, args);
}

absl::Status AddProgress(sql::Session& session, common::PartitionId partition, OrderId id, OrderProgress& progress) {
  return session.Select(kProgress, {partition.value, id.value}, [&](const sql::Row& row) {
    const auto count = static_cast<int>(row.Int(2));
    progress.opened += count;
    if (static_cast<ProblemState>(row.Int(0)) == ProblemState::kClosed) progress.closed += count;
    if (row.Int(1) != 0) progress.overdue += count;
    return absl::OkStatus();
  });
}

}  // namespace ronghe::rectification
