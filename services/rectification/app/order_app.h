#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/common/values/write_options.h"
#include "services/rectification/app/problem_app.h"

namespace ronghe::rectification {

// What an order says.
struct NewOrder {
  std::string unit;                // `units/{code}` that issues it
  std::vector<std::string> units;  // each in or below it
  int working_days = 0;            // instead of problem.due
  Problem problem;
};

// An order as one caller sees it.
struct OrderView {
  StoredOrder stored;
  bool show_texts = false;
  OrderProgress progress;
};

struct OrderPage {
  std::vector<OrderView> orders;
  std::string next_page_token;
};

// Orders about problems that many units have in common. Thread-safe.
class OrderApp {
 public:
  // All outlive it.
  struct Parts {
    ProblemStore& store;
    ProblemApp& problems;
    const common::Units& units;
    const Rights& rights;
    const common::TokenSigner& signer;
  };
  explicit OrderApp(Parts parts) : parts_(parts) {}

  // The problems are opened in the units' partitions by timers that are set with the order: each once, soon.
  absl::StatusOr<OrderView> Issue(const common::Call& call, const NewOrder& fields,
                                  const common::WriteOptions& options);
  absl::StatusOr<OrderView> Get(const common::Call& call, const std::string& name);
  // Of one unit, the newest first.
  absl::StatusOr<OrderPage> List(const common::Call& call, const std::string& parent, int page_size,
                                 const std::string& page_token);
  // The unit that answers for it now, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view name, absl::Time deadline);
  // Opens the problems of the units in the transaction's partition, in the firing transaction.
  absl::Status Open(ProblemTxn& txn, OrderId id);

 private:
  absl::StatusOr<Order> Checked(const common::Call& call, const NewOrder& fields, common::Violations violations) const;
  absl::StatusOr<OrderView> View(const common::Call& call, StoredOrder stored) const;
  std::vector<common::PartitionId> PartitionsOf(const Order& order) const;

  Parts parts_;
};

}  // namespace ronghe::rectification
