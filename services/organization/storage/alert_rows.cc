#include "services/organization/storage/alert_rows.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/storage/member_affiliations.h"
#include "services/organization/storage/post_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using sql::Value;

constexpr sql::Query kUnit{"alert_unit", "SELECT kind, state, sector FROM unit WHERE partition_id = ? AND uid = ?"};
constexpr sql::Query kKept{"alert_kept",
                           "SELECT rule, since_day, found, required, term_id FROM alert WHERE partition_id = ? AND "
                           "unit_uid = ? ORDER BY rule"};
constexpr sql::Query kPut{
    "alert_put",
    "INSERT INTO alert (partition_id, unit_uid, rule, severity, since_day, found, required, term_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (partition_id, unit_uid, rule) DO UPDATE SET since_day = "
    "excluded.since_day, found = excluded.found, required = excluded.required, term_id = excluded.term_id"};
constexpr sql::Query kDrop{"alert_drop", "DELETE FROM alert WHERE partition_id = ? AND unit_uid = ? AND rule = ?"};
constexpr sql::Query kStatus{"alert_member_status",
                             "SELECT status FROM member WHERE partition_id = ? AND member_id = ? AND status IN (1, 2)"};
constexpr int kAffiliates = 500;

absl::Status CountMembers(sql::Session& session, const UnitsOfPartition& units, UnitFacts& facts) {
  for (std::span<const common::UnitUid> left(units.units); !left.empty();) {
    const std::span<const common::UnitUid> some = left.first(std::min<size_t>(left.size(), 512));
    left = left.subspan(some.size());
    const int padded = sql::PaddedCount(static_cast<int>(some.size()));
    const std::string text = fmt::format(
        "SELECT status, COUNT(*) FROM member WHERE partition_id = ? AND unit_uid IN ({}) AND status IN (1, 2) "
        "GROUP BY status ORDER BY status",
        sql::Placeholders(padded));
    std::vector<Value> args = {units.partition.value};
    // A unit that stands there twice counts once.
    for (int i = 0; i < padded; ++i) args.emplace_back(some[std::min<size_t>(i, some.size() - 1)].value);
    RONGHE_RETURN_IF_ERROR(session.Select({"alert_members", text}, args, [&](const sql::Row& row) {
      facts.members += row.Int(1);
      if (static_cast<MemberStatus>(row.Int(0)) == MemberStatus::kFull) facts.full_members += row.Int(1);
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

// Whose rows lie in other partitions: persons stay where they were registered.
absl::Status CountFromElsewhere(sql::Session& session, const UnitsOfPartition& units, UnitFacts& facts) {
  for (std::span<const common::UnitUid> left(units.units); !left.empty();) {
    const std::span<const common::UnitUid> some = left.first(std::min<size_t>(left.size(), 512));
    left = left.subspan(some.size());
    const UnitsOfPartition asked{units.partition, {some.begin(), some.end()}};
    for (MemberPosition after;;) {
      RONGHE_ASSIGN_OR_RETURN(const std::vector<MemberPosition> found,
                              SelectAffiliated(session, asked, AffiliationKind::kHome, after, kAffiliates));
      for (const MemberPosition& at : found) {
        const int64_t partition = common::PartitionOf(at.member.value).value;
        RONGHE_RETURN_IF_ERROR(session.Select(kStatus, {partition, at.member.value}, [&](const sql::Row& row) {
          facts.members += 1;
          if (static_cast<MemberStatus>(row.Int(0)) == MemberStatus::kFull) facts.full_members += 1;
          return absl::OkStatus();
        }));
      }
      if (found.size() < static_cast<size_t>(kAffiliates)) break;
      after = found.back();
    }
  }
  return absl::OkStatus();
}

void AddPost(const StoredPost& post, UnitFacts& facts) {
  if (post.state != PostState::kActive) return;
  if (post.kind == PostKind::kSecretary) facts.secretaries += post.filled;
  if (post.kind == PostKind::kDeputySecretary) facts.deputy_seats += post.seats;
  if (post.kind == PostKind::kCommitteeMember) facts.has_members_posts = true;
  const bool of_committee = post.kind == PostKind::kSecretary || post.kind == PostKind::kDeputySecretary ||
                            post.kind == PostKind::kCommitteeMember;
  if (!of_committee) return;
  facts.committee_seats += post.seats;
  facts.committee_people += post.filled;
}

struct Kept {
  int64_t since = 0;
  int64_t found = 0;
  int64_t required = 0;
  int64_t term = 0;
};

std::string MaskList(uint32_t mask, int greatest) {
  std::string list = "0";
  for (int value = 1; value <= greatest; ++value) {
    if ((mask >> value & 1u) != 0) list += fmt::format(", {}", value);
  }
  return list;
}

}  // namespace

absl::StatusOr<UnitFacts> FactsOf(sql::Session& session, const JudgedUnit& unit) {
  UnitFacts facts;
  RONGHE_ASSIGN_OR_RETURN(
      const bool there,
      session.SelectOne(kUnit, {common::kStructurePartition.value, unit.uid.value}, [&](const sql::Row& row) {
        facts.kind = static_cast<UnitKind>(row.Int(0));
        facts.state = static_cast<UnitState>(row.Int(1));
        facts.sector = row.Text(2);
        return absl::OkStatus();
      }));
  if (!there || facts.state != UnitState::kActive) return facts;
  for (const UnitsOfPartition& units : unit.counted) {
    RONGHE_RETURN_IF_ERROR(CountMembers(session, units, facts));
    RONGHE_RETURN_IF_ERROR(CountFromElsewhere(session, units, facts));
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredPost> posts, SelectPosts(session, unit.partition, unit.uid));
  for (const StoredPost& post : posts) AddPost(post, facts);
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredTerm> terms, SelectTerms(session, unit.partition, unit.uid));
  for (const StoredTerm& term : terms) {
    if (term.state == TermState::kEnded) continue;
    facts.term = UnitFacts::Term{term.id, term.state, term.dates.due, term.dates.expiring};
  }
  return facts;
}

absl::StatusOr<bool> KeepAlerts(sql::Session& session, const JudgedUnit& unit, std::span<const AlertFinding> found,
                                absl::CivilDay today) {
  std::map<int64_t, Kept> kept;
  RONGHE_RETURN_IF_ERROR(session.Select(kKept, {unit.partition.value, unit.uid.value}, [&](const sql::Row& row) {
    kept[row.Int(0)] = {row.Int(1), row.Int(2), row.Int(3), row.Int(4)};
    return absl::OkStatus();
  }));
  bool changed = false;
  for (const AlertFinding& finding : found) {
    const auto rule = static_cast<int64_t>(finding.rule);
    const auto before = kept.find(rule);
    int64_t since = common::DayNumber(finding.since.value_or(today));
    if (before != kept.end()) {
      if (!finding.since) since = before->second.since;
      const bool same = before->second.since == since && before->second.found == finding.value &&
                        before->second.required == finding.limit && before->second.term == finding.term.value;
      kept.erase(before);
      if (same) continue;
    }
    changed = true;
    RONGHE_RETURN_IF_ERROR(
        session
            .Execute(kPut, {unit.partition.value, unit.uid.value, rule, static_cast<int64_t>(SeverityOf(finding.rule)),
                            since, finding.value, finding.limit, finding.term.value})
            .status());
  }
  for (const auto& [rule, gone] : kept) {
    changed = true;
    RONGHE_RETURN_IF_ERROR(session.Execute(kDrop, {unit.partition.value, unit.uid.value, rule}).status());
  }
  return changed;
}

absl::StatusOr<std::vector<StoredAlert>> SqlAlertStore::List(const UnitsOfPartition& units, const AlertFilter& filter,
                                                             const AlertPosition& after, int limit,
                                                             absl::Time deadline) {
  std::string conditions = fmt::format(" AND rule IN ({}) AND severity IN ({})", MaskList(filter.rules, kAlertRules),
                                       MaskList(filter.severities, static_cast<int>(AlertSeverity::kNotice)));
  std::vector<Value> args = {units.partition.value, after.severity, after.since, after.unit.value, after.rule};
  if (!units.units.empty()) {
    const int padded = sql::PaddedCount(static_cast<int>(units.units.size()));
    conditions += fmt::format(" AND unit_uid IN ({})", sql::Placeholders(padded));
    for (int i = 0; i < padded; ++i) {
      args.emplace_back(units.units[std::min<size_t>(i, units.units.size() - 1)].value);
    }
  }
  args.emplace_back(int64_t{limit});
  const std::string text = fmt::format(
      "SELECT unit_uid, rule, severity, since_day, found, required, term_id FROM alert WHERE partition_id = ? AND "
      "(severity, since_day, unit_uid, rule) > (?, ?, ?, ?){} ORDER BY severity, since_day, unit_uid, rule LIMIT ?",
      conditions);
  std::vector<StoredAlert> alerts;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) {
    return session.Select({"alert_list", text}, args, [&](const sql::Row& row) {
      alerts.push_back({common::UnitUid(row.Int(0)), static_cast<AlertRule>(row.Int(1)),
                        static_cast<AlertSeverity>(row.Int(2)), common::DayFromNumber(row.Int(3)), row.Int(4),
                        row.Int(5), TermId(row.Int(6))});
      return absl::OkStatus();
    });
  }));
  return alerts;
}

}  // namespace ronghe::organization
