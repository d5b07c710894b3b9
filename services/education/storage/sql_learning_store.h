#pragma once

#include <map>
#include <set>
#include <string>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/common/values/clock.h"
#include "services/common/vault/key_ring.h"
#include "services/education/app/learning_store.h"
#include "services/education/domain/learning_rules.h"
#include "services/education/storage/learning_rows.h"

namespace ronghe::education {

// Encrypts why records were voided: one data key for each. Thread-safe.
class LearningTexts {
 public:
  // Both outlive it.
  LearningTexts(const common::KeyRing& ring, common::Random& random) : ring_(ring), random_(random) {}
  struct Sealed {
    std::string text;
    common::WrappedKey key;
  };
  Sealed Seal(int64_t record, std::string_view reason) const;
  absl::StatusOr<std::string> Open(int64_t record, const Sealed& sealed) const;

 private:
  const common::KeyRing& ring_;
  common::Random& random_;
};

// The learning records' side of a write transaction of the change log, in one partition.
class SqlLearningTxn final : public LearningTxn {
 public:
  // All outlive it.
  SqlLearningTxn(common::WriteTxn& txn, const LearningTexts& texts, const LearningRules& rules)
      : txn_(txn), texts_(texts), rules_(rules) {}

  absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) override;
  void Remember(std::string resource) override { txn_.Remember(std::move(resource)); }
  absl::StatusOr<std::optional<StoredLearning>> Find(LearningRecordId id) override;
  absl::StatusOr<std::vector<EnteredLearning>> Enter(std::span<const LearningRecord> records,
                                                     const LearningOrigin& origin) override;
  absl::Status Void(const StoredLearning& stored, const std::string& reason, const std::string& actor,
                    bool replaced) override;
  absl::Status Replaced(const StoredLearning& stored, LearningRecordId by) override;
  int64_t revision() const override { return txn_.next_revision() - 1; }

  // The live or voided record of an external id; none where nothing is known.
  absl::StatusOr<std::vector<LearningBrief>> Known(std::span<const LearningRecord> records);
  // The external id of a voided record can be entered again.
  absl::Status FreeKey(LearningRecordId id);
  // Takes back what came with an import. Returns records that cannot be: they were voided since; at most `limit`.
  absl::StatusOr<std::vector<LearningRecordId>> Erase(int64_t import, int limit);

 private:
  // Logs what changed: one change of `resource`, or, where it is an import's, one for each unit.
  void LogRecord(LearningRecordId id, const LearningRecord& record, bool is_new, const LearningAmounts& amounts);
  void LogImport(int64_t import, const LearningAmounts& amounts);

  common::WriteTxn& txn_;
  const LearningTexts& texts_;
  const LearningRules& rules_;
};

class SqlLearningStore final : public LearningStore, public LearningImports {
 public:
  // All outlive it.
  SqlLearningStore(common::sql::Database& database, common::ChangeLog& log, const LearningTexts& texts,
                   const LearningRules& rules)
      : database_(database), log_(log), texts_(texts), rules_(rules) {}

  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(LearningTxn&)> body) override;
  absl::StatusOr<std::optional<StoredLearning>> Find(LearningRecordId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredLearning>> List(int64_t member, int year, int64_t after_day, int64_t after_id,
                                                   int limit, absl::Time deadline) override;
  absl::StatusOr<int64_t> Credit(int64_t member, int year, absl::Time deadline) override;
  absl::StatusOr<std::vector<LearningTotal>> Totals(int64_t import, absl::Time deadline) override;

  absl::StatusOr<std::vector<EnteredLearning>> Enter(common::ImportTxn& txn, const common::Import& import,
                                                     std::span<const LearningRecord> records, bool all_new) override;
  absl::Status Erase(common::ImportTxn& txn, const common::Import& import) override;
  absl::StatusOr<std::vector<LearningKnown>> Look(std::span<const LearningRecord> records,
                                                  absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  const LearningTexts& texts_;
  const LearningRules& rules_;
};

}  // namespace ronghe::education
