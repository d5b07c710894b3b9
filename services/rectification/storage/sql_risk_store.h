#pragma once

#include <optional>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/rectification/app/risk_store.h"
#include "services/rectification/storage/sql_problem_store.h"

namespace ronghe::rectification {

// The timers of risk points: when the day of their review ends.
inline constexpr std::string_view kRiskTimer = "risk_point";

// The risk points' side of a write transaction of the change log.
class SqlRiskTxn final : public RiskTxn {
 public:
  // All outlive it.
  SqlRiskTxn(common::WriteTxn& txn, const ProblemTexts& texts, absl::TimeZone zone)
      : txn_(txn), texts_(texts), zone_(zone), problems_(txn, texts, zone) {}

  ProblemTxn& problems() override { return problems_; }
  absl::StatusOr<std::optional<StoredRisk>> Find(RiskPointId id) override;
  absl::StatusOr<std::optional<RiskReview>> FindReview(RiskPointId id, int number) override;
  absl::StatusOr<StoredRisk> Insert(const RiskPoint& point, absl::Time next) override;
  absl::StatusOr<StoredRisk> Replace(const StoredRisk& before, const RiskPoint& after, const RiskReview* review,
                                     absl::Time next) override;

 private:
  absl::Status SetNext(RiskPointId id, absl::Time next);

  common::WriteTxn& txn_;
  const ProblemTexts& texts_;
  absl::TimeZone zone_;
  SqlProblemTxn problems_;
};

class SqlRiskStore final : public RiskStore {
 public:
  // All outlive it.
  SqlRiskStore(common::sql::Database& database, common::ChangeLog& log, const ProblemTexts& texts, absl::TimeZone zone)
      : database_(database), log_(log), texts_(texts), zone_(zone) {}

  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(RiskTxn&)> body) override;
  absl::StatusOr<std::optional<StoredRisk>> Find(RiskPointId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredRisk>> List(std::span<const UnitsOfPartition> units, const RiskFilter& filter,
                                               const common::ListPosition& after, int limit,
                                               absl::Time deadline) override;
  absl::StatusOr<std::vector<RiskReview>> Reviews(RiskPointId id, int before, int limit, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  const ProblemTexts& texts_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::rectification
