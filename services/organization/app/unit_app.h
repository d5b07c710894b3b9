#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/app/reorganization_app.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/structure_steps.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/app/write_options.h"
#include "services/organization/domain/unit.h"

namespace ronghe::organization {

// Changes of the structure: what is allowed is decided inside the transaction that does it. Thread-safe.
class UnitApp {
 public:
  // All must outlive it. `scheduler`: takes what is to take effect on a later day; null: nothing can.
  UnitApp(UnitStore& store, RevisionGate& gate, common::Calendar calendar, const RuleBook& rules,
          ReorganizationApp* scheduler = nullptr)
      : store_(store), gate_(gate), calendar_(calendar), rules_(rules), scheduler_(scheduler) {}

  // `parent`: `units/{code}`; empty or `units/-`: a root, which needs the permission on everything.
  absl::StatusOr<Unit> Create(const common::Call& call, UnitFields fields, const std::string& parent,
                              const WriteOptions& options);
  absl::StatusOr<Unit> Update(const common::Call& call, const std::string& name, const UnitChanges& changes,
                              const WriteOptions& options);
  absl::StatusOr<Unit> Move(const common::Call& call, const std::string& name, const std::string& parent,
                            const WriteOptions& options);
  // `closing`: it takes nothing new from now on, until the effective day, which lies in the future.
  absl::StatusOr<Unit> Dissolve(const common::Call& call, const std::string& name, const WriteOptions& options,
                                bool closing = false);

 private:
  // Checks what the methods have in common, then does the step or schedules it.
  absl::StatusOr<Unit> Run(const common::Call& call, const WriteOptions& options, const Step& step,
                           common::Violations violations);
  absl::StatusOr<Unit> DoNow(const common::Call& call, const WriteOptions& options, const Step& step,
                             absl::CivilDay day);
  absl::StatusOr<Unit> Schedule(const common::Call& call, const WriteOptions& options, const Step& step);
  // The unit of a step that was scheduled: as it is, or as it will be.
  absl::StatusOr<Unit> Foreseen(UnitReader& reader, const Step& step, std::string reorganization);

  UnitStore& store_;
  RevisionGate& gate_;
  common::Calendar calendar_;
  const RuleBook& rules_;
  ReorganizationApp* scheduler_;
};

}  // namespace ronghe::organization
