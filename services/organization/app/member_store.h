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
#include "services/common/values/ids.h"
#include "services/organization/domain/member.h"
#include "services/organization/domain/membership.h"
#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// A member as it is kept.
struct StoredMember {
  MemberId id = {};
  common::UnitUid unit = {};
  Member member;
  Membership membership = {};
  int64_t version = 0;   // from 1
  int64_t revision = 0;  // of the partition, of the write that made this version
  absl::Time create_time = {};
  absl::Time update_time = {};
};
// `members/{id}` and back; nullopt for anything else.
std::string MemberName(MemberId id);
std::optional<MemberId> MemberIdOf(std::string_view name);
// What changes with every version.
std::string EtagOf(const StoredMember& member);

// A member to be registered.
struct NewMember {
  common::UnitUid unit;
  Member member;
  Membership membership = {};
};

// A member as it was from one write to the next, without personal data.
struct MemberVersion {
  int64_t version = 0;
  std::string action;               // what made it
  std::vector<std::string> fields;  // paths of what that changed
  std::string actor;                // who did
  absl::Time start;
  std::optional<absl::Time> end;  // nullopt for the current one
  common::UnitUid unit;
  MemberStatus status = MemberStatus::kFull;
  absl::CivilDay join_day;
  std::optional<absl::CivilDay> full_day;
  Membership membership;
};

// What the structure says about a home unit, as committed.
struct HomeUnit {
  common::PartitionId partition;
  UnitKind kind = UnitKind::kUnspecified;
  UnitState state = UnitState::kUnspecified;
  // Who took its place directly, `units/{code}`.
  std::vector<std::string> successors = {};
};

// A write transaction in one partition. It holds the partition's lock row, so members of a partition change one write
// at a time. Not thread-safe; valid inside the function it was given to.
class MemberTxn {
 public:
  virtual ~MemberTxn() = default;
  virtual common::PartitionId partition() const = 0;

  // Idempotency; before anything else. The member of the same request made before, or nullopt for a new request.
  // ALREADY_EXISTS, reason REQUEST_ID_REUSED, for another digest. Nothing happens for an empty request id.
  virtual absl::StatusOr<std::optional<MemberId>> Claim(const common::RequestKey& key) = 0;
  // What Claim answers next time.
  virtual void Remember(MemberId id) = 0;

  // The unit as committed now. If its partition is this one, or was named to MemberStore::Write, it cannot be dissolved
  // before this transaction ends: see SqlMemberTxn.
  virtual absl::StatusOr<std::optional<HomeUnit>> FindUnit(common::UnitUid unit) = 0;
  virtual absl::StatusOr<std::optional<StoredMember>> Find(MemberId id) = 0;

  // Registers members and logs each. All units lie in this partition. One result for each row, in order: ALREADY_EXISTS
  // with reason DUPLICATE_PERSON or DUPLICATE_EXTERNAL_ID for a row that cannot be, which is then not written; the
  // others are. At most 500.
  virtual absl::StatusOr<std::vector<absl::StatusOr<StoredMember>>> Insert(std::span<const NewMember> rows) = 0;
  // Makes the next version of `before`, which is the current one in this transaction. `action` is a word for the
  // history. ALREADY_EXISTS as Insert.
  virtual absl::StatusOr<StoredMember> Replace(const StoredMember& before, const NewMember& after,
                                               std::string_view action) = 0;
  // The posts that a member holds by belonging where it does end on `day`, because it goes to another unit, `to`, or
  // away altogether (no unit). Call it wherever a member's unit changes or its membership ends, before Replace, in the
  // transaction that does it, which holds the lock row of the partition of the unit it leaves: see EndPostsOfMember.
  virtual absl::Status EndPosts(const StoredMember& member, common::UnitUid to, absl::CivilDay day) = 0;
  // Takes members out again, as if they had never been registered (a reverted import); their keys are destroyed.
  virtual absl::Status Erase(std::span<const StoredMember> members) = 0;
};

// Which members a list wants, beside the units: bit n of a mask allows the value n.
struct MemberFilter {
  uint32_t statuses = 1u << static_cast<int>(MemberStatus::kFull) | 1u << static_cast<int>(MemberStatus::kProbationary);
  uint32_t sexes = ~0u;
  uint32_t floatings = ~0u;
  bool floating_in = false;  // those who float in the units, instead of those at home there
};

// A member in a list, under the unit that lists it: the home unit, or the one where the member floats.
struct ListedMember {
  common::UnitUid under;
  StoredMember member;
};

// Where a list stands: after this member of this unit.
struct MemberPosition {
  common::UnitUid unit;
  MemberId member;
  friend auto operator<=>(const MemberPosition&, const MemberPosition&) = default;
};

// Units of one partition.
struct UnitsOfPartition {
  common::PartitionId partition;
  std::vector<common::UnitUid> units;
};

// The blind indexes by which members are found.
enum class MemberIndex { kPhone, kNameFirst, kNameTwo, kNameWhole };

// A member that has an index's value, unopened.
struct FoundMember {
  MemberId id;
  common::UnitUid unit;
  MemberStatus status = MemberStatus::kFull;
};

// Where members are kept. Thread-safe.
//
// Errors: those of the database (ABORTED, UNAVAILABLE, DEADLINE_EXCEEDED …). Personal data that do not open are
// INTERNAL.
class MemberStore {
 public:
  virtual ~MemberStore() = default;

  // One transaction in one partition: OK commits durably; an error rolls back and is returned. `body` may run again.
  // `also`: other partitions of units that it writes about (the home unit, where a member floats to); their lock rows
  // are taken with the partition's own, in the order of their numbers.
  virtual absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                             const common::Call& call, absl::FunctionRef<absl::Status(MemberTxn&)> body) = 0;
  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(MemberTxn&)> body) {
    return Write(partition, {}, call, body);
  }
  virtual absl::StatusOr<std::optional<StoredMember>> Find(MemberId id, absl::Time deadline) = 0;
  // The unit a member belongs to, without opening personal data.
  virtual absl::StatusOr<std::optional<common::UnitUid>> UnitOf(MemberId id, absl::Time deadline) = 0;
  // At most `limit` members of the units by (unit, member) after `after`, over all partitions. At most 512 units in
  // all.
  virtual absl::StatusOr<std::vector<ListedMember>> List(std::span<const UnitsOfPartition> units,
                                                         const MemberFilter& filter, const MemberPosition& after,
                                                         int limit, absl::Time deadline) = 0;
  // At most `limit` versions of a member after version `after`, oldest first. Empty for an unknown member.
  virtual absl::StatusOr<std::vector<MemberVersion>> History(MemberId id, int64_t after, int limit,
                                                             absl::Time deadline) = 0;
  // The member with this identity number, wherever it is, unopened.
  virtual absl::StatusOr<std::optional<FoundMember>> FindByIdentityNumber(const std::string& number,
                                                                          absl::Time deadline) = 0;
  // At most `limit` members of a partition after `after` who have this phone, or whose name begins with this character,
  // these two, or is this one, in the order of their ids. Now and then one is among them who does not: only opening
  // tells.
  virtual absl::StatusOr<std::vector<FoundMember>> FindByIndex(common::PartitionId partition, MemberIndex index,
                                                               const std::string& value, MemberId after, int limit,
                                                               absl::Time deadline) = 0;
  // The partitions in which FindByIndex finds whoever is at home in one of these, ascending: these, and where members
  // were registered who have come from elsewhere.
  virtual absl::StatusOr<std::vector<common::PartitionId>> RowsOf(std::span<const common::PartitionId> homes,
                                                                  absl::Time deadline) = 0;
  // Those of these members that are there, in the order of their ids. At most 512.
  virtual absl::StatusOr<std::vector<StoredMember>> FindAll(std::span<const MemberId> ids, absl::Time deadline) = 0;
  // Whether every member has its name indexes: until then FindByIndex misses some.
  virtual bool NameIndexesComplete() const = 0;
  // The same for equal texts, without meaning outside this deployment.
  virtual std::string KeyedDigest(const std::string& text) const = 0;
  // For each row, whether the person or the external id is registered already: OK or ALREADY_EXISTS as
  // MemberTxn::Insert. Rows are not compared with each other. At most 500.
  virtual absl::StatusOr<std::vector<absl::Status>> CheckDuplicates(const common::Call& call,
                                                                    std::span<const Member> rows) = 0;
  // The same for equal persons, different for others, without meaning outside this deployment: to find a person twice
  // in one import without keeping personal data. 32 bytes.
  virtual std::string PersonKey(const Member& member) const = 0;
};

}  // namespace ronghe::organization
