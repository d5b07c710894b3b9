#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/common/sql/database.h"
#include "services/organization/app/unit_store.h"

namespace ronghe::organization {

// Reads units of partition 0. As UnitReader: inside one snapshot or transaction, not thread-safe.
class SqlUnitReader : public virtual UnitReader {
 public:
  explicit SqlUnitReader(common::sql::Session& session) : session_(session) {}

  absl::StatusOr<std::optional<Unit>> FindByCode(std::string_view code) override;
  absl::StatusOr<std::optional<Unit>> Find(common::UnitUid uid) override;
  absl::StatusOr<std::vector<Unit>> FindMany(std::span<const common::UnitUid> uids) override;
  absl::StatusOr<std::vector<Unit>> FindManyByCode(std::span<const std::string> codes) override;
  absl::StatusOr<std::vector<Unit>> Children(common::UnitUid parent, const UnitFilter& filter,
                                             const CodeRange& range) override;
  absl::StatusOr<std::vector<Unit>> FindManyAsOf(std::span<const common::UnitUid> uids, absl::CivilDay day) override;
  absl::StatusOr<std::vector<Unit>> ChildrenAsOf(common::UnitUid parent, absl::CivilDay day, const UnitFilter& filter,
                                                 const CodeRange& range) override;
  absl::StatusOr<std::vector<Unit>> SubtreeAsOf(std::span<const common::UnitUid> roots, bool below, absl::CivilDay day,
                                                const UnitFilter& filter, const CodeRange& range) override;
  absl::StatusOr<std::vector<common::UnitUid>> SubtreeUidsAsOf(std::span<const common::UnitUid> roots,
                                                               absl::CivilDay day) override;
  absl::StatusOr<std::vector<Unit>> Versions(common::UnitUid uid, std::optional<absl::Time> known_at) override;
  absl::StatusOr<std::optional<Unit>> VersionOf(std::string_view code, int64_t revision) override;
  absl::StatusOr<std::vector<UnitSpan>> VersionsFrom(common::UnitUid uid, absl::CivilDay day) override;
  absl::StatusOr<std::vector<std::string>> ActiveBelow(common::UnitUid uid, absl::CivilDay day, int limit) override;
  absl::StatusOr<std::vector<Unit>> ActiveChildrenFrom(common::UnitUid uid, absl::CivilDay day) override;
  absl::StatusOr<int> Height(common::UnitUid uid) override;
  absl::StatusOr<std::optional<Reorganization>> FindReorganization(int64_t id) override;
  absl::StatusOr<std::vector<Reorganization>> Reorganizations(int64_t before, uint32_t states, int limit) override;

 protected:
  common::sql::Session& session() { return session_; }
  absl::StatusOr<std::vector<Unit>> Units(const common::sql::Query& query, std::span<const common::sql::Value> args);
  absl::StatusOr<std::optional<Unit>> OneUnit(const common::sql::Query& query,
                                              std::span<const common::sql::Value> args);

 private:
  common::sql::Session& session_;
};

}  // namespace ronghe::organization
