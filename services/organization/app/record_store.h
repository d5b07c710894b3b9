#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/organization/app/member_store.h"
#include "services/organization/domain/unit_types.h"

// What the records that lie in units have in common: posts, workplaces, duties and what belongs to them.
namespace ronghe::organization {

// What every such record has.
struct RecordInfo {
  common::UnitUid unit = {};
  int64_t version = 0;   // from 1
  int64_t revision = 0;  // of the partition, of the write that made this version; 0: only tried
  absl::Time create_time = {};
  absl::Time update_time = {};
};

// What changes with every version.
std::string EtagOf(const RecordInfo& info);

// What the structure says about a unit, as committed.
struct HostUnit {
  common::PartitionId partition;
  std::string code;
  UnitKind kind = UnitKind::kUnspecified;
  UnitState state = UnitState::kUnspecified;
  std::string sector;
  absl::CivilDay from;  // the first day of this version

  std::string name() const { return "units/" + code; }
};

// What matters of a member, without personal data.
struct MemberFacts {
  common::UnitUid unit;
  MemberStatus status = {};
  std::optional<absl::CivilDay> full_since;

  bool full() const { return status == MemberStatus::kFull; }
};

// A write transaction in one partition, which holds the partition's lock row: its records change one write at a time.
// Not thread-safe.
class RecordTxn {
 public:
  virtual ~RecordTxn() = default;
  virtual common::PartitionId partition() const = 0;
  virtual absl::Time now() const = 0;

  // Idempotency, before anything else: the resource of the same request made before, or nullopt for a new request.
  virtual absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) = 0;
  virtual void Remember(std::string resource) = 0;

  virtual absl::StatusOr<std::optional<HostUnit>> FindUnit(common::UnitUid unit) = 0;
  // Whether `unit` is `above` or lies below it, as committed.
  virtual absl::StatusOr<bool> IsWithin(common::UnitUid unit, common::UnitUid above) = 0;
  // Whoever is at home in this partition, wherever the member's row lies; nullopt for others.
  virtual absl::StatusOr<std::optional<MemberFacts>> FindMember(MemberId id) = 0;
};

// Where a list of one kind of record stands: after this record of this unit.
struct RecordPosition {
  common::UnitUid unit;
  int64_t id = 0;
  friend auto operator<=>(const RecordPosition&, const RecordPosition&) = default;
};

}  // namespace ronghe::organization
