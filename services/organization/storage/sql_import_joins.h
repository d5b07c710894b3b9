#pragma once

#include <memory>
#include <span>

#include "services/organization/app/import_parts.h"
#include "services/organization/storage/person_vault.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// The units' side of an import's transaction.
class SqlUnitJoin final : public UnitTxnFactory {
 public:
  explicit SqlUnitJoin(std::span<UnitOccupants* const> occupants) : occupants_(occupants) {}
  std::unique_ptr<UnitTxn> Join(ImportTxn& txn) override;

 private:
  std::span<UnitOccupants* const> occupants_;
};

// The members' side.
class SqlMemberJoin final : public MemberTxnFactory {
 public:
  explicit SqlMemberJoin(const PersonVault& vault) : vault_(vault) {}
  std::unique_ptr<MemberTxn> Join(ImportTxn& txn, const common::Call& call) override;

 private:
  const PersonVault& vault_;
};

}  // namespace ronghe::organization
