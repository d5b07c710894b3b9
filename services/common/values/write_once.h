#pragma once

#include <optional>
#include <string>
#include <utility>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/values/status.h"
#include "services/common/values/write_options.h"

// The frame of every write: tried or committed, and once only. For the use cases. `write` runs a body in a transaction
// of type `Txn`, commits if that is OK, and may run it again.
namespace ronghe::common {

// What was only tried has no revision, and so no name. Found by argument-dependent lookup where a result keeps it
// elsewhere.
template <typename Stored>
requires requires(Stored stored) {
  stored.revision = 0;
}
void MarkTried(Stored& stored) {
  stored.revision = 0;
}

// `body`, committed, or rolled back with `options.validate_only`.
template <typename Result, typename Txn, typename Write>
absl::StatusOr<Result> WriteOrTry(const WriteOptions& options, const Write& write,
                                  absl::FunctionRef<absl::StatusOr<Result>(Txn&)> body) {
  std::optional<Result> result;
  bool tried = false;
  const absl::Status status = write([&](Txn& txn) -> absl::Status {
    tried = false;
    RONGHE_ASSIGN_OR_RETURN(result, body(txn));
    tried = options.validate_only;
    return tried ? absl::CancelledError("only tried") : absl::OkStatus();
  });
  if (!tried || !absl::IsCancelled(status)) RONGHE_RETURN_IF_ERROR(status);
  if (tried) MarkTried(*result);
  return *std::move(result);
}

// Claim, `change`, remember, commit; `again` answers a request that was done before, by the name it remembered. A Txn
// has Claim and Remember.
template <typename Result, typename Txn, typename Write>
absl::StatusOr<Result> WriteOnce(const WriteOptions& options, const Write& write,
                                 absl::FunctionRef<absl::StatusOr<Result>(Txn&, std::string& remember)> change,
                                 absl::FunctionRef<absl::StatusOr<Result>(Txn&, const std::string& name)> again) {
  return WriteOrTry<Result, Txn>(options, write, [&](Txn& txn) -> absl::StatusOr<Result> {
    if (!options.validate_only) {
      RONGHE_ASSIGN_OR_RETURN(const std::optional<std::string> prior, txn.Claim(options.key));
      if (prior) return again(txn, *prior);
    }
    std::string remember;
    absl::StatusOr<Result> changed = change(txn, remember);
    if (changed.ok()) txn.Remember(std::move(remember));
    return changed;
  });
}

}  // namespace ronghe::common
