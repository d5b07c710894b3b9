#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/organization/app/member_store.h"
#include "services/organization/storage/member_index_filler.h"
#include "services/organization/storage/person_vault.h"

namespace ronghe::organization {

// Members in SQL. Thread-safe.
class SqlMemberStore final : public MemberStore {
 public:
  // All must outlive it.
  SqlMemberStore(common::sql::Database& database, common::ChangeLog& log, const PersonVault& vault)
      : database_(database), log_(log), vault_(vault) {}
  // Says when names can be searched; outlives it. Set once, before serving; without it they can be.
  void SetFiller(const MemberIndexFiller& filler) { filler_ = &filler; }

  using MemberStore::Write;
  absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also, const common::Call& call,
                     absl::FunctionRef<absl::Status(MemberTxn&)> body) override;
  absl::StatusOr<std::optional<StoredMember>> Find(MemberId id, absl::Time deadline) override;
  absl::StatusOr<std::optional<common::UnitUid>> UnitOf(MemberId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<ListedMember>> List(std::span<const UnitsOfPartition> units, const MemberFilter& filter,
                                                 const MemberPosition& after, int limit, absl::Time deadline) override;
  absl::StatusOr<std::vector<MemberVersion>> History(MemberId id, int64_t after, int limit,
                                                     absl::Time deadline) override;
  absl::StatusOr<std::optional<FoundMember>> FindByIdentityNumber(const std::string& number,
                                                                  absl::Time deadline) override;
  absl::StatusOr<std::vector<FoundMember>> FindByIndex(common::PartitionId partition, MemberIndex index,
                                                       const std::string& value, MemberId after, int limit,
                                                       absl::Time deadline) override;
  absl::StatusOr<std::vector<common::PartitionId>> RowsOf(std::span<const common::PartitionId> homes,
                                                          absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredMember>> FindAll(std::span<const MemberId> ids, absl::Time deadline) override;
  bool NameIndexesComplete() const override { return filler_ == nullptr || filler_->complete(); }
  std::string KeyedDigest(const std::string& text) const override { return vault_.RequestDigest(text); }
  absl::StatusOr<std::vector<absl::Status>> CheckDuplicates(const common::Call& call,
                                                            std::span<const Member> rows) override;
  std::string PersonKey(const Member& member) const override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  const PersonVault& vault_;
  const MemberIndexFiller* filler_ = nullptr;
};

}  // namespace ronghe::organization
