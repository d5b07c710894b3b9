#include "services/organization/storage/sql_post_store.h"

#include <algorithm>

#include "services/common/values/status.h"
#include "services/organization/storage/post_rows.h"
#include "services/organization/storage/sql_post_txn.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

template <typename Stored, typename IdType>
absl::StatusOr<std::optional<Stored>> FindIn(sql::Database& database, IdType id, absl::Time deadline) {
  std::optional<Stored> found;
  RONGHE_RETURN_IF_ERROR(database.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectRecord(session, id));
    return absl::OkStatus();
  }));
  return found;
}

// The pages of all partitions, merged by key.
template <typename Stored, typename PageOf>
absl::StatusOr<std::vector<Stored>> Merge(sql::Database& database, std::span<const UnitsOfPartition> units, int limit,
                                          absl::Time deadline, PageOf page_of) {
  std::vector<Stored> all;
  RONGHE_RETURN_IF_ERROR(database.Read(deadline, [&](sql::Session& session) -> absl::Status {
    for (const UnitsOfPartition& part : units) {
      if (part.units.empty()) continue;
      RONGHE_ASSIGN_OR_RETURN(std::vector<Stored> some, page_of(session, part));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return absl::OkStatus();
  }));
  const auto key = [](const Stored& one) { return RecordPosition{one.info.unit, one.id.value}; };
  std::sort(all.begin(), all.end(), [&](const Stored& a, const Stored& b) { return key(a) < key(b); });
  if (all.size() > static_cast<size_t>(limit)) all.erase(all.begin() + limit, all.end());
  return all;
}

}  // namespace

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
  return Merge<StoredPost>(database_, units, limit, deadline, [&](sql::Session& session, const UnitsOfPartition& part) {
    return PagePosts(session, part, filter, after, limit);
  });
}
absl::StatusOr<std::vector<StoredTerm>> SqlPostStore::ListTerms(std::span<const UnitsOfPartition> units,
                                                                const PostFilter& filter, const RecordPosition& after,
                                                                int limit, absl::Time deadline) {
  return Merge<StoredTerm>(database_, units, limit, deadline, [&](sql::Session& session, const UnitsOfPartition& part) {
    return PageTerms(session, part, filter, after, limit);
  });
}
absl::StatusOr<std::vector<StoredAppointment>> SqlPostStore::ListAppointments(std::span<const UnitsOfPartition> units,
                                                                              const PostFilter& filter,
                                                                              const RecordPosition& after, int limit,
                                                                              absl::Time deadline) {
  return Merge<StoredAppointment>(database_, units, limit, deadline,
                                  [&](sql::Session& session, const UnitsOfPartition& part) {
                                    return PageAppointments(session, part, filter, after, limit);
                                  });
}

}  // namespace ronghe::organization
