#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/common/values/period.h"
#include "services/organization/app/record_store.h"
#include "services/organization/domain/appointment.h"
#include "services/organization/domain/duty.h"

namespace ronghe::organization {

// Somebody's part in a duty: exactly one of member, unit and outside.
struct StoredPart {
  int64_t part = 0;  // within the duty, from 1
  DutyRole role = DutyRole::kUnspecified;
  MemberId member = {};
  common::UnitUid unit = {};
  OutsideParty outside = OutsideParty::kUnspecified;
  std::string description;
  DaySpan days;
  PartEndReason end_reason = PartEndReason::kUnspecified;

  bool running() const { return end_reason == PartEndReason::kUnspecified; }
};

struct StoredDuty {
  DutyId id = {};
  RecordInfo info;
  DutyKind kind = DutyKind::kUnspecified;
  std::string title;
  std::string scope;
  absl::CivilDay from;                  // as planned, or as it began
  std::optional<absl::CivilDay> until;  // the last day as planned; once it has ended, the first day without it
  std::string objective;
  DutyState state = DutyState::kPlanned;
  std::string end_reason;
  common::MonthNumber due_through = 0;  // the last month of which a result was made due; 0: none
  std::vector<StoredPart> parts;        // in the order of their numbers

  bool open() const { return state == DutyState::kPlanned || state == DutyState::kActive; }
};

struct StoredDutyResult {
  DutyResultId id = {};
  RecordInfo info;  // the unit: the one that had the duty when it became due
  DutyId duty = {};
  common::MonthNumber month = 0;
  DutyResultState state = DutyResultState::kDue;
  DutyOutcome outcome = DutyOutcome::kUnspecified;
  std::string summary;
};

// What a result said before, and why it was corrected.
struct DutyAmendment {
  DutyOutcome outcome = DutyOutcome::kUnspecified;
  std::string summary;
  std::string reason;
  absl::Time time;
};

// `duties/{id}`, `dutyResults/{id}`.
std::string NameOf(DutyId id);
std::string NameOf(DutyResultId id);

// The duties and results of a partition. Inserts and replacements are logged with what they add to totals.
class DutyTxn : public RecordTxn {
 public:
  virtual absl::StatusOr<std::optional<StoredDuty>> Find(DutyId id) = 0;
  virtual absl::StatusOr<std::optional<StoredDutyResult>> Find(DutyResultId id) = 0;
  // In the order of recording, ended ones too; of a member those in which the member takes part now.
  virtual absl::StatusOr<std::vector<StoredDuty>> DutiesOf(common::UnitUid unit) = 0;
  virtual absl::StatusOr<std::vector<StoredDuty>> DutiesOf(MemberId member) = 0;
  virtual absl::StatusOr<std::vector<StoredDutyResult>> ResultsOf(DutyId duty) = 0;

  // Adds a record: id, version, revision and times are the store's. The timer of an active duty is set.
  virtual absl::StatusOr<StoredDuty> Insert(StoredDuty duty) = 0;
  virtual absl::StatusOr<StoredDutyResult> Insert(StoredDutyResult result) = 0;
  // Makes the next version of a record, which is current in this transaction. The timer of a duty is set anew to the
  // month after `due_through`, or cleared.
  virtual absl::StatusOr<StoredDuty> Replace(const StoredDuty& after) = 0;
  virtual absl::StatusOr<StoredDutyResult> Replace(const StoredDutyResult& after) = 0;
  // Keeps what a result said before.
  virtual absl::Status Amend(const StoredDutyResult& before, const std::string& reason) = 0;
};

// Which duties or results a list wants, beside the units: bit n of a mask allows the value n.
struct DutyFilter {
  uint32_t kinds = ~0u;
  uint32_t states = ~0u;
  MemberId member = {};  // duties: in which this one takes or took part
  common::MonthNumber month = 0;
  DutyId duty = {};
};

// Thread-safe.
class DutyStore {
 public:
  using Txn = DutyTxn;
  virtual ~DutyStore() = default;
  // One transaction in one partition: OK commits durably; an error rolls back and is returned. `body` may run again.
  // `also`: the partitions of the members that are named, so that none of them goes elsewhere meanwhile.
  virtual absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                             const common::Call& call, absl::FunctionRef<absl::Status(DutyTxn&)> body) = 0;
  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(DutyTxn&)> body) {
    return Write(partition, {}, call, body);
  }
  virtual absl::StatusOr<std::optional<StoredDuty>> Find(DutyId id, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::optional<StoredDutyResult>> Find(DutyResultId id, absl::Time deadline) = 0;
  // Oldest first.
  virtual absl::StatusOr<std::vector<DutyAmendment>> AmendmentsOf(DutyResultId id, absl::Time deadline) = 0;
  // At most `limit` records of the units by (unit, id) after `after`, over all partitions. At most 512 units in all.
  virtual absl::StatusOr<std::vector<StoredDuty>> ListDuties(std::span<const UnitsOfPartition> units,
                                                             const DutyFilter& filter, const RecordPosition& after,
                                                             int limit, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::vector<StoredDutyResult>> ListResults(std::span<const UnitsOfPartition> units,
                                                                    const DutyFilter& filter,
                                                                    const RecordPosition& after, int limit,
                                                                    absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
