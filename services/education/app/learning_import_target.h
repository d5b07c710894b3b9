#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "services/common/import/import_target.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"
#include "services/common/values/units.h"
#include "services/education/app/learning_app.h"
#include "services/education/app/membership_book.h"

namespace ronghe::education {

// Reads a staged row back: what the sender sent. Thread-safe.
class LearningRowCodec {
 public:
  virtual ~LearningRowCodec() = default;
  // Fills in what can be read; adds every violation of the form, fields as in ronghe.education.v1.LearningRecord.
  virtual void Decode(std::string_view payload, LearningFields& fields, common::Violations& violations) const = 0;
  // The number of the member, 0 where there is none. Cheap.
  virtual int64_t MemberOf(std::string_view payload) const = 0;
};

// Learning records of members of any county. Rows are applied member by member, many at a time: what organization says
// of a member is asked once for an import, when it is checked. Thread-safe.
class LearningImportTarget final : public common::ImportTarget {
 public:
  // All outlive it.
  struct Parts {
    LearningImports& records;
    const LearningRowCodec& codec;
    Roster& roster;
    const common::Units& units;
    const LearningRules& rules;
    common::Calendar calendar;
    const common::Clock& real_clock;  // by which calls keep deadlines
  };
  explicit LearningImportTarget(Parts parts) : parts_(parts) {}

  std::string_view collection() const override { return "learningRecords"; }
  bool personal() const override { return false; }
  int rows_per_chunk() const override { return 10'000; }
  int64_t OrderOf(std::string_view payload) const override { return parts_.codec.MemberOf(payload); }
  absl::StatusOr<std::unique_ptr<common::ImportCheck>> NewCheck(const common::Import& import) override;
  absl::StatusOr<common::ChunkOutcome> Apply(common::ImportTxn& txn, const common::Import& import,
                                             std::span<const common::ImportRow> rows) override;
  absl::Status Revert(common::ImportTxn& txn, const common::Import& import, std::span<const int64_t> results) override;

 private:
  class Check;
  // What is known of one import while it is checked and applied. Only the runner's thread uses it.
  struct Knowledge {
    MembershipBook book;
    std::map<common::UnitUid, bool> below;  // of units asked about: whether they lie under the import's parent
    // The check has looked for all external ids and found none.
    bool all_new = false;
  };
  // A row, read.
  struct Read {
    int64_t line = 0;
    LearningRecord record;
    common::Violations violations;
  };
  std::shared_ptr<Knowledge> KnowledgeOf(const common::Import& import);
  // Reads and places rows, as far as a row can be judged by itself.
  absl::StatusOr<std::vector<Read>> ReadRows(const common::Import& import, Knowledge& knowledge,
                                             std::span<const common::ImportRow> rows) const;
  void Place(const common::Import& import, Knowledge& knowledge, Read& read) const;

  Parts parts_;
  common::Mutex mutex_;
  int64_t known_import_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<Knowledge> knowledge_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::education
