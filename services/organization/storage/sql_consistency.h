#pragma once

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/organization/app/consistency.h"

namespace ronghe::organization {

// How far this process sees its own store: change log, publisher, directory. Thread-safe.
class SqlConsistency final : public Consistency {
 public:
  // All must outlive it.
  SqlConsistency(common::sql::Database& database, common::ChangeLog& log, common::Publisher& publisher,
                 common::Directory& directory)
      : database_(database), log_(log), publisher_(publisher), directory_(directory) {}

  absl::StatusOr<std::string> Incarnation() override { return log_.Incarnation(); }
  absl::StatusOr<int64_t> Revision(common::PartitionId partition, absl::Time deadline) override;
  bool WaitForStructure(int64_t revision, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  common::Publisher& publisher_;
  common::Directory& directory_;
};

}  // namespace ronghe::organization
