#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "gateway/overview/answer_cache.h"
#include "gateway/overview/collect.h"
#include "gateway/overview/query.h"
#include "ronghe/gateway/v1/overview_service.pb.h"
#include "services/common/directory/directory.h"
#include "services/common/serve/binding.h"
#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"

namespace ronghe::gateway {

// Counts the versions of the structure in a directory: equal numbers, equal structure. Grants do not count. Copies
// count together.
class StructureVersion {
 public:
  explicit StructureVersion(common::Directory& directory);
  uint64_t Get() const { return state_->version.load(std::memory_order_acquire); }

 private:
  // The directory holds on to it for as long as it lives.
  struct State {
    std::atomic<uint64_t> version{1};
    common::Mutex mutex;
    std::string incarnation ABSL_GUARDED_BY(mutex);
    int64_t revision ABSL_GUARDED_BY(mutex) = -1;
  };
  std::shared_ptr<State> state_;
};

// An overview as it was put together, and what it is to be judged by.
struct AssembledOverview {
  common::Serialized<v1::Overview> bytes;
  common::UnitUid unit;
  Span span;
  uint64_t structure = 0;     // StructureVersion
  std::vector<Place> places;  // by part
};
using AssembledPtr = std::shared_ptr<const AssembledOverview>;

// Overviews of units: what they are from this process' directory, their figures from the services. The caller's
// permission has been checked, each time, before anything kept is looked at; nothing in a kept answer depends on the
// caller. Thread-safe; blocks until the services have answered.
class OverviewApp {
 public:
  struct Uses {
    common::Directory& directory;
    Collector& collector;
    const common::TokenSigner& signer;
    common::Calendar calendar;
  };
  // How many answers were served as they were put together before.
  using CountAssembled = std::function<void()>;
  // What is used outlives it. `answer_bytes`: for whole answers that are kept.
  OverviewApp(const Uses& uses, size_t answer_bytes, CountAssembled count_assembled);

  absl::StatusOr<common::Serialized<v1::Overview>> GetOverview(const common::Call& call,
                                                               const v1::GetOverviewRequest& request);
  absl::StatusOr<v1::ListChildOverviewsResponse> ListChildOverviews(const common::Call& call,
                                                                    const v1::ListChildOverviewsRequest& request);
  absl::StatusOr<v1::GetTrendResponse> GetTrend(const common::Call& call, const v1::GetTrendRequest& request);
  absl::StatusOr<v1::CompareUnitsResponse> CompareUnits(const common::Call& call,
                                                        const v1::CompareUnitsRequest& request);

  const common::Clock& clock() const { return uses_.calendar.clock(); }
  const StructureVersion& structure() const { return version_; }
  // The month that has not ended.
  common::MonthNumber Month() const;
  // NOT_FOUND for what is no unit (any more).
  absl::StatusOr<common::DirectoryUnit> Find(const std::string& name) const;
  // Of the current month; kept ones are given again as they are, so that equal pointers are equal overviews.
  absl::StatusOr<AssembledPtr> Current(const std::string& unit, absl::Time deadline);

 private:
  AssembledPtr Kept(const std::string& key, common::MonthNumber month);
  absl::StatusOr<AssembledPtr> Assemble(const std::string& key, const std::string& unit, Wanted wanted,
                                        absl::Time deadline);
  // Active ones, by code.
  std::vector<common::DirectoryUnit> ChildrenOf(common::UnitUid unit) const;
  // Those of the span's structure that the caller may see, by code.
  absl::StatusOr<std::vector<common::DirectoryUnit>> ChildrenAt(const common::Call& call,
                                                                const common::DirectoryUnit& parent,
                                                                const Wanted& wanted, const Span& span) const;
  std::vector<common::DirectoryUnit> RootsOf(const common::Scope& scope) const;
  void Fill(const common::DirectoryUnit& unit, const Collected& collected, const Wanted& wanted, size_t index,
            v1::Overview& overview) const;

  const Uses uses_;
  const StructureVersion version_;
  AnswerCache<AssembledOverview> answers_;
  const CountAssembled count_assembled_;
};

// Says where figures come from.
void FillParts(const Collected& collected, google::protobuf::RepeatedPtrField<v1::OverviewPart>& parts);
void FillPart(const PartAnswer& answer, v1::OverviewPart& part);

}  // namespace ronghe::gateway
