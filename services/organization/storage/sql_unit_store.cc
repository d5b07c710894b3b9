#include "services/organization/storage/sql_unit_store.h"

#include "services/organization/storage/sql_unit_reader.h"
#include "services/organization/storage/sql_unit_txn.h"

namespace ronghe::organization {

absl::Status SqlUnitStore::Read(absl::Time deadline, absl::FunctionRef<absl::Status(UnitReader&)> body) {
  return database_.Read(deadline, [&](common::sql::Session& session) {
    SqlUnitReader reader(session);
    return body(reader);
  });
}

absl::StatusOr<std::optional<Unit>> SqlUnitStore::FindByCode(std::string_view code, absl::Time deadline) {
  std::optional<Unit> unit;
  RONGHE_RETURN_IF_ERROR(Read(deadline, [&](UnitReader& reader) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(unit, reader.FindByCode(code));
    return absl::OkStatus();
  }));
  return unit;
}

absl::StatusOr<int64_t> SqlUnitStore::Write(const common::Call& call, bool dry_run,
                                            absl::FunctionRef<absl::Status(UnitTxn&)> body) {
  bool tried = false;
  absl::StatusOr<int64_t> revision =
      log_.Write(common::kStructurePartition, call, [&](common::WriteTxn& txn) -> absl::Status {
        SqlUnitTxn units(txn, occupants_, calendar_ ? &*calendar_ : nullptr);
        tried = false;
        RONGHE_RETURN_IF_ERROR(body(units));
        if (!dry_run) return absl::OkStatus();
        tried = true;
        return absl::CancelledError("dry run");  // rolls back
      });
  if (tried) return 0;
  return revision;
}

}  // namespace ronghe::organization
