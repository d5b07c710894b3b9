#include <array>

#include "services/common/values/status.h"
#include "services/organization/app/post_store.h"
#include "services/organization/storage/sql_integrity.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using common::UnitUid;

constexpr sql::Query kOpenPosts{"integrity_posts",
                                "SELECT unit_uid, post_id FROM post WHERE state = 1 ORDER BY post_id"};
constexpr sql::Query kOpenTerms{"integrity_terms",
                                "SELECT unit_uid, term_id FROM term WHERE state <> 4 ORDER BY term_id"};
constexpr sql::Query kOpenAppointments{
    "integrity_appointments",
    "SELECT unit_uid, appointment_id FROM appointment WHERE state = 1 ORDER BY appointment_id"};
constexpr sql::Query kFilled{
    "integrity_filled",
    "SELECT p.post_id, p.filled, p.seats, COALESCE(a.n, 0) FROM post p LEFT JOIN (SELECT partition_id, post_id, "
    "COUNT(*) AS n FROM appointment WHERE state = 1 GROUP BY partition_id, post_id) a ON a.partition_id = "
    "p.partition_id AND a.post_id = p.post_id ORDER BY p.post_id"};
constexpr sql::Query kOpenEnded{
    "integrity_open_ended",
    "SELECT a.appointment_id, a.post_id, a.term_id, CASE WHEN p.state = 1 THEN 0 ELSE 1 END FROM appointment a "
    "LEFT JOIN post p ON p.partition_id = a.partition_id AND p.post_id = a.post_id "
    "LEFT JOIN term t ON t.partition_id = a.partition_id AND t.term_id = a.term_id "
    "WHERE a.state = 1 AND (p.post_id IS NULL OR p.state <> 1 OR (a.term_id <> 0 AND (t.term_id IS NULL OR "
    "t.state = 4))) ORDER BY a.appointment_id"};
constexpr sql::Query kHolders{
    "integrity_holders", "SELECT member_id, appointment_id FROM appointment WHERE state = 1 ORDER BY appointment_id"};
constexpr sql::Query kCurrentMembers{"integrity_current", "SELECT member_id FROM member WHERE status IN (1, 2)"};
constexpr sql::Query kCountAppointments{"integrity_count_appointments", "SELECT COUNT(*) FROM appointment"};
constexpr sql::Query kOverlaps{
    "integrity_overlaps",
    "SELECT a.appointment_id, b.appointment_id FROM appointment a JOIN appointment b ON b.partition_id = "
    "a.partition_id AND b.member_id = a.member_id AND b.post_id = a.post_id AND b.appointment_id > a.appointment_id "
    "WHERE (a.until_day IS NULL OR b.from_day < a.until_day) AND (b.until_day IS NULL OR a.from_day < b.until_day) "
    "AND (a.until_day IS NULL OR a.until_day > a.from_day) AND (b.until_day IS NULL OR b.until_day > b.from_day) "
    "ORDER BY a.appointment_id, b.appointment_id"};
constexpr sql::Query kCountTerms{"integrity_count_terms", "SELECT COUNT(*) FROM term"};
constexpr sql::Query kTermOverlaps{
    "integrity_term_overlaps",
    "SELECT a.term_id, b.term_id FROM term a JOIN term b ON b.partition_id = a.partition_id AND b.unit_uid = "
    "a.unit_uid AND b.term_id > a.term_id WHERE (a.end_day IS NULL OR b.start_day < a.end_day) AND "
    "(b.end_day IS NULL OR a.start_day < b.end_day) AND (a.end_day IS NULL OR a.end_day > a.start_day) AND "
    "(b.end_day IS NULL OR b.end_day > b.start_day) ORDER BY a.term_id, b.term_id"};

// Appointments that go on without what they need.
absl::Status CheckOpen(sql::Session& session, IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kAppointmentOpen;
  RONGHE_RETURN_IF_ERROR(session.Select(kOpenEnded, {}, [&](const sql::Row& row) {
    const std::string related = row.Int(3) == 1 ? NameOf(PostId(row.Int(1))) : NameOf(TermId(row.Int(2)));
    report.AddFinding(kCheck, NameOf(AppointmentId(row.Int(0))), {related});
    return absl::OkStatus();
  }));
  // Wherever the member's row lies.
  absl::flat_hash_map<int64_t, std::vector<int64_t>> holders;
  RONGHE_RETURN_IF_ERROR(session.Select(kHolders, {}, [&](const sql::Row& row) {
    report.AddExamined(kCheck);
    holders[row.Int(0)].push_back(row.Int(1));
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(session.Select(kCurrentMembers, {}, [&](const sql::Row& row) {
    holders.erase(row.Int(0));
    return absl::OkStatus();
  }));
  for (const auto& [member, appointments] : holders) {
    for (const int64_t id : appointments) {
      report.AddFinding(kCheck, NameOf(AppointmentId(id)), {MemberName(MemberId(member))});
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPairs(sql::Session& session, const sql::Query& count, const sql::Query& pairs, IntegrityCheck check,
                        std::string (*name)(int64_t), IntegrityReport& report) {
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(count, {},
                                        [&](const sql::Row& row) {
                                          report.AddExamined(check, row.Int(0));
                                          return absl::OkStatus();
                                        })
                             .status());
  return session.Select(pairs, {}, [&](const sql::Row& row) {
    report.AddFinding(check, name(row.Int(0)), {name(row.Int(1))});
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status CheckPosts(sql::Session& session, const CheckedUnits& units, IntegrityReport& report) {
  const auto post = [](int64_t id) { return NameOf(PostId(id)); };
  const auto term = [](int64_t id) { return NameOf(TermId(id)); };
  const auto appointment = [](int64_t id) { return NameOf(AppointmentId(id)); };
  RONGHE_RETURN_IF_ERROR(CheckOfUnits(session, units, kOpenPosts, post, IntegrityCheck::kPostUnit, report));
  RONGHE_RETURN_IF_ERROR(CheckOfUnits(session, units, kOpenTerms, term, IntegrityCheck::kPostUnit, report));
  RONGHE_RETURN_IF_ERROR(
      CheckOfUnits(session, units, kOpenAppointments, appointment, IntegrityCheck::kPostUnit, report));
  RONGHE_RETURN_IF_ERROR(session.Select(kFilled, {}, [&](const sql::Row& row) {
    report.AddExamined(IntegrityCheck::kPostFilled);
    if (row.Int(1) != row.Int(3) || row.Int(3) > row.Int(2)) {
      report.AddFinding(IntegrityCheck::kPostFilled, NameOf(PostId(row.Int(0))));
    }
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(CheckOpen(session, report));
  RONGHE_RETURN_IF_ERROR(
      CheckPairs(session, kCountAppointments, kOverlaps, IntegrityCheck::kAppointmentOverlap, appointment, report));
  return CheckPairs(session, kCountTerms, kTermOverlaps, IntegrityCheck::kTermOverlap, term, report);
}

}  // namespace ronghe::organization
