#include "services/organization/storage/sql_post_store.h"

#include "services/common/values/status.h"
#include "services/organization/storage/post_rows.h"
#include "services/organization/storage/record_table.h"
#include "services/organization/storage/sql_post_txn.h"

namespace ronghe::organization {

namespace sql = common::sql;

absl::Status SqlPostStore::Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                                 const common::Call& call, absl::FunctionRef<absl::Status(PostTxn&)> body) {
  return log_
      .Write(partition, also, call,
             [&](common::WriteTxn& txn) {
               SqlPostTxn posts(txn, zone_);
               return body(posts);
             })
      .status();
}

absl::StatusOr<std::optional<StoredPost>> SqlPostStore::Find(PostId id, absl::Time deadline) {
  return FindIn<StoredPost>(database_, id, deadline);
}
absl::StatusOr<std::optional<StoredTerm>> SqlPostStore::Find(TermId id, absl::Time deadline) {
  return FindIn<StoredTerm>(database_, id, deadline);
}
absl::StatusOr<std::optional<StoredAppointment>> SqlPostStore::Find(AppointmentId id, absl::Time deadline) {
  return FindIn<StoredAppointment>(database_, id, deadline);
}

absl::StatusOr<std::vector<StoredPost>> SqlPostStore::ListPosts(std::span<const UnitsOfPartition> units,
                                                                const PostFilter& filter, const RecordPosition& after,
                                                                int limit, absl::Time deadline) {
  return MergePages<StoredPost>(database_, units, limit, deadline,
                                [&](sql::Session& session, const UnitsOfPartition& part) {
                                  return PagePosts(session, part, filter, after, limit);
                                });
}
absl::StatusOr<std::vector<StoredTerm>> SqlPostStore::ListTerms(std::span<const UnitsOfPartition> units,
                                                                const PostFilter& filter, const RecordPosition& after,
                                                                int limit, absl::Time deadline) {
  return MergePages<StoredTerm>(database_, units, limit, deadline,
                                [&](sql::Session& session, const UnitsOfPartition& part) {
                                  return PageTerms(session, part, filter, after, limit);
                                });
}
absl::StatusOr<std::vector<StoredAppointment>> SqlPostStore::ListAppointments(std::span<const UnitsOfPartition> units,
                                                                              const PostFilter& filter,
                                                                              const RecordPosition& after, int limit,
                                                                              absl::Time deadline) {
  return MergePages<StoredAppointment>(database_, units, limit, deadline,
                                       [&](sql::Session& session, const UnitsOfPartition& part) {
                                         return PageAppointments(session, part, filter, after, limit);
                                       });
}

}  // namespace ronghe::organization
