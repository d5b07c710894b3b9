#include "services/organization/storage/sql_import_joins.h"

#include "services/common/import/sql/sql_import_txn.h"
#include "services/organization/storage/sql_member_txn.h"
#include "services/organization/storage/sql_unit_txn.h"

namespace ronghe::organization {

std::unique_ptr<UnitTxn> SqlUnitJoin::Join(ImportTxn& txn) {
  return std::make_unique<SqlUnitTxn>(common::SqlImportTxn::Of(txn), occupants_);
}

std::unique_ptr<MemberTxn> SqlMemberJoin::Join(ImportTxn& txn, const common::Call& call) {
  return std::make_unique<SqlMemberTxn>(common::SqlImportTxn::Of(txn), vault_, call.actor.key);
}

}  // namespace ronghe::organization
