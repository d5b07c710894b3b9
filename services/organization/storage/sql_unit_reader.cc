#include "services/organization/storage/sql_unit_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/organization/storage/reorganization_rows.h"
#include "services/organization/storage/unit_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using common::UnitUid;

// Statements are put together once from the columns and joins of unit_rows.h; `{}` in them is an IN list.
struct Texts {
  std::string by_code = Current("u.code = ?");
  std::string by_uid = Current("u.uid = ?");
  std::string many = Current("u.uid IN ({})");
  std::string many_by_code = Current("u.code IN ({})");
  std::string children = Current("u.parent_uid = ? AND u.code > ? AND " + Masks("u") + " ORDER BY u.code LIMIT ?");
  std::string children_down =
      Current("u.parent_uid = ? AND u.code < ? AND " + Masks("u") + " ORDER BY u.code DESC LIMIT ?");
  std::string many_as_of = Version("v.uid IN ({}) AND " + Holds("v"));
  std::string children_as_of =
      Version("v.parent_uid = ? AND " + Holds("v") + " AND u.code > ? AND " + Masks("v") + " ORDER BY u.code LIMIT ?");
  std::string children_as_of_down = Version("v.parent_uid = ? AND " + Holds("v") + " AND u.code < ? AND " + Masks("v") +
                                            " ORDER BY u.code DESC LIMIT ?");
  std::string versions = Version("v.uid = ? AND v.superseded_us = ? ORDER BY v.from_day");
  std::string versions_known = Version("v.uid = ? AND v.recorded_us <= ? AND v.superseded_us > ? ORDER BY v.from_day");
  std::string version_of = Version("u.code = ? AND v.revision = ?");
  std::string versions_from = Version("v.uid = ? AND v.superseded_us = ? AND v.until_day > ? ORDER BY v.from_day");
  std::string active_children =
      Version("v.parent_uid = ? AND v.superseded_us = ? AND v.until_day > ? AND v.state <> 2 ORDER BY u.code");
  // All of them as of a day: below the whole tree, from some roots, or below some.
  std::string tree_all = Tree("v.parent_uid = 0");
  std::string tree_roots = Tree("v.uid IN ({})");
  std::string tree_below = Tree("v.parent_uid IN ({})");

  static std::string Current(std::string_view where) {
    return fmt::format("SELECT {} FROM {} WHERE u.partition_id = 0 AND {}", CurrentUnitColumns(), CurrentUnitTables(),
                       where);
  }
  static std::string Version(std::string_view where) {
    return fmt::format("SELECT {} FROM {} WHERE v.partition_id = 0 AND {}", VersionColumns(), VersionTables(), where);
  }
  static std::string Masks(std::string_view table) {
    return fmt::format(
        "((CAST(1 AS BIGINT) << {0}.level) & ?) <> 0 AND ((CAST(1 AS BIGINT) << {0}.kind) & ?) <> 0 "
        "AND ((CAST(1 AS BIGINT) << {0}.state) & ?) <> 0",
        table);
  }
  // Arguments: forever, day, day.
  static std::string Holds(std::string_view table) {
    return fmt::format("{0}.superseded_us = ? AND {0}.from_day <= ? AND {0}.until_day > ?", table);
  }
  static std::string Tree(std::string_view roots) {
    return fmt::format(
        "WITH RECURSIVE tree (uid, depth) AS (SELECT v.uid, 0 FROM unit_version v WHERE v.partition_id = 0 AND {} AND "
        "{} UNION ALL SELECT c.uid, t.depth + 1 FROM tree t JOIN unit_version c ON c.partition_id = 0 AND "
        "c.parent_uid = t.uid AND {}) ",
        roots, Holds("v"), Holds("c"));
  }
};

const Texts& T() {
  static const Texts& texts = *new Texts;
  return texts;
}

// The roots may have stood below one another on another day: each unit once.
std::string TreeRowsText(std::string_view compare, std::string_view order) {
  return fmt::format(
      "SELECT {} FROM {} WHERE v.partition_id = 0 AND v.uid IN (SELECT uid FROM tree) AND {} AND u.code "
      "{} ? AND {} ORDER BY u.code {} LIMIT ?",
      VersionColumns(), VersionTables(), Texts::Holds("v"), compare, Texts::Masks("v"), order);
}

const std::string& TreeRows(bool down) {
  static const std::string& up_text = *new std::string(TreeRowsText(">", "ASC"));
  static const std::string& down_text = *new std::string(TreeRowsText("<", "DESC"));
  return down ? down_text : up_text;
}

constexpr std::string_view kTreeUids =
    "SELECT u.uid FROM (SELECT uid, MAX(depth) AS depth FROM tree GROUP BY uid) t JOIN unit u ON u.partition_id = 0 "
    "AND "
    "u.uid = t.uid ORDER BY t.depth, u.code";

// UNION, not UNION ALL: over several days the edges need not be a tree.
constexpr sql::Query kActiveBelow{
    "unit_active_below",
    "WITH RECURSIVE tree (uid) AS (SELECT v.uid FROM unit_version v WHERE v.partition_id = 0 AND v.parent_uid = ? AND "
    "v.superseded_us = ? AND v.until_day > ? AND v.state <> 2 UNION SELECT c.uid FROM tree t JOIN unit_version c ON "
    "c.partition_id = 0 AND c.parent_uid = t.uid AND c.superseded_us = ? AND c.until_day > ? AND c.state <> 2) "
    "SELECT u.code FROM tree t JOIN unit u ON u.partition_id = 0 AND u.uid = t.uid ORDER BY u.code LIMIT ?"};

// Bounded, should the tree ever hold what it must not.
constexpr sql::Query kHeight{
    "unit_height",
    "WITH RECURSIVE tree (uid, depth) AS (SELECT u.uid, 1 FROM unit u WHERE u.partition_id = 0 AND u.uid = ? UNION ALL "
    "SELECT c.uid, t.depth + 1 FROM tree t JOIN unit c ON c.partition_id = 0 AND c.parent_uid = t.uid AND c.state <> 2 "
    "WHERE t.depth < 20) SELECT CAST(COALESCE(MAX(depth), 0) AS BIGINT) FROM tree"};

void AppendHolds(std::vector<sql::Value>& args, absl::CivilDay day) {
  args.emplace_back(kForever);
  args.emplace_back(common::DayNumber(day));
  args.emplace_back(common::DayNumber(day));
}

// Behind every code of a descending list, before every one of an ascending.
std::string StartOf(const CodeRange& range) {
  return range.after.empty() && range.descending ? "~" : range.after;
}

void AppendRange(std::vector<sql::Value>& args, const UnitFilter& filter, const CodeRange& range) {
  args.emplace_back(StartOf(range));
  args.emplace_back(int64_t{filter.levels});
  args.emplace_back(int64_t{filter.kinds});
  args.emplace_back(int64_t{filter.states});
  args.emplace_back(int64_t{range.limit});
}

// The recursive part over the roots, with its arguments.
std::string TreeOver(std::span<const UnitUid> roots, bool below, absl::CivilDay day, std::vector<sql::Value>& args) {
  std::string text = T().tree_all;
  if (!roots.empty()) {
    text = WithPlaceholders(below ? T().tree_below : T().tree_roots, roots.size());
    AppendPadded(args, roots);
  }
  AppendHolds(args, day);
  AppendHolds(args, day);
  return text;
}

}  // namespace

absl::StatusOr<std::vector<Unit>> SqlUnitReader::Units(const sql::Query& query, std::span<const sql::Value> args) {
  std::vector<Unit> units;
  RONGHE_RETURN_IF_ERROR(session_.Select(query, args, [&](const sql::Row& row) {
    units.push_back(UnitOf(row));
    return absl::OkStatus();
  }));
  std::vector<UnitUid> ended;
  for (const Unit& unit : units) {
    if (!unit.lives()) ended.push_back(unit.uid());
  }
  if (ended.empty()) return units;
  RONGHE_ASSIGN_OR_RETURN(SuccessorMap successors, SelectSuccessors(session_, ended));
  for (Unit& unit : units) {
    auto found = successors.find(unit.uid());
    if (!unit.lives() && found != successors.end()) unit = unit.WithSuccessors(found->second);
  }
  return units;
}

absl::StatusOr<std::optional<Unit>> SqlUnitReader::OneUnit(const sql::Query& query, std::span<const sql::Value> args) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> units, Units(query, args));
  if (units.empty()) return std::optional<Unit>();
  return std::optional<Unit>(std::move(units.front()));
}

absl::StatusOr<std::optional<Unit>> SqlUnitReader::FindByCode(std::string_view code) {
  sql::Value args[] = {std::string(code)};
  return OneUnit({"unit_by_code", T().by_code}, args);
}

absl::StatusOr<std::optional<Unit>> SqlUnitReader::Find(UnitUid uid) {
  sql::Value args[] = {uid.value};
  return OneUnit({"unit_by_uid", T().by_uid}, args);
}

absl::StatusOr<std::vector<Unit>> SqlUnitReader::FindMany(std::span<const UnitUid> uids) {
  std::vector<Unit> units;
  for (; !uids.empty(); uids = uids.subspan(std::min(uids.size(), kMaxInList))) {
    std::span<const UnitUid> some = uids.first(std::min(uids.size(), kMaxInList));
    std::vector<sql::Value> args;
    AppendPadded(args, some);
    std::string text = WithPlaceholders(T().many, some.size());
    RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> found, Units({"unit_many", text}, args));
    std::move(found.begin(), found.end(), std::back_inserter(units));
  }
  return units;
}

absl::StatusOr<std::vector<Unit>> SqlUnitReader::FindManyByCode(std::span<const std::string> codes) {
  std::vector<Unit> units;
  for (; !codes.empty(); codes = codes.subspan(std::min(codes.size(), kMaxInList))) {
    std::span<const std::string> some = codes.first(std::min(codes.size(), kMaxInList));
    std::vector<sql::Value> args;
    AppendPadded(args, some);
    std::string text = WithPlaceholders(T().many_by_code, some.size());
    RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> found, Units({"unit_many_by_code", text}, args));
    std::move(found.begin(), found.end(), std::back_inserter(units));
  }
  return units;
}

absl::StatusOr<std::vector<Unit>> SqlUnitReader::Children(UnitUid parent, const UnitFilter& filter,
                                                          const CodeRange& range) {
  std::vector<sql::Value> args{parent.value};
  AppendRange(args, filter, range);
  return Units({"unit_children", range.descending ? T().children_down : T().children}, args);
}

absl::StatusOr<std::vector<Unit>> SqlUnitReader::FindManyAsOf(std::span<const UnitUid> uids, absl::CivilDay day) {
  std::vector<Unit> units;
  for (; !uids.empty(); uids = uids.subspan(std::min(uids.size(), kMaxInList))) {
    std::span<const UnitUid> some = uids.first(std::min(uids.size(), kMaxInList));
    std::vector<sql::Value> args;
    AppendPadded(args, some);
    AppendHolds(args, day);
    std::string text = WithPlaceholders(T().many_as_of, some.size());
    RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> found, Units({"unit_many_as_of", text}, args));
    std::move(found.begin(), found.end(), std::back_inserter(units));
  }
  return units;
}

absl::StatusOr<std::vector<Unit>> SqlUnitReader::ChildrenAsOf(UnitUid parent, absl::CivilDay day,
                                                              const UnitFilter& filter, const CodeRange& range) {
  std::vector<sql::Value> args{parent.value};
  AppendHolds(args, day);
  AppendRange(args, filter, range);
  return Units({"unit_children_as_of", range.descending ? T().children_as_of_down : T().children_as_of}, args);
}

absl::StatusOr<std::vector<Unit>> SqlUnitReader::SubtreeAsOf(std::span<const UnitUid> roots, bool below,
                                                             absl::CivilDay day, const UnitFilter& filter,
                                                             const CodeRange& range) {
  std::vector<sql::Value> args;
  std::string text = TreeOver(roots, below, day, args) + TreeRows(range.descending);
  AppendHolds(args, day);
  AppendRange(args, filter, range);
  return Units({"unit_subtree_as_of", text}, args);
}

absl::StatusOr<std::vector<UnitUid>> SqlUnitReader::SubtreeUidsAsOf(std::span<const UnitUid> roots,
                                                                    absl::CivilDay day) {
  std::vector<sql::Value> args;
  std::string text = TreeOver(roots, false, day, args);
  text += kTreeUids;
  std::vector<UnitUid> uids;
  RONGHE_RETURN_IF_ERROR(session_.Select({"unit_subtree_uids_as_of", text}, args, [&](const sql::Row& row) {
    uids.emplace_back(row.Int(0));
    return absl::OkStatus();
  }));
  return uids;
}

absl::StatusOr<std::vector<Unit>> SqlUnitReader::Versions(UnitUid uid, std::optional<absl::Time> known_at) {
  if (!known_at) {
    sql::Value args[] = {uid.value, kForever};
    return Units({"unit_versions", T().versions}, args);
  }
  int64_t micros = absl::ToUnixMicros(*known_at);
  sql::Value args[] = {uid.value, micros, micros};
  return Units({"unit_versions_known", T().versions_known}, args);
}

absl::StatusOr<std::optional<Unit>> SqlUnitReader::VersionOf(std::string_view code, int64_t revision) {
  sql::Value args[] = {std::string(code), revision};
  return OneUnit({"unit_version_of", T().version_of}, args);
}

absl::StatusOr<std::vector<UnitSpan>> SqlUnitReader::VersionsFrom(UnitUid uid, absl::CivilDay day) {
  std::vector<UnitSpan> spans;
  sql::Value args[] = {uid.value, kForever, common::DayNumber(day)};
  RONGHE_RETURN_IF_ERROR(session_.Select({"unit_versions_from", T().versions_from}, args, [&](const sql::Row& row) {
    std::optional<absl::CivilDay> until;
    if (UntilOf(row) != kForever) until = common::DayFromNumber(UntilOf(row));
    spans.push_back({UnitOf(row), until});
    return absl::OkStatus();
  }));
  return spans;
}

absl::StatusOr<std::vector<std::string>> SqlUnitReader::ActiveBelow(UnitUid uid, absl::CivilDay day, int limit) {
  std::vector<std::string> codes;
  int64_t number = common::DayNumber(day);
  sql::Value args[] = {uid.value, kForever, number, kForever, number, int64_t{limit}};
  RONGHE_RETURN_IF_ERROR(session_.Select(kActiveBelow, args, [&](const sql::Row& row) {
    codes.emplace_back(row.Text(0));
    return absl::OkStatus();
  }));
  return codes;
}

absl::StatusOr<std::vector<Unit>> SqlUnitReader::ActiveChildrenFrom(UnitUid uid, absl::CivilDay day) {
  sql::Value args[] = {uid.value, kForever, common::DayNumber(day)};
  return Units({"unit_active_children", T().active_children}, args);
}

absl::StatusOr<int> SqlUnitReader::Height(UnitUid uid) {
  int height = 0;
  sql::Value args[] = {uid.value};
  RONGHE_RETURN_IF_ERROR(session_.Select(kHeight, args, [&](const sql::Row& row) {
    height = static_cast<int>(row.Int(0));
    return absl::OkStatus();
  }));
  return height;
}

absl::StatusOr<std::optional<Reorganization>> SqlUnitReader::FindReorganization(int64_t id) {
  return SelectReorganization(session_, id);
}

absl::StatusOr<std::vector<Reorganization>> SqlUnitReader::Reorganizations(int64_t before, uint32_t states, int limit) {
  return SelectReorganizations(session_, before, states, limit);
}

}  // namespace ronghe::organization
