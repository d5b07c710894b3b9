#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/import/import_target.h"
#include "services/common/values/call.h"
#include "services/education/domain/learning.h"

namespace ronghe::education {

struct StoredLearning {
  LearningRecordId id = {};
  LearningRecord record;
  LearningState state = LearningState::kLive;
  bool counted = false;
  int64_t import = 0;              // 0: none
  LearningRecordId replaces = {};  // none: nothing
  absl::Time create_time = {};
  int64_t revision = 0;  // of the write that answered with it; 0: read, or only tried
  // Of a voided one.
  std::optional<absl::Time> void_time;
  std::string void_reason;
  LearningRecordId replaced_by = {};
};

// `learningRecords/{id}`.
std::string NameOf(LearningRecordId id);

// Why records come.
struct LearningOrigin {
  int64_t import = 0;
  LearningRecordId replaces = {};
  // Nothing of them is expected to be known: it is not looked for, and ALREADY_EXISTS where it is there after all,
  // after which the transaction is lost.
  bool all_new = false;
};

// Whether an external id is known.
enum class LearningKnown { kNew, kSame, kOther };

// What came of a record that was entered, in the order of the records.
struct EnteredLearning {
  LearningRecordId id = {};  // of the record that is there now
  bool known = false;        // it was there before
  bool same = true;          // and said the same
  bool counted = false;      // of a new one
};

// What an import brought from one platform.
struct LearningTotal {
  std::string platform;
  int64_t new_records = 0;
  int64_t known_records = 0;
  int64_t counted_records = 0;
  int64_t new_deci_hours = 0;
  int64_t known_deci_hours = 0;
  int64_t counted_deci_hours = 0;
};

// A write transaction in the partition of the members it is about, which holds the partition's lock row. What it
// changes is logged with what it adds to totals. Not thread-safe.
class LearningTxn {
 public:
  virtual ~LearningTxn() = default;
  virtual absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) = 0;
  virtual void Remember(std::string resource) = 0;
  virtual absl::StatusOr<std::optional<StoredLearning>> Find(LearningRecordId id) = 0;
  // Enters those of which the external id is not known; each external id at most once. What is known stays as it is.
  virtual absl::StatusOr<std::vector<EnteredLearning>> Enter(std::span<const LearningRecord> records,
                                                             const LearningOrigin& origin) = 0;
  // Voids a live one. With `replaced` its external id can be entered again, and must be: Replaced() follows.
  virtual absl::Status Void(const StoredLearning& stored, const std::string& reason, const std::string& actor,
                            bool replaced) = 0;
  virtual absl::Status Replaced(const StoredLearning& stored, LearningRecordId by) = 0;
  // What the transaction will have as revision.
  virtual int64_t revision() const = 0;
};

// What imports do in their transaction. Records lie in the partitions of their members. Thread-safe.
class LearningImports {
 public:
  virtual ~LearningImports() = default;
  // As LearningTxn::Enter, of members of any partition; totals of the import included. `all_new`: as LearningOrigin.
  virtual absl::StatusOr<std::vector<EnteredLearning>> Enter(common::ImportTxn& txn, const common::Import& import,
                                                             std::span<const LearningRecord> records, bool all_new) = 0;
  // Erases what came with an import. FAILED_PRECONDITION, IMPORT_IN_USE.
  virtual absl::Status Erase(common::ImportTxn& txn, const common::Import& import) = 0;
  // Whether the external ids of records are known, and with the same content.
  virtual absl::StatusOr<std::vector<LearningKnown>> Look(std::span<const LearningRecord> records,
                                                          absl::Time deadline) = 0;
};

// Thread-safe.
class LearningStore {
 public:
  virtual ~LearningStore() = default;
  // One transaction in one partition: OK commits durably; an error rolls back and is returned. `body` may run again.
  virtual absl::Status Write(common::PartitionId partition, const common::Call& call,
                             absl::FunctionRef<absl::Status(LearningTxn&)> body) = 0;
  virtual absl::StatusOr<std::optional<StoredLearning>> Find(LearningRecordId id, absl::Time deadline) = 0;
  // Of a member and a year, after (day, id), by day and id.
  virtual absl::StatusOr<std::vector<StoredLearning>> List(int64_t member, int year, int64_t after_day,
                                                           int64_t after_id, int limit, absl::Time deadline) = 0;
  // What counts of a member and a year, in tenths of an hour.
  virtual absl::StatusOr<int64_t> Credit(int64_t member, int year, absl::Time deadline) = 0;
  // By platform.
  virtual absl::StatusOr<std::vector<LearningTotal>> Totals(int64_t import, absl::Time deadline) = 0;
};

}  // namespace ronghe::education
