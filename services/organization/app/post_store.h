#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/organization/app/record_store.h"
#include "services/organization/domain/appointment.h"
#include "services/organization/domain/post.h"
#include "services/organization/domain/term.h"

namespace ronghe::organization {

struct StoredPost {
  PostId id = {};
  RecordInfo info;
  PostKind kind = PostKind::kUnspecified;
  std::string title;
  int seats = 0;
  DaySpan days;
  PostState state = PostState::kActive;
  int filled = 0;  // active appointments; kept by the store

  int vacant() const { return VacantSeats(state, seats, filled); }
};

struct StoredTerm {
  TermId id = {};
  RecordInfo info;
  int number = 0;
  TermDates dates;
  std::optional<absl::CivilDay> end;  // the first day after it
  TermState state = TermState::kCurrent;
  ElectionState election = ElectionState::kNone;
  std::optional<absl::CivilDay> planned;
  std::optional<absl::CivilDay> held;
  int extension_reason = 0;
  common::UnitUid extension_approver = {};
  std::string extension_document;
};

struct StoredAppointment {
  AppointmentId id = {};
  RecordInfo info;
  PostId post = {};
  PostKind kind = PostKind::kUnspecified;  // of the post
  MemberId member = {};
  TermId term = {};
  AppointmentBasis basis = AppointmentBasis::kUnspecified;
  std::string document;
  DaySpan days;
  AppointmentState state = AppointmentState::kActive;
  EndReason end_reason = EndReason::kUnspecified;
};

// `posts/{id}`, `terms/{id}`, `appointments/{id}`.
std::string NameOf(PostId id);
std::string NameOf(TermId id);
std::string NameOf(AppointmentId id);

// The posts, terms and appointments of a partition. Inserts and replacements are logged with what they add to totals.
class PostTxn : public RecordTxn {
 public:
  virtual absl::StatusOr<std::optional<StoredPost>> Find(PostId id) = 0;
  virtual absl::StatusOr<std::optional<StoredTerm>> Find(TermId id) = 0;
  virtual absl::StatusOr<std::optional<StoredAppointment>> Find(AppointmentId id) = 0;
  // In the order of recording, ended ones too.
  virtual absl::StatusOr<std::vector<StoredPost>> PostsOf(common::UnitUid unit) = 0;
  virtual absl::StatusOr<std::vector<StoredTerm>> TermsOf(common::UnitUid unit) = 0;
  virtual absl::StatusOr<std::vector<StoredAppointment>> AppointmentsOf(common::UnitUid unit) = 0;
  virtual absl::StatusOr<std::vector<StoredAppointment>> AppointmentsOf(MemberId member) = 0;

  // Adds a record: id, version, revision and times are the store's. A term's timer is set.
  virtual absl::StatusOr<StoredPost> Insert(StoredPost post) = 0;
  virtual absl::StatusOr<StoredTerm> Insert(StoredTerm term) = 0;
  virtual absl::StatusOr<StoredAppointment> Insert(StoredAppointment appointment) = 0;
  // Makes the next version of a record, which is current in this transaction. A term's timer is set anew, or cleared.
  virtual absl::StatusOr<StoredPost> Replace(const StoredPost& after) = 0;
  virtual absl::StatusOr<StoredTerm> Replace(const StoredTerm& after) = 0;
  virtual absl::StatusOr<StoredAppointment> Replace(const StoredAppointment& after) = 0;
};

// Which posts, terms or appointments a list wants, beside the units: bit n of a mask allows the value n.
struct PostFilter {
  uint32_t kinds = ~0u;
  uint32_t states = ~0u;
  uint32_t bases = ~0u;
  bool with_vacancy = true;
  bool without_vacancy = true;
  MemberId member = {};                 // of this one only
  std::optional<absl::CivilDay> as_of;  // in force on this day
};

// Thread-safe.
class PostStore {
 public:
  using Txn = PostTxn;
  virtual ~PostStore() = default;
  // One transaction in one partition: OK commits durably; an error rolls back and is returned. `body` may run again.
  // `also`: the partitions of the members that are to be appointed, so that none of them goes elsewhere meanwhile.
  virtual absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                             const common::Call& call, absl::FunctionRef<absl::Status(PostTxn&)> body) = 0;
  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(PostTxn&)> body) {
    return Write(partition, {}, call, body);
  }
  virtual absl::StatusOr<std::optional<StoredPost>> Find(PostId id, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::optional<StoredTerm>> Find(TermId id, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::optional<StoredAppointment>> Find(AppointmentId id, absl::Time deadline) = 0;
  // At most `limit` records of the units by (unit, id) after `after`, over all partitions. At most 512 units in all.
  virtual absl::StatusOr<std::vector<StoredPost>> ListPosts(std::span<const UnitsOfPartition> units,
                                                            const PostFilter& filter, const RecordPosition& after,
                                                            int limit, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::vector<StoredTerm>> ListTerms(std::span<const UnitsOfPartition> units,
                                                            const PostFilter& filter, const RecordPosition& after,
                                                            int limit, absl::Time deadline) = 0;
  virtual absl::StatusOr<std::vector<StoredAppointment>> ListAppointments(std::span<const UnitsOfPartition> units,
                                                                          const PostFilter& filter,
                                                                          const RecordPosition& after, int limit,
                                                                          absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
