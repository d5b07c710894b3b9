#pragma once

#include "services/common/changelog/changelog.h"
#include "services/common/import/import_target.h"

namespace ronghe::common {

// What the transaction of an import really is. The stores of the targets take part in it.
class SqlImportTxn final : public ImportTxn {
 public:
  explicit SqlImportTxn(common::WriteTxn& txn) : txn_(txn) {}
  // `txn` must have come from SqlImportStore.
  static common::WriteTxn& Of(ImportTxn& txn) { return static_cast<SqlImportTxn&>(txn).txn_; }

 private:
  common::WriteTxn& txn_;
};

}  // namespace ronghe::common
