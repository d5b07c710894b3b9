#include "services/organization/storage/post_rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using sql::Value;

constexpr std::string_view kInfoColumns = "unit_uid, version, revision, create_us, update_us";
constexpr int kInfo = 5;

// One of the three tables: its columns after the id and those of RecordInfo.
template <typename Stored>
struct TableOf;

std::optional<absl::CivilDay> DayAt(const sql::Row& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return common::DayFromNumber(row.Int(column));
}
Value DayOrNull(const std::optional<absl::CivilDay>& day) {
  return day ? Value(common::DayNumber(*day)) : Value(sql::Null{});
}

template <>
struct TableOf<StoredPost> {
  static constexpr std::string_view kTable = "post";
  static constexpr std::string_view kColumns[] = {"kind", "title", "seats", "from_day", "until_day", "state", "filled"};
  static constexpr size_t kKept = 1;  // the last ones, that an update leaves alone
  static void Read(const sql::Row& row, int at, StoredPost& post) {
    post.kind = static_cast<PostKind>(row.Int(at));
    post.title = row.Text(at + 1);
    post.seats = static_cast<int>(row.Int(at + 2));
    post.days = {common::DayFromNumber(row.Int(at + 3)), DayAt(row, at + 4)};
    post.state = static_cast<PostState>(row.Int(at + 5));
    post.filled = static_cast<int>(row.Int(at + 6));
  }
  static std::vector<Value> Values(const StoredPost& post) {
    return {static_cast<int64_t>(post.kind),
            post.title,
            int64_t{post.seats},
            common::DayNumber(post.days.from),
            DayOrNull(post.days.until),
            static_cast<int64_t>(post.state),
            int64_t{post.filled}};
  }
};

template <>
struct TableOf<StoredTerm> {
  static constexpr std::string_view kTable = "term";
  static constexpr std::string_view kColumns[] = {"number",
                                                  "start_day",
                                                  "original_due_day",
                                                  "due_day",
                                                  "expiring_day",
                                                  "end_day",
                                                  "state",
                                                  "election",
                                                  "planned_day",
                                                  "held_day",
                                                  "extension_reason",
                                                  "extension_approver",
                                                  "extension_document"};
  static constexpr size_t kKept = 0;
  static void Read(const sql::Row& row, int at, StoredTerm& term) {
    term.number = static_cast<int>(row.Int(at));
    term.dates.start = common::DayFromNumber(row.Int(at + 1));
    term.dates.original_due = common::DayFromNumber(row.Int(at + 2));
    term.dates.due = common::DayFromNumber(row.Int(at + 3));
    term.dates.expiring = common::DayFromNumber(row.Int(at + 4));
    term.end = DayAt(row, at + 5);
    term.state = static_cast<TermState>(row.Int(at + 6));
    term.election = static_cast<ElectionState>(row.Int(at + 7));
    term.planned = DayAt(row, at + 8);
    term.held = DayAt(row, at + 9);
    term.extension_reason = static_cast<int>(row.Int(at + 10));
    term.extension_approver = common::UnitUid(row.Int(at + 11));
    term.extension_document = row.Text(at + 12);
  }
  static std::vector<Value> Values(const StoredTerm& term) {
    return {int64_t{term.number},
            common::DayNumber(term.dates.start),
            common::DayNumber(term.dates.original_due),
            common::DayNumber(term.dates.due),
            common::DayNumber(term.dates.expiring),
            DayOrNull(term.end),
            static_cast<int64_t>(term.state),
            static_cast<int64_t>(term.election),
            DayOrNull(term.planned),
            DayOrNull(term.held),
            int64_t{term.extension_reason},
            term.extension_approver.value,
            term.extension_document};
  }
};

template <>
struct TableOf<StoredAppointment> {
  static constexpr std::string_view kTable = "appointment";
  static constexpr std::string_view kColumns[] = {"post_id",  "kind",     "member_id", "term_id", "basis",
                                                  "document", "from_day", "until_day", "state",   "end_reason"};
  static constexpr size_t kKept = 0;
  static void Read(const sql::Row& row, int at, StoredAppointment& one) {
    one.post = PostId(row.Int(at));
    one.kind = static_cast<PostKind>(row.Int(at + 1));
    one.member = MemberId(row.Int(at + 2));
    one.term = TermId(row.Int(at + 3));
    one.basis = static_cast<AppointmentBasis>(row.Int(at + 4));
    one.document = row.Text(at + 5);
    one.days = {common::DayFromNumber(row.Int(at + 6)), DayAt(row, at + 7)};
    one.state = static_cast<AppointmentState>(row.Int(at + 8));
    one.end_reason = static_cast<EndReason>(row.Int(at + 9));
  }
  static std::vector<Value> Values(const StoredAppointment& one) {
    return {one.post.value,
            static_cast<int64_t>(one.kind),
            one.member.value,
            one.term.value,
            static_cast<int64_t>(one.basis),
            one.document,
            common::DayNumber(one.days.from),
            DayOrNull(one.days.until),
            static_cast<int64_t>(one.state),
            static_cast<int64_t>(one.end_reason)};
  }
};

template <typename Stored>
std::string SelectText() {
  using T = TableOf<Stored>;
  return fmt::format("SELECT {}_id, {}, {} FROM {} WHERE partition_id = ? AND ", T::kTable, kInfoColumns,
                     fmt::join(T::kColumns, ", "), T::kTable);
}

template <typename Stored>
absl::Status SelectInto(sql::Session& session, const char* name, const std::string& text, std::span<const Value> args,
                        std::vector<Stored>& records) {
  return session.Select({name, text}, args, [&](const sql::Row& row) {
    Stored& record = records.emplace_back();
    record.id.value = row.Int(0);
    record.info = {common::UnitUid(row.Int(1)), row.Int(2), row.Int(3), absl::FromUnixMicros(row.Int(4)),
                   absl::FromUnixMicros(row.Int(5))};
    TableOf<Stored>::Read(row, 1 + kInfo, record);
    return absl::OkStatus();
  });
}

template <typename Stored>
absl::StatusOr<std::optional<Stored>> SelectById(sql::Session& session, int64_t id) {
  static const std::string* const text =
      new std::string(fmt::format("{}{}_id = ?", SelectText<Stored>(), TableOf<Stored>::kTable));
  std::vector<Stored> records;
  const Value args[] = {common::PartitionOf(id).value, id};
  RONGHE_RETURN_IF_ERROR(SelectInto(session, "post_record", *text, args, records));
  if (records.empty()) return std::nullopt;
  return std::move(records.front());
}

template <typename Stored>
absl::StatusOr<std::vector<Stored>> SelectBy(sql::Session& session, std::string_view column,
                                             common::PartitionId partition, int64_t value) {
  const std::string text =
      fmt::format("{}{} = ? ORDER BY {}_id", SelectText<Stored>(), column, TableOf<Stored>::kTable);
  std::vector<Stored> records;
  const Value args[] = {partition.value, value};
  RONGHE_RETURN_IF_ERROR(SelectInto(session, "post_records", text, args, records));
  return records;
}

// A page: the units, the conditions of the table, the position, the limit.
template <typename Stored>
absl::StatusOr<std::vector<Stored>> Page(sql::Session& session, const UnitsOfPartition& units,
                                         std::string_view conditions, std::span<const Value> wanted,
                                         const RecordPosition& after, int limit) {
  const std::string_view table = TableOf<Stored>::kTable;
  const int padded = sql::PaddedCount(static_cast<int>(units.units.size()));
  const std::string text =
      fmt::format("{}unit_uid IN ({}) AND (unit_uid, {}_id) > (?, ?){} ORDER BY unit_uid, {}_id LIMIT ?",
                  SelectText<Stored>(), sql::Placeholders(padded), table, conditions, table);
  std::vector<Value> args = {units.partition.value};
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(units.units[std::min<size_t>(i, units.units.size() - 1)].value);
  }
  args.emplace_back(after.unit.value);
  args.emplace_back(after.id);
  args.insert(args.end(), wanted.begin(), wanted.end());
  args.emplace_back(int64_t{limit});
  std::vector<Stored> records;
  RONGHE_RETURN_IF_ERROR(SelectInto(session, "post_page", text, args, records));
  return records;
}

// `column IN (…)` of the values 1 to `greatest` that a mask allows; nothing where it allows all.
void AddMask(std::string_view column, uint32_t mask, int greatest, std::string& conditions) {
  std::string list;
  for (int value = 1; value <= greatest; ++value) {
    if ((mask >> value & 1u) != 0) list += fmt::format("{}{}", list.empty() ? "" : ", ", value);
  }
  const uint32_t all = ((1u << (greatest + 1)) - 1) & ~1u;
  if ((mask & all) != all) conditions += fmt::format(" AND {} IN ({})", column, list.empty() ? "0" : list);
}

template <typename Stored>
absl::Status Insert(sql::Session& session, const Stored& record) {
  using T = TableOf<Stored>;
  static const std::string* const text = new std::string(fmt::format(
      "INSERT INTO {} (partition_id, {}_id, {}, {}) VALUES ({})", T::kTable, T::kTable, kInfoColumns,
      fmt::join(T::kColumns, ", "), sql::Placeholders(2 + kInfo + static_cast<int>(std::size(T::kColumns)))));
  std::vector<Value> args = {common::PartitionOf(record.id.value).value,
                             record.id.value,
                             record.info.unit.value,
                             record.info.version,
                             record.info.revision,
                             absl::ToUnixMicros(record.info.create_time),
                             absl::ToUnixMicros(record.info.update_time)};
  for (Value& value : T::Values(record)) args.push_back(std::move(value));
  return session.Execute({"post_insert", *text}, std::span<const Value>(args)).status();
}

template <typename Stored>
absl::Status Update(sql::Session& session, const Stored& record) {
  using T = TableOf<Stored>;
  static const std::string* const text = [] {
    std::string sets = "version = ?, revision = ?, update_us = ?";
    for (size_t i = 0; i + T::kKept < std::size(T::kColumns); ++i) sets += fmt::format(", {} = ?", T::kColumns[i]);
    return new std::string(fmt::format("UPDATE {} SET {} WHERE partition_id = ? AND {}_id = ? AND version = ?",
                                       T::kTable, sets, T::kTable));
  }();
  std::vector<Value> args = {record.info.version, record.info.revision, absl::ToUnixMicros(record.info.update_time)};
  std::vector<Value> values = T::Values(record);
  for (size_t i = 0; i + T::kKept < values.size(); ++i) args.push_back(std::move(values[i]));
  args.emplace_back(common::PartitionOf(record.id.value).value);
  args.emplace_back(record.id.value);
  args.emplace_back(record.info.version - 1);
  RONGHE_ASSIGN_OR_RETURN(const int64_t rows, session.Execute({"post_update", *text}, std::span<const Value>(args)));
  if (rows != 1) return common::Internal(fmt::format("{} {} is not at its version", T::kTable, record.id.value));
  return absl::OkStatus();
}

constexpr sql::Query kAddFilled{"post_filled",
                                "UPDATE post SET filled = filled + ? WHERE partition_id = ? AND post_id = ?"};
constexpr sql::Query kCountTerms{"post_count_terms",
                                 "SELECT unit_uid, state, COUNT(*) FROM term WHERE state IN (2, 3) "
                                 "GROUP BY unit_uid, state ORDER BY unit_uid, state"};
constexpr sql::Query kCountVacancies{
    "post_count_vacancies",
    "SELECT p.unit_uid, CAST(COALESCE(SUM(p.seats - COALESCE(a.n, 0)), 0) AS BIGINT) FROM post p LEFT JOIN "
    "(SELECT partition_id, post_id, COUNT(*) AS n FROM appointment WHERE state = 1 GROUP BY partition_id, post_id) a "
    "ON a.partition_id = p.partition_id AND a.post_id = p.post_id "
    "WHERE p.state = 1 AND p.seats > COALESCE(a.n, 0) GROUP BY p.unit_uid ORDER BY p.unit_uid"};

}  // namespace

absl::StatusOr<std::optional<StoredPost>> SelectRecord(sql::Session& session, PostId id) {
  return SelectById<StoredPost>(session, id.value);
}
absl::StatusOr<std::optional<StoredTerm>> SelectRecord(sql::Session& session, TermId id) {
  return SelectById<StoredTerm>(session, id.value);
}
absl::StatusOr<std::optional<StoredAppointment>> SelectRecord(sql::Session& session, AppointmentId id) {
  return SelectById<StoredAppointment>(session, id.value);
}

absl::StatusOr<std::vector<StoredPost>> SelectPosts(sql::Session& session, common::PartitionId partition,
                                                    common::UnitUid unit) {
  return SelectBy<StoredPost>(session, "unit_uid", partition, unit.value);
}
absl::StatusOr<std::vector<StoredTerm>> SelectTerms(sql::Session& session, common::PartitionId partition,
                                                    common::UnitUid unit) {
  return SelectBy<StoredTerm>(session, "unit_uid", partition, unit.value);
}
absl::StatusOr<std::vector<StoredAppointment>> SelectAppointments(sql::Session& session, common::PartitionId partition,
                                                                  common::UnitUid unit) {
  return SelectBy<StoredAppointment>(session, "unit_uid", partition, unit.value);
}
absl::StatusOr<std::vector<StoredAppointment>> SelectAppointments(sql::Session& session, common::PartitionId partition,
                                                                  MemberId member) {
  return SelectBy<StoredAppointment>(session, "member_id", partition, member.value);
}

absl::StatusOr<std::vector<StoredPost>> PagePosts(sql::Session& session, const UnitsOfPartition& units,
                                                  const PostFilter& filter, const RecordPosition& after, int limit) {
  std::string conditions;
  AddMask("kind", filter.kinds, static_cast<int>(PostKind::kOther), conditions);
  AddMask("state", filter.states, static_cast<int>(PostState::kAbolished), conditions);
  if (!filter.without_vacancy) conditions += " AND state = 1 AND seats > filled";
  if (!filter.with_vacancy) conditions += " AND (state <> 1 OR seats <= filled)";
  return Page<StoredPost>(session, units, conditions, {}, after, limit);
}

absl::StatusOr<std::vector<StoredTerm>> PageTerms(sql::Session& session, const UnitsOfPartition& units,
                                                  const PostFilter& filter, const RecordPosition& after, int limit) {
  std::string conditions;
  AddMask("state", filter.states, static_cast<int>(TermState::kEnded), conditions);
  return Page<StoredTerm>(session, units, conditions, {}, after, limit);
}

absl::StatusOr<std::vector<StoredAppointment>> PageAppointments(sql::Session& session, const UnitsOfPartition& units,
                                                                const PostFilter& filter, const RecordPosition& after,
                                                                int limit) {
  std::string conditions;
  std::vector<Value> wanted;
  AddMask("kind", filter.kinds, static_cast<int>(PostKind::kOther), conditions);
  AddMask("state", filter.states, static_cast<int>(AppointmentState::kEnded), conditions);
  AddMask("basis", filter.bases, static_cast<int>(AppointmentBasis::kAppointed), conditions);
  if (filter.member) {
    conditions += " AND member_id = ?";
    wanted.emplace_back(filter.member.value);
  }
  if (filter.as_of) {
    conditions += " AND from_day <= ? AND (until_day IS NULL OR until_day > ?)";
    wanted.emplace_back(common::DayNumber(*filter.as_of));
    wanted.emplace_back(common::DayNumber(*filter.as_of));
  }
  return Page<StoredAppointment>(session, units, conditions, wanted, after, limit);
}

absl::Status InsertRecord(sql::Session& session, const StoredPost& post) {
  return Insert(session, post);
}
absl::Status InsertRecord(sql::Session& session, const StoredTerm& term) {
  return Insert(session, term);
}
absl::Status InsertRecord(sql::Session& session, const StoredAppointment& appointment) {
  return Insert(session, appointment);
}
absl::Status UpdateRecord(sql::Session& session, const StoredPost& post) {
  return Update(session, post);
}
absl::Status UpdateRecord(sql::Session& session, const StoredTerm& term) {
  return Update(session, term);
}
absl::Status UpdateRecord(sql::Session& session, const StoredAppointment& appointment) {
  return Update(session, appointment);
}

absl::Status AddFilled(sql::Session& session, PostId post, int change) {
  return session.Execute(kAddFilled, {int64_t{change}, common::PartitionOf(post.value).value, post.value}).status();
}

absl::Status CountPosts(sql::Session& session, absl::FunctionRef<void(common::UnitUid, const PostCounts&)> each) {
  RONGHE_RETURN_IF_ERROR(session.Select(kCountTerms, {}, [&](const sql::Row& row) {
    const bool overdue = static_cast<TermState>(row.Int(1)) == TermState::kOverdue;
    each(common::UnitUid(row.Int(0)), {overdue ? 0 : row.Int(2), overdue ? row.Int(2) : 0, 0});
    return absl::OkStatus();
  }));
  return session.Select(kCountVacancies, {}, [&](const sql::Row& row) {
    each(common::UnitUid(row.Int(0)), {0, 0, row.Int(1)});
    return absl::OkStatus();
  });
}

}  // namespace ronghe::organization
