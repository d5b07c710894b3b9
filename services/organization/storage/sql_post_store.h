#pragma once

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/organization/app/post_store.h"

namespace ronghe::organization {

class SqlPostStore final : public PostStore {
 public:
  // All outlive it. `zone`: in which days begin.
  SqlPostStore(common::sql::Database& database, common::ChangeLog& log, absl::TimeZone zone)
      : database_(database), log_(log), zone_(zone) {}

  using PostStore::Write;
  absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also, const common::Call& call,
                     absl::FunctionRef<absl::Status(PostTxn&)> body) override;
  absl::StatusOr<std::optional<StoredPost>> Find(PostId id, absl::Time deadline) override;
  absl::StatusOr<std::optional<StoredTerm>> Find(TermId id, absl::Time deadline) override;
  absl::StatusOr<std::optional<StoredAppointment>> Find(AppointmentId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredPost>> ListPosts(std::span<const UnitsOfPartition> units, const PostFilter& filter,
                                                    const RecordPosition& after, int limit,
                                                    absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredTerm>> ListTerms(std::span<const UnitsOfPartition> units, const PostFilter& filter,
                                                    const RecordPosition& after, int limit,
                                                    absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredAppointment>> ListAppointments(std::span<const UnitsOfPartition> units,
                                                                  const PostFilter& filter, const RecordPosition& after,
                                                                  int limit, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::organization
