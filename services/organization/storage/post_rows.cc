#include "services/organization/storage/post_rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/storage/record_table.h"

namespace ronghe::organization {

namespace sql = common::sql;
using sql::Value;

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

namespace {

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
  return InsertStored(session, post);
}
absl::Status InsertRecord(sql::Session& session, const StoredTerm& term) {
  return InsertStored(session, term);
}
absl::Status InsertRecord(sql::Session& session, const StoredAppointment& appointment) {
  return InsertStored(session, appointment);
}
absl::Status UpdateRecord(sql::Session& session, const StoredPost& post) {
  return UpdateStored(session, post);
}
absl::Status UpdateRecord(sql::Session& session, const StoredTerm& term) {
  return UpdateStored(session, term);
}
absl::Status UpdateRecord(sql::Session& session, const StoredAppointment& appointment) {
  return UpdateStored(session, appointment);
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
