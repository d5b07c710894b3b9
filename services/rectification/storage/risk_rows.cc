#include "services/rectification/storage/risk_rows.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/rectification/storage/problem_conditions.h"
#include "services/rectification/storage/risk_rollup.h"

namespace ronghe::rectification {
namespace {

namespace sql = common::sql;
using sql::Value;

#define RONGHE_RISK_COLUMNS                                                                                        \
  "risk_id, unit_uid, title, category, rating, owner, state, next_day, overdue, reviews, failed, last_review_us, " \
  "texts, key_version, wrapped_key, create_us, version, revision, update_us"

constexpr char kRiskPlace[] = "risk_point";
constexpr size_t kRiskParts = 3;
constexpr size_t kReviewParts = 2;

// Texts are sealed as a problem's are; all ids come from one sequence.
ProblemId SealedAs(RiskPointId id) {
  return ProblemId(id.value);
}
std::string ReviewPlace(int number) {
  return fmt::format("risk_review/{}", number);
}

absl::StatusOr<std::string> SealRisk(const ProblemTexts& texts, const RiskRow& row) {
  const RiskPoint& point = row.stored.point;
  return texts.SealParts(SealedAs(row.stored.id), row.key, kRiskPlace,
                         {point.description, point.measures, point.retire_reason});
}

absl::Status ReadRisk(const ProblemTexts& texts, const sql::Row& row, RiskRow& out) {
  StoredRisk& stored = out.stored;
  stored.id = RiskPointId(row.Int(0));
  RiskPoint& point = stored.point;
  point.unit = common::UnitUid(row.Int(1));
  point.title = row.Text(2);
  point.category = row.Text(3);
  point.rating = static_cast<RiskRating>(row.Int(4));
  point.owner = row.Int(5);
  point.state = static_cast<RiskPointState>(row.Int(6));
  if (row.Int(7) != 0) point.next_review = common::DayFromNumber(row.Int(7));
  point.overdue = row.Int(8) != 0;
  point.reviews = static_cast<int>(row.Int(9));
  point.failed = static_cast<int>(row.Int(10));
  if (!row.IsNull(11)) point.last_review = absl::FromUnixMicros(row.Int(11));
  out.key = {row.Int(13), std::string(row.Bytes(14))};
  stored.create_time = absl::FromUnixMicros(row.Int(15));
  stored.version = row.Int(16);
  stored.revision = row.Int(17);
  stored.update_time = absl::FromUnixMicros(row.Int(18));
  RONGHE_ASSIGN_OR_RETURN(std::vector<std::string> parts,
                          texts.OpenParts(SealedAs(stored.id), {out.key, std::string(row.Bytes(12))}, kRiskPlace));
  if (parts.size() != kRiskParts) return common::Internal("the texts of a risk point are malformed");
  point.description = std::move(parts[0]);
  point.measures = std::move(parts[1]);
  point.retire_reason = std::move(parts[2]);
  return absl::OkStatus();
}

int64_t NextDay(const RiskPoint& point) {
  return point.next_review ? common::DayNumber(*point.next_review) : 0;
}
Value LastReview(const RiskPoint& point) {
  return point.last_review ? Value(absl::ToUnixMicros(*point.last_review)) : Value(sql::Null{});
}

}  // namespace

absl::StatusOr<std::optional<RiskRow>> SelectRisk(sql::Session& session, const ProblemTexts& texts, RiskPointId id) {
  constexpr sql::Query kFind{"risk_point_find",
                             "SELECT " RONGHE_RISK_COLUMNS " FROM risk_point WHERE partition_id = ? AND risk_id = ?"};
  std::optional<RiskRow> found;
  const auto read = [&](const sql::Row& row) { return ReadRisk(texts, row, found.emplace()); };
  RONGHE_RETURN_IF_ERROR(session.Select(kFind, {common::PartitionOf(id.value).value, id.value}, read));
  return found;
}

absl::Status InsertRiskRow(sql::Session& session, const ProblemTexts& texts, const RiskRow& row) {
  constexpr sql::Query kInsert{"risk_point_insert",
                               "INSERT INTO risk_point (partition_id, " RONGHE_RISK_COLUMNS
                               ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, SealRisk(texts, row));
  const RiskPoint& point = row.stored.point;
  const Value args[] = {common::PartitionOf(row.stored.id.value).value,
                        row.stored.id.value,
                        point.unit.value,
                        point.title,
                        point.category,
                        static_cast<int64_t>(point.rating),
                        point.owner,
                        static_cast<int64_t>(point.state),
                        NextDay(point),
                        int64_t{point.overdue},
                        int64_t{point.reviews},
                        int64_t{point.failed},
                        LastReview(point),
                        sql::Blob{std::move(sealed)},
                        row.key.version,
                        sql::Blob{row.key.bytes},
                        absl::ToUnixMicros(row.stored.create_time),
                        row.stored.version,
                        row.stored.revision,
                        absl::ToUnixMicros(row.stored.update_time)};
  return session.Execute(kInsert, std::span<const Value>(args)).status();
}

absl::Status UpdateRiskRow(sql::Session& session, const ProblemTexts& texts, const RiskRow& row) {
  constexpr sql::Query kUpdate{
      "risk_point_update",
      "UPDATE risk_point SET title = ?, category = ?, rating = ?, owner = ?, state = ?, next_day = ?, overdue = ?, "
      "reviews = ?, failed = ?, last_review_us = ?, texts = ?, version = ?, revision = ?, update_us = ? "
      "WHERE partition_id = ? AND risk_id = ? AND version = ?"};
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, SealRisk(texts, row));
  const RiskPoint& point = row.stored.point;
  const Value args[] = {point.title,
                        point.category,
                        static_cast<int64_t>(point.rating),
                        point.owner,
                        static_cast<int64_t>(point.state),
                        NextDay(point),
                        int64_t{point.overdue},
                        int64_t{point.reviews},
                        int64_t{point.failed},
                        LastReview(point),
                        sql::Blob{std::move(sealed)},
                        row.stored.version,
                        row.stored.revision,
                        absl::ToUnixMicros(row.stored.update_time),
                        common::PartitionOf(row.stored.id.value).value,
                        row.stored.id.value,
                        row.stored.version - 1};
  RONGHE_ASSIGN_OR_RETURN(const int64_t rows, session.Execute(kUpdate, std::span<const Value>(args)));
  if (rows != 1) return common::Internal("a risk point is not at its version");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredRisk>> PageRisks(sql::Session& session, const ProblemTexts& texts,
                                                  const UnitsOfPartition& units, const RiskFilter& filter,
                                                  const common::ListPosition& after, int limit) {
  std::vector<Value> args = {units.partition.value};
  std::string text =
      "SELECT " RONGHE_RISK_COLUMNS " FROM risk_point WHERE partition_id = ? AND " + UnitCondition(units.units, args);
  if (filter.state) text += fmt::format(" AND state = {}", static_cast<int>(*filter.state));
  if (filter.rating) text += fmt::format(" AND rating = {}", static_cast<int>(*filter.rating));
  if (filter.overdue) text += *filter.overdue ? " AND overdue = 1" : " AND overdue = 0";
  if (!filter.category.empty()) {
    text += " AND category = ?";
    args.emplace_back(filter.category);
  }
  text += " AND (next_day, risk_id) > (?, ?) ORDER BY next_day, risk_id LIMIT ?";
  args.emplace_back(after.key);
  args.emplace_back(after.id);
  args.emplace_back(int64_t{limit});
  std::vector<StoredRisk> found;
  const auto read = [&](const sql::Row& row) -> absl::Status {
    RiskRow one;
    RONGHE_RETURN_IF_ERROR(ReadRisk(texts, row, one));
    found.push_back(std::move(one.stored));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(session.Select({"risk_point_page", text}, args, read));
  return found;
}
#undef RONGHE_RISK_COLUMNS

absl::Status InsertReviewRow(sql::Session& session, const ProblemTexts& texts, const RiskRow& row,
                             const RiskReview& review, absl::TimeZone zone) {
  constexpr sql::Query kInsert{
      "risk_review_insert",
      "INSERT INTO risk_review (partition_id, risk_id, number, unit_uid, month, due_day, result, on_time, problem_id, "
      "actor_key, actor_principal, actor_member, texts, review_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  RONGHE_ASSIGN_OR_RETURN(
      std::string sealed,
      texts.SealParts(SealedAs(row.stored.id), row.key, ReviewPlace(review.number), {review.basis, review.finding}));
  const Value args[] = {common::PartitionOf(row.stored.id.value).value,
                        row.stored.id.value,
                        int64_t{review.number},
                        row.stored.point.unit.value,
                        int64_t{MonthOfReview(review, zone)},
                        common::DayNumber(review.due),
                        static_cast<int64_t>(review.result),
                        int64_t{review.on_time},
                        review.problem,
                        review.by.key,
                        review.by.principal,
                        review.by.member,
                        sql::Blob{std::move(sealed)},
                        absl::ToUnixMicros(review.at)};
  return session.Execute(kInsert, std::span<const Value>(args)).status();
}

absl::StatusOr<std::vector<RiskReview>> SelectReviews(sql::Session& session, const ProblemTexts& texts,
                                                      const RiskRow& row, int before, int limit) {
  constexpr sql::Query kList{"risk_review_list",
                             "SELECT number, due_day, result, on_time, problem_id, actor_key, actor_principal, "
                             "actor_member, texts, review_us FROM risk_review "
                             "WHERE partition_id = ? AND risk_id = ? AND number < ? ORDER BY number DESC LIMIT ?"};
  std::vector<RiskReview> found;
  const auto read = [&](const sql::Row& one) -> absl::Status {
    RiskReview& review = found.emplace_back();
    review.number = static_cast<int>(one.Int(0));
    review.due = common::DayFromNumber(one.Int(1));
    review.result = static_cast<RiskReviewResult>(one.Int(2));
    review.on_time = one.Int(3) != 0;
    review.problem = one.Int(4);
    review.by = {std::string(one.Text(5)), one.Int(6), one.Int(7)};
    review.at = absl::FromUnixMicros(one.Int(9));
    RONGHE_ASSIGN_OR_RETURN(
        std::vector<std::string> parts,
        texts.OpenParts(SealedAs(row.stored.id), {row.key, std::string(one.Bytes(8))}, ReviewPlace(review.number)));
    if (parts.size() != kReviewParts) return common::Internal("the texts of a review are malformed");
    review.basis = std::move(parts[0]);
    review.finding = std::move(parts[1]);
    return absl::OkStatus();
  };
  const Value args[] = {common::PartitionOf(row.stored.id.value).value, row.stored.id.value, int64_t{before},
                        int64_t{limit}};
  RONGHE_RETURN_IF_ERROR(session.Select(kList, std::span<const Value>(args), read));
  return found;
}

}  // namespace ronghe::rectification
