#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"
#include "services/organization/app/tree.h"
#include "services/organization/app/unit_store.h"

namespace ronghe::organization {

struct ListUnitsQuery {
  std::string parent;  // `units/{code}` or `units/-`
  bool subtree = false;
  int page_size = 0;
  std::string page_token;
  std::string filter;
  std::string order_by;
  std::optional<absl::CivilDay> as_of;
};

struct UnitPage {
  std::vector<Unit> units;
  std::string next_page_token;
  int64_t position = 0;  // of the feed, no later than what the first page shows
};

struct UnitHistoryEntry {
  Unit unit;
  std::optional<absl::CivilDay> end;
};

// Reads of the structure. Thread-safe. `min_revision` has been waited for by the wrapper.
class UnitQuery {
 public:
  UnitQuery(UnitStore& store, const Tree& tree, const common::TokenSigner& signer, common::Calendar calendar)
      : store_(store), tree_(tree), signer_(signer), calendar_(calendar) {}

  absl::StatusOr<Unit> Get(const common::Call& call, const std::string& name, std::optional<absl::CivilDay> as_of,
                           std::optional<absl::Time> as_known_at);
  absl::StatusOr<std::vector<Unit>> BatchGet(const common::Call& call, const std::vector<std::string>& names,
                                             std::optional<absl::CivilDay> as_of);
  absl::StatusOr<UnitPage> List(const common::Call& call, const ListUnitsQuery& query);
  absl::StatusOr<std::vector<UnitHistoryEntry>> History(const common::Call& call, const std::string& name,
                                                        std::optional<absl::Time> as_known_at);

  // Yields the units in and below `parent`, parents before children, at most 500 at a time; an empty vector is the end.
  using Export = std::function<absl::StatusOr<std::vector<Unit>>()>;
  absl::StatusOr<Export> StartExport(const common::Call& call, const std::string& parent,
                                     std::optional<absl::CivilDay> as_of);

 private:
  struct Listing;  // a query, parsed
  absl::StatusOr<Listing> Parse(const ListUnitsQuery& query) const;
  // A page, and the code after which the next begins; empty: there is none.
  struct Found {
    std::vector<Unit> units;
    std::string next;
  };
  // The units of `uids` in their order; those that are gone are left out.
  static std::vector<Unit> InOrder(std::span<const common::UnitUid> uids, std::vector<Unit> units);
  static Found Cut(const Listing& listing, std::vector<Unit> units);
  absl::StatusOr<Found> Candidates(const common::Call& call, const Listing& listing);
  absl::StatusOr<Found> CurrentSubtree(const common::Call& call, const Listing& listing);
  absl::StatusOr<Found> AsOf(const common::Call& call, const Listing& listing);
  absl::StatusOr<common::UnitUid> Resolve(const std::string& name, std::string_view field) const;

  UnitStore& store_;
  const Tree& tree_;
  const common::TokenSigner& signer_;
  common::Calendar calendar_;
};

// `level = COUNTY AND kind = BRANCH AND state = ACTIVE`; without a condition on the state, active units only.
absl::StatusOr<UnitFilter> ParseUnitFilter(std::string_view filter);

}  // namespace ronghe::organization
