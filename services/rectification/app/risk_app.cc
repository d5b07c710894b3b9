#include "services/rectification/app/risk_app.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"

namespace ronghe::rectification {
namespace {

const char* const kRiskFields[] = {"title",       "category", "rating",          "owner",
                                   "description", "measures", "next_review_date"};

// The paths that an update names, or those of the fields that are set.
std::vector<std::string> PathsOf(const RiskFields& fields, common::Violations& violations) {
  std::vector<std::string> paths;
  for (const std::string& path : fields.mask) {
    if (path == "*") return {std::begin(kRiskFields), std::end(kRiskFields)};
    if (std::find(std::begin(kRiskFields), std::end(kRiskFields), path) == std::end(kRiskFields)) {
      violations.Add("update_mask", "NOT_UPDATABLE", {path + " cannot be changed", path + " 不能修改"});
    }
    paths.push_back(path);
  }
  if (!fields.mask.empty()) return paths;
  const RiskPoint& sent = fields.point;
  if (!sent.title.empty()) paths.emplace_back("title");
  if (!sent.category.empty()) paths.emplace_back("category");
  if (sent.rating != RiskRating::kUnspecified) paths.emplace_back("rating");
  if (!fields.owner.empty()) paths.emplace_back("owner");
  if (!sent.description.empty()) paths.emplace_back("description");
  if (!sent.measures.empty()) paths.emplace_back("measures");
  if (sent.next_review) paths.emplace_back("next_review_date");
  return paths;
}

int64_t ReadOwner(const std::string& owner, common::Violations& violations) {
  constexpr char kField[] = "risk_point.owner";
  const int64_t id = common::IdFromName(owner, "members");
  if (id == 0) violations.AddAll(common::BadName(owner, kField, "members"));
  return id;
}

absl::StatusOr<StoredRisk> FindRisk(RiskTxn& txn, const std::string& name) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredRisk> found,
                          txn.Find(RiskPointId(common::IdFromName(name, "riskPoints"))));
  if (!found) return common::NotFound(name);
  return *std::move(found);
}

}  // namespace

std::string NameOf(RiskPointId id) {
  return fmt::format("riskPoints/{}", id.value);
}
std::string EtagOf(const StoredRisk& stored) {
  return fmt::format("{:x}.{:x}", stored.version, absl::ToUnixMicros(stored.update_time));
}
std::string ReviewName(RiskPointId id, int number) {
  return fmt::format("{}/reviews/{}", NameOf(id), number);
}

absl::Time RiskApp::NextLook(const RiskPoint& point) const {
  if (point.state != RiskPointState::kActive || !point.next_review || point.overdue) return absl::InfiniteFuture();
  return DeadlineOf(*point.next_review, parts_.calendar.zone());
}

absl::CivilDay RiskApp::NextReview(const std::optional<absl::CivilDay>& wanted, RiskRating rating, absl::CivilDay last,
                                   std::string_view field, common::Violations& violations) const {
  const absl::CivilDay latest = LatestReview(rating, last, parts_.policy);
  if (!wanted) return latest;
  if (*wanted < parts_.calendar.Today()) {
    violations.Add(std::string(field), "IN_PAST", {"must not be in the past", "不能早于今天"});
  } else if (*wanted > latest) {
    const std::string day = absl::FormatCivilTime(latest);
    violations.Add(
        std::string(field), "TOO_LATE",
        {fmt::format("by the rules it is to be reviewed by {}", day), fmt::format("按规则应在 {} 前复核", day)});
  }
  return *wanted;
}

absl::StatusOr<RiskView> RiskApp::Create(const common::Call& call, const RiskFields& fields,
                                         const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  RiskPoint point = fields.point;
  CheckRiskPoint(point, parts_.policy, "risk_point.", violations);
  point.owner = ReadOwner(fields.owner, violations);
  point.next_review =
      NextReview(point.next_review, point.rating, parts_.calendar.Today(), "risk_point.next_review_date", violations);
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView unit, common::VisibleUnit(parts_.units, call, fields.unit,
                                                                           "risk_point.unit", std::move(violations)));
  RONGHE_RETURN_IF_ERROR(common::RefuseUnit(unit, parts_.units));
  point.unit = unit.uid;
  const auto change = [&](RiskTxn& txn, std::string& remember) -> absl::StatusOr<StoredRisk> {
    RONGHE_ASSIGN_OR_RETURN(StoredRisk stored, txn.Insert(point, NextLook(point)));
    remember = NameOf(stored.id);
    return stored;
  };
  RONGHE_ASSIGN_OR_RETURN(StoredRisk stored, Run<StoredRisk>(unit.partition, call, options, change, FindRisk));
  return View(call, std::move(stored));
}

absl::StatusOr<StoredRisk> RiskApp::Found(RiskTxn& txn, const common::Call& call, const std::string& name,
                                          const std::string& etag) const {
  RONGHE_ASSIGN_OR_RETURN(StoredRisk before, FindRisk(txn, name));
  if (!parts_.units.Covers(call.scope, parts_.units.AnswersFor(before.point.unit))) return common::NotFound(name);
  RONGHE_RETURN_IF_ERROR(common::CheckEtag(EtagOf(before), etag));
  return before;
}

RiskPoint RiskApp::Updated(const StoredRisk& before, const RiskFields& fields, common::Violations& violations) const {
  RiskPoint after = before.point;
  const RiskPoint& sent = fields.point;
  bool dated = false;
  for (const std::string& path : PathsOf(fields, violations)) {
    if (path == "title") after.title = sent.title;
    if (path == "category") after.category = sent.category;
    if (path == "rating") after.rating = sent.rating;
    if (path == "owner") after.owner = ReadOwner(fields.owner, violations);
    if (path == "description") after.description = sent.description;
    if (path == "measures") after.measures = sent.measures;
    if (path == "next_review_date") dated = true;
  }
  CheckRiskPoint(after, parts_.policy, "risk_point.", violations);
  const absl::TimeZone zone = parts_.calendar.zone();
  const auto last = absl::CivilDay(absl::ToCivilSecond(after.last_review.value_or(before.create_time), zone));
  const absl::CivilDay today = parts_.calendar.Today();
  if (dated) {
    after.next_review = NextReview(sent.next_review, after.rating, last, "risk_point.next_review_date", violations);
    after.overdue = after.overdue && after.next_review < today;
  } else if (after.rating < before.point.rating && after.next_review) {
    // Graver: sooner, but not before today.
    after.next_review = std::min(*after.next_review, std::max(today, LatestReview(after.rating, last, parts_.policy)));
  }
  return after;
}

absl::StatusOr<RiskView> RiskApp::Update(const common::Call& call, const std::string& name, const RiskFields& fields,
                                         const common::WriteOptions& options) {
  common::Violations form = common::StartWith(options);
  const RiskPointId id(common::IdFromName(name, "riskPoints"));
  if (!id) form.AddAll(common::BadName(name, "risk_point.name", "riskPoints"));
  RONGHE_RETURN_IF_ERROR(form.ToStatus());
  const auto change = [&](RiskTxn& txn, std::string& remember) -> absl::StatusOr<StoredRisk> {
    RONGHE_ASSIGN_OR_RETURN(const StoredRisk before, Found(txn, call, name, options.etag));
    RONGHE_RETURN_IF_ERROR(Decide(before.point, RiskPointEvent::kUpdate, PersonOf(call.actor), name).status());
    common::Violations violations;
    const RiskPoint after = Updated(before, fields, violations);
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    remember = name;
    return txn.Replace(before, after, nullptr, NextLook(after));
  };
  RONGHE_ASSIGN_OR_RETURN(StoredRisk stored,
                          Run<StoredRisk>(common::PartitionOf(id.value), call, options, change, FindRisk));
  return View(call, std::move(stored));
}

absl::StatusOr<RiskView> RiskApp::Retire(const common::Call& call, const std::string& name, const std::string& reason,
                                         const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  const RiskPointId id(common::IdFromName(name, "riskPoints"));
  if (!id) violations.AddAll(common::BadName(name, "name", "riskPoints"));
  CheckReason(reason, /*required=*/true, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const auto change = [&](RiskTxn& txn, std::string& remember) -> absl::StatusOr<StoredRisk> {
    RONGHE_ASSIGN_OR_RETURN(const StoredRisk before, Found(txn, call, name, options.etag));
    RiskPoint after = before.point;
    RONGHE_ASSIGN_OR_RETURN(after.state, Decide(before.point, RiskPointEvent::kRetire, PersonOf(call.actor), name));
    after.retire_reason = reason;
    after.next_review.reset();
    after.overdue = false;
    remember = name;
    return txn.Replace(before, after, nullptr, absl::InfiniteFuture());
  };
  RONGHE_ASSIGN_OR_RETURN(StoredRisk stored,
                          Run<StoredRisk>(common::PartitionOf(id.value), call, options, change, FindRisk));
  return View(call, std::move(stored));
}

RiskView RiskApp::View(const common::Call& call, StoredRisk stored) const {
  RiskView view;
  view.unit = parts_.units.AnswersFor(stored.point.unit);
  view.show_texts = parts_.rights.Holds(call.actor, Right::kReadTexts, view.unit);
  view.stored = std::move(stored);
  return view;
}

absl::StatusOr<RiskView> RiskApp::Get(const common::Call& call, const std::string& name) {
  const RiskPointId id(common::IdFromName(name, "riskPoints"));
  if (!id) return common::BadName(name, "name", "riskPoints");
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredRisk> found, parts_.store.Find(id, call.deadline));
  if (!found || !parts_.units.Covers(call.scope, parts_.units.AnswersFor(found->point.unit))) {
    return common::NotFound(name);
  }
  return View(call, *std::move(found));
}

absl::StatusOr<common::UnitUid> RiskApp::OwnerOf(std::string_view name, absl::Time deadline) {
  const RiskPointId id(common::IdFromName(name, "riskPoints"));
  if (!id) return common::BadName(name, "name", "riskPoints");
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredRisk> found, parts_.store.Find(id, deadline));
  if (!found) return common::NotFound(std::string(name));
  return parts_.units.AnswersFor(found->point.unit);
}

}  // namespace ronghe::rectification
