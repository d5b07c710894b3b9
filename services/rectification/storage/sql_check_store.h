#pragma once

#include <optional>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/rectification/app/check_store.h"
#include "services/rectification/storage/sql_problem_store.h"

namespace ronghe::rectification {

// The timers of rounds, by round, in each partition with units of theirs: self-checks are to be opened there.
inline constexpr std::string_view kRoundTimer = "check_round";
// The timers of self-checks: when their day ends.
inline constexpr std::string_view kCheckTimer = "self_check";

// The self-checks' side of a write transaction of the change log.
class SqlCheckTxn final : public CheckTxn {
 public:
  // All outlive it.
  SqlCheckTxn(common::WriteTxn& txn, const ProblemTexts& texts, absl::TimeZone zone)
      : txn_(txn), texts_(texts), problems_(txn, texts, zone) {}

  ProblemTxn& problems() override { return problems_; }
  absl::StatusOr<std::optional<StoredChecklist>> FindChecklist(ChecklistId id, int version) override;
  absl::StatusOr<StoredChecklist> InsertChecklist(const Checklist& checklist) override;
  absl::StatusOr<StoredChecklist> ReplaceChecklist(const StoredChecklist& before, const Checklist& after) override;
  absl::StatusOr<std::optional<StoredRound>> FindRound(CheckRoundId id) override;
  absl::StatusOr<StoredRound> InsertRound(const CheckRound& round,
                                          std::span<const common::PartitionId> partitions) override;
  absl::StatusOr<std::optional<StoredCheck>> FindCheck(SelfCheckId id) override;
  absl::Status InsertCheck(CheckRoundId round, const SelfCheck& check, absl::Time next) override;
  absl::StatusOr<StoredCheck> ReplaceCheck(const StoredCheck& before, const SelfCheck& after, absl::Time next) override;

 private:
  absl::Status SetNext(SelfCheckId id, absl::Time next);

  common::WriteTxn& txn_;
  const ProblemTexts& texts_;
  SqlProblemTxn problems_;
};

class SqlCheckStore final : public CheckStore {
 public:
  // All outlive it.
  SqlCheckStore(common::sql::Database& database, common::ChangeLog& log, const ProblemTexts& texts, absl::TimeZone zone)
      : database_(database), log_(log), texts_(texts), zone_(zone) {}

  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(CheckTxn&)> body) override;
  absl::StatusOr<std::optional<StoredChecklist>> FindChecklist(ChecklistId id, int version,
                                                               absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredChecklist>> ListChecklists(common::PartitionId partition, common::UnitUid unit,
                                                              absl::Time deadline) override;
  absl::StatusOr<std::optional<StoredRound>> FindRound(CheckRoundId id, absl::Time deadline) override;
  absl::StatusOr<std::optional<StoredCheck>> FindCheck(SelfCheckId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredCheck>> ListChecks(std::span<const UnitsOfPartition> units,
                                                      const CheckFilter& filter, const common::ListPosition& after,
                                                      int limit, absl::Time deadline) override;
  absl::StatusOr<std::map<common::UnitUid, CheckCounts>> Count(std::span<const common::PartitionId> partitions,
                                                               CheckRoundId round, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  const ProblemTexts& texts_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::rectification
