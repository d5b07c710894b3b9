#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"
#include "services/common/values/units.h"
#include "services/common/values/write_options.h"
#include "services/education/app/learning_store.h"
#include "services/education/app/roster.h"
#include "services/education/domain/learning_rules.h"

namespace ronghe::education {

// A record, and the unit that answers for it now.
struct LearningView {
  StoredLearning stored;
  common::UnitUid unit;
};

// What a request says of a record; the member by name.
struct LearningFields {
  std::string member;  // `members/{id}`
  bool has_day = false;
  LearningRecord record;  // the rest
};

struct LearningPage {
  common::Page<LearningView> page;
  int64_t credit_deci_hours = 0;
};

struct VoidedLearning {
  LearningView voided;
  std::optional<LearningView> replacement;
};

// Learning records: what people do with them, one at a time. Thread-safe.
class LearningApp {
 public:
  // All outlive it.
  struct Parts {
    LearningStore& store;
    const common::Units& units;
    Roster& roster;
    const LearningRules& rules;
    common::Calendar calendar;
    const common::TokenSigner& signer;
  };
  explicit LearningApp(Parts parts) : parts_(parts) {}

  absl::StatusOr<LearningView> Create(const common::Call& call, LearningFields fields,
                                      const common::WriteOptions& options);
  absl::StatusOr<LearningView> Get(const common::Call& call, const std::string& name);
  // `year` 0: the current one.
  absl::StatusOr<LearningPage> List(const common::Call& call, const std::string& parent, int year, int page_size,
                                    const std::string& page_token);
  // `replacement`: what is true instead, if anything is.
  absl::StatusOr<VoidedLearning> Void(const common::Call& call, const std::string& name, const std::string& reason,
                                      std::optional<LearningFields> replacement, const common::WriteOptions& options);
  // The unit that answers for `learningRecords/{id}`, or to which `members/{id}` belongs, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view name, absl::Time deadline);

 private:
  // Reads the member, and the unit of the day, which must be in scope.
  absl::Status Place(const common::Call& call, std::string_view prefix, LearningFields& fields,
                     common::Violations& violations) const;
  LearningView View(StoredLearning stored) const;

  Parts parts_;
};

}  // namespace ronghe::education
