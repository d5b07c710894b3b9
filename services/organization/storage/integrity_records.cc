#include <utility>
#include <vector>

#include "services/common/values/status.h"
#include "services/organization/app/duty_store.h"
#include "services/organization/app/transfer_store.h"
#include "services/organization/app/workplace_store.h"
#include "services/organization/storage/sql_integrity.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kOpenWorkplaces{
    "integrity_workplaces", "SELECT unit_uid, workplace_id FROM workplace WHERE state = 1 ORDER BY workplace_id"};
constexpr sql::Query kOpenCovers{"integrity_covers",
                                 "SELECT unit_uid, cover_id FROM cover WHERE state = 1 ORDER BY cover_id"};
constexpr sql::Query kOpenDuties{"integrity_duties",
                                 "SELECT unit_uid, duty_id FROM duty WHERE state IN (1, 2) ORDER BY duty_id"};
constexpr sql::Query kCovered{"integrity_covered",
                              "SELECT w.workplace_id, w.covering, COALESCE(c.n, 0) FROM workplace w LEFT JOIN (SELECT "
                              "partition_id, workplace_id, "
                              "COUNT(*) AS n FROM cover WHERE state = 1 AND counts = 1 GROUP BY partition_id, "
                              "workplace_id) c ON c.partition_id = "
                              "w.partition_id AND c.workplace_id = w.workplace_id ORDER BY w.workplace_id"};
constexpr sql::Query kParts{"integrity_parts",
                            "SELECT p.duty_id, p.member_id FROM duty_part p JOIN duty d ON d.partition_id = "
                            "p.partition_id AND d.duty_id = p.duty_id WHERE d.state IN (1, 2) AND p.member_id <> 0 AND "
                            "p.until_day IS NULL ORDER BY p.duty_id, p.part"};
constexpr sql::Query kCurrent{"integrity_current", "SELECT member_id FROM member WHERE status IN (1, 2)"};
constexpr sql::Query kInFlight{"integrity_in_flight",
                               "SELECT member_id, transfer_id FROM transfer WHERE state IN (1, 2) AND member_id <> 0 "
                               "ORDER BY transfer_id"};
constexpr sql::Query kHeld{"integrity_held",
                           "SELECT member_id, transfer_id FROM member WHERE transfer_id <> 0 ORDER BY member_id"};

absl::Status CheckCovered(sql::Session& session, IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kWorkplaceCovered;
  return session.Select(kCovered, {}, [&](const sql::Row& row) {
    report.AddExamined(kCheck);
    if (row.Int(1) != row.Int(2)) report.AddFinding(kCheck, NameOf(WorkplaceId(row.Int(0))));
    return absl::OkStatus();
  });
}

// Wherever the member's row lies.
absl::Status CheckParts(sql::Session& session, IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kDutyPart;
  absl::flat_hash_map<int64_t, std::vector<int64_t>> duties;
  RONGHE_RETURN_IF_ERROR(session.Select(kParts, {}, [&](const sql::Row& row) {
    report.AddExamined(kCheck);
    duties[row.Int(1)].push_back(row.Int(0));
    return absl::OkStatus();
  }));
  if (duties.empty()) return absl::OkStatus();
  RONGHE_RETURN_IF_ERROR(session.Select(kCurrent, {}, [&](const sql::Row& row) {
    duties.erase(row.Int(0));
    return absl::OkStatus();
  }));
  for (const auto& [member, of_member] : duties) {
    for (const int64_t duty : of_member) {
      report.AddFinding(kCheck, NameOf(DutyId(duty)), {MemberName(MemberId(member))});
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTransfers(sql::Session& session, IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kTransferOpen;
  absl::flat_hash_map<int64_t, int64_t> open;  // by member
  RONGHE_RETURN_IF_ERROR(session.Select(kInFlight, {}, [&](const sql::Row& row) {
    report.AddExamined(kCheck);
    const auto [other, first] = open.emplace(row.Int(0), row.Int(1));
    if (!first) {
      report.AddFinding(kCheck, TransferName(TransferId(row.Int(1))), {TransferName(TransferId(other->second))});
    }
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(session.Select(kHeld, {}, [&](const sql::Row& row) {
    const auto held = open.find(row.Int(0));
    if (held == open.end() || held->second != row.Int(1)) {
      report.AddFinding(kCheck, MemberName(MemberId(row.Int(0))), {TransferName(TransferId(row.Int(1)))});
    } else {
      open.erase(held);
    }
    return absl::OkStatus();
  }));
  for (const auto& [member, transfer] : open) {
    report.AddFinding(kCheck, TransferName(TransferId(transfer)), {MemberName(MemberId(member))});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRecords(sql::Session& session, const CheckedUnits& units, IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kRecordUnit;
  const auto workplace = [](int64_t id) { return NameOf(WorkplaceId(id)); };
  const auto cover = [](int64_t id) { return NameOf(CoverId(id)); };
  const auto duty = [](int64_t id) { return NameOf(DutyId(id)); };
  RONGHE_RETURN_IF_ERROR(CheckOfUnits(session, units, kOpenWorkplaces, workplace, kCheck, report));
  RONGHE_RETURN_IF_ERROR(CheckOfUnits(session, units, kOpenCovers, cover, kCheck, report));
  RONGHE_RETURN_IF_ERROR(CheckOfUnits(session, units, kOpenDuties, duty, kCheck, report));
  RONGHE_RETURN_IF_ERROR(CheckCovered(session, report));
  RONGHE_RETURN_IF_ERROR(CheckParts(session, report));
  return CheckTransfers(session, report);
}

}  // namespace ronghe::organization
