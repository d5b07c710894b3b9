#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/organization/app/post_store.h"
#include "services/organization/domain/unit_counts.h"
#include "services/organization/storage/sql_record_txn.h"

namespace ronghe::organization {

// The timers of terms, by term, and of dissolved units whose posts are to end, by unit.
inline constexpr std::string_view kTermTimer = "term";
inline constexpr std::string_view kUnitPostsTimer = "unit_posts";

// The posts' side of a write transaction of the change log: of one that SqlPostStore began, of a timer's firing, or of
// one in which a member goes to another unit.
class SqlPostTxn final : public SqlRecordTxn<PostTxn> {
 public:
  // `txn` outlives it. `zone`: in which days begin.
  SqlPostTxn(common::WriteTxn& txn, absl::TimeZone zone) : SqlRecordTxn(txn), zone_(zone) {}

  absl::StatusOr<std::optional<StoredPost>> Find(PostId id) override;
  absl::StatusOr<std::optional<StoredTerm>> Find(TermId id) override;
  absl::StatusOr<std::optional<StoredAppointment>> Find(AppointmentId id) override;
  absl::StatusOr<std::vector<StoredPost>> PostsOf(common::UnitUid unit) override;
  absl::StatusOr<std::vector<StoredTerm>> TermsOf(common::UnitUid unit) override;
  absl::StatusOr<std::vector<StoredAppointment>> AppointmentsOf(common::UnitUid unit) override;
  absl::StatusOr<std::vector<StoredAppointment>> AppointmentsOf(MemberId member) override;
  absl::StatusOr<StoredPost> Insert(StoredPost post) override;
  absl::StatusOr<StoredTerm> Insert(StoredTerm term) override;
  absl::StatusOr<StoredAppointment> Insert(StoredAppointment appointment) override;
  absl::StatusOr<StoredPost> Replace(const StoredPost& after) override;
  absl::StatusOr<StoredTerm> Replace(const StoredTerm& after) override;
  absl::StatusOr<StoredAppointment> Replace(const StoredAppointment& after) override;

 private:
  void Log(common::ChangeKind kind, std::string name, const RecordInfo& info, const PostCounts& before,
           const PostCounts& after);
  absl::Status SetTermTimer(const StoredTerm& term);
  // A seat of the post is taken, or free again; how many were vacant, and are.
  absl::Status Fill(PostId post, int change, PostCounts& before, PostCounts& after);

  absl::TimeZone zone_;
};

}  // namespace ronghe::organization
