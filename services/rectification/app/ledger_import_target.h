#pragma once

#include <memory>
#include <string_view>

#include "services/common/import/import_target.h"
#include "services/rectification/app/problem_app.h"

namespace ronghe::rectification {

// Reads a staged row back: what the sender sent. Thread-safe.
class LedgerRowCodec {
 public:
  virtual ~LedgerRowCodec() = default;
  // Fills in what can be read; INVALID_ARGUMENT with every violation of the form, fields as in LedgerEntry.
  virtual absl::Status Decode(std::string_view payload, LedgerEntry& entry) const = 0;
};

// The problems' side of an import's transaction, valid as long as that. Thread-safe.
class ProblemTxnFactory {
 public:
  virtual ~ProblemTxnFactory() = default;
  virtual std::unique_ptr<ProblemTxn> Join(common::ImportTxn& txn) = 0;
};

// Problems with their history, all in the partition of the import's parent. A row whose external id is known is applied
// with the result 0: nothing is made of it, and nothing taken back. Thread-safe.
class LedgerImportTarget final : public common::ImportTarget {
 public:
  // All outlive it.
  struct Parts {
    const ProblemApp& app;
    ProblemTxnFactory& txns;
    const LedgerRowCodec& codec;
    const common::Units& units;
    const Policy& policy;
    common::Calendar calendar;
  };
  explicit LedgerImportTarget(Parts parts) : parts_(parts) {}

  std::string_view collection() const override { return "problems"; }
  bool personal() const override { return true; }
  int64_t OrderOf(std::string_view) const override { return 0; }
  absl::StatusOr<std::unique_ptr<common::ImportCheck>> NewCheck(const common::Import& import) override;
  absl::StatusOr<common::ChunkOutcome> Apply(common::ImportTxn& txn, const common::Import& import,
                                             std::span<const common::ImportRow> rows) override;
  absl::Status Revert(common::ImportTxn& txn, const common::Import& import, std::span<const int64_t> results) override;

 private:
  class Check;
  // A row, read and placed, with everything that is wrong with it.
  struct Read {
    LedgerEntry entry;
    Problem problem;
  };
  Read ReadRow(const common::Import& import, const common::ImportRow& row, common::Violations& violations) const;
  void PlaceRow(const common::Import& import, Read& read, common::Violations& violations) const;
  void ReadCategory(Problem& problem, common::Violations& violations) const;

  Parts parts_;
};

}  // namespace ronghe::rectification
