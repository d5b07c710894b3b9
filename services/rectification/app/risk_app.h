#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/common/values/write_once.h"
#include "services/common/values/write_options.h"
#include "services/rectification/app/problem_app.h"
#include "services/rectification/app/risk_store.h"

namespace ronghe::rectification {

// A risk point as one caller sees it.
struct RiskView {
  StoredRisk stored;
  common::UnitUid unit;  // that answers for it now
  bool show_texts = false;
};
struct RiskPage {
  std::vector<RiskView> points;
  std::string next_page_token;
};
struct RiskReviewView {
  StoredReview stored;
  bool show_texts = false;
};
struct RiskReviewPage {
  RiskView point;
  std::vector<RiskReview> reviews;
  std::string next_page_token;
};

// What a registration or an update says.
struct RiskFields {
  std::string unit;   // `units/{code}`; of a registration
  std::string owner;  // `members/{id}`
  RiskPoint point;
  std::vector<std::string> mask;  // of an update; empty: what is set
};
// What a review says.
struct NewReview {
  RiskReview review;
  std::optional<absl::CivilDay> next;
  ProblemClass problem_class = ProblemClass::kUnspecified;
  int working_days = 0;
};

// Risk points of business work, and their reviews. Thread-safe.
class RiskApp {
 public:
  // All outlive it.
  struct Parts {
    RiskStore& store;
    ProblemApp& problems;
    const common::Units& units;
    const Rights& rights;
    common::Calendar calendar;
    const Policy& policy;
    const common::TokenSigner& signer;
  };
  explicit RiskApp(Parts parts) : parts_(parts) {}

  absl::StatusOr<RiskView> Create(const common::Call& call, const RiskFields& fields,
                                  const common::WriteOptions& options);
  absl::StatusOr<RiskView> Update(const common::Call& call, const std::string& name, const RiskFields& fields,
                                  const common::WriteOptions& options);
  absl::StatusOr<RiskView> Retire(const common::Call& call, const std::string& name, const std::string& reason,
                                  const common::WriteOptions& options);
  absl::StatusOr<RiskReviewView> Review(const common::Call& call, const std::string& name, const NewReview& fields,
                                        const common::WriteOptions& options);

  absl::StatusOr<RiskView> Get(const common::Call& call, const std::string& name);
  absl::StatusOr<RiskPage> List(const common::Call& call, const UnitListQuery& query);
  absl::StatusOr<RiskReviewPage> Reviews(const common::Call& call, const std::string& parent, int page_size,
                                         const std::string& page_token);

  // The unit that answers for it now, for permissions. NOT_FOUND.
  absl::StatusOr<common::UnitUid> OwnerOf(std::string_view name, absl::Time deadline);
  // The day of a review has passed, in the firing transaction.
  absl::Status Due(RiskTxn& txn, RiskPointId id, absl::Time due) const;

 private:
  // common::WriteOnce in the store.
  template <typename Stored>
  absl::StatusOr<Stored> Run(common::PartitionId partition, const common::Call& call,
                             const common::WriteOptions& options,
                             absl::FunctionRef<absl::StatusOr<Stored>(RiskTxn&, std::string& remember)> change,
                             absl::FunctionRef<absl::StatusOr<Stored>(RiskTxn&, const std::string& name)> again) const {
    const auto write = [&](absl::FunctionRef<absl::Status(RiskTxn&)> body) {
      return parts_.store.Write(partition, call, body);
    };
    return common::WriteOnce<Stored, RiskTxn>(options, write, change, again);
  }
  // The risk point in a transaction, where the caller may see it and knows its etag.
  absl::StatusOr<StoredRisk> Found(RiskTxn& txn, const common::Call& call, const std::string& name,
                                   const std::string& etag) const;
  // The day wanted for the next review of what was last reviewed (or registered) on a day; the latest if none is.
  absl::CivilDay NextReview(const std::optional<absl::CivilDay>& wanted, RiskRating rating, absl::CivilDay last,
                            std::string_view field, common::Violations& violations) const;
  // What an update makes of a risk point.
  RiskPoint Updated(const StoredRisk& before, const RiskFields& fields, common::Violations& violations) const;
  absl::StatusOr<int64_t> OpenProblem(RiskTxn& txn, const StoredRisk& before, const NewReview& fields, int number,
                                      const Person& by) const;
  absl::Time NextLook(const RiskPoint& point) const;
  RiskView View(const common::Call& call, StoredRisk stored) const;

  Parts parts_;
};

}  // namespace ronghe::rectification
