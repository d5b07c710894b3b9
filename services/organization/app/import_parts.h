#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/organization/app/import_names.h"
#include "services/organization/app/member_bulk.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/unit_bulk.h"
#include "services/organization/app/unit_store.h"

// What the targets need from the layers around them.
namespace ronghe::organization {

// Reads staged payloads back: the sender's row as it arrived. Thread-safe.
class UnitRowCodec {
 public:
  virtual ~UnitRowCodec() = default;
  // Fills in what can be read; INVALID_ARGUMENT with every violation of the form, fields as in Unit.
  virtual absl::Status Decode(std::string_view payload, UnitDraft& draft) const = 0;
};

class MemberRowCodec {
 public:
  virtual ~MemberRowCodec() = default;
  // As UnitRowCodec; no message quotes a value.
  virtual absl::Status Decode(std::string_view payload, MemberDraft& draft) const = 0;
};

// The stores' own transactions inside the transaction of an import. Thread-safe; a transaction is valid as long as the
// import's.
class UnitTxnFactory {
 public:
  virtual ~UnitTxnFactory() = default;
  virtual std::unique_ptr<UnitTxn> Join(ImportTxn& txn) = 0;
};
class MemberTxnFactory {
 public:
  virtual ~MemberTxnFactory() = default;
  // `caller`: whose external ids they are.
  virtual std::unique_ptr<MemberTxn> Join(ImportTxn& txn, const common::Call& call) = 0;
};

// How long reading for one portion of a check may take, and for the end of one, which looks at all rows.
inline constexpr absl::Duration kPortion = absl::Seconds(30);
inline constexpr absl::Duration kWhole = absl::Minutes(10);

// A violation or a draft's fault as a row's refusal.
RowIssue IssueOf(int64_t line, const common::Violation& violation);
RowIssue IssueOf(DraftFault fault);

}  // namespace ronghe::organization
