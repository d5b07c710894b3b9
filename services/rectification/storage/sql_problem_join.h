#pragma once

#include <memory>

#include "services/common/import/sql/sql_import_txn.h"
#include "services/rectification/app/ledger_import_target.h"
#include "services/rectification/storage/sql_problem_store.h"

namespace ronghe::rectification {

// The problems' side of an import's transaction.
class SqlProblemJoin final : public ProblemTxnFactory {
 public:
  // `texts` outlives it.
  SqlProblemJoin(const ProblemTexts& texts, absl::TimeZone zone) : texts_(texts), zone_(zone) {}
  std::unique_ptr<ProblemTxn> Join(common::ImportTxn& txn) override {
    return std::make_unique<SqlProblemTxn>(common::SqlImportTxn::Of(txn), texts_, zone_);
  }

 private:
  const ProblemTexts& texts_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::rectification
