#include "gateway/overview/collect.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

constexpr size_t kUnitsPerRequest = 100;
constexpr absl::Duration kPatience = absl::Seconds(3);
constexpr absl::Duration kMargin = absl::Milliseconds(200);

// Answers as they come in. Shared with the callbacks, which may be late.
struct Answers {
  common::Mutex mutex;
  std::condition_variable changed;
  std::vector<absl::StatusOr<PartAnswer>> list;
  size_t outstanding = 0;

  explicit Answers(size_t count)
      : list(count, absl::StatusOr<PartAnswer>(common::DeadlineExceeded())), outstanding(count) {}
  void Set(size_t index, absl::StatusOr<PartAnswer> answer) {
    const common::MutexLock lock(mutex);
    list[index] = std::move(answer);
    --outstanding;
    changed.notify_all();
  }
  std::vector<absl::StatusOr<PartAnswer>> WaitForAll() {
    std::unique_lock lock(mutex.native());
    changed.wait(lock, [this] { return outstanding == 0; });
    return std::move(list);
  }
};

// Some time is left to answer the caller with what there is.
absl::Time PartDeadline(absl::Time now, absl::Time deadline) {
  const absl::Duration left = deadline - now;
  return now + std::min(kPatience, left - std::min(kMargin, left / 5));
}

// The service is in trouble, as opposed to the request.
bool DoesNotAnswer(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return common::ReasonOf(status) != "NOT_YET_VISIBLE";
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

std::vector<PartRequest> Requests(const CollectRequest& request) {
  if (request.with_children) return {{{request.units.front().name}, true, request.min_revision}};
  std::vector<PartRequest> requests;
  for (size_t i = 0; i < request.units.size(); i += kUnitsPerRequest) {
    PartRequest& next = requests.emplace_back();
    next.min_revision = request.min_revision;
    for (size_t k = i; k < std::min(i + kUnitsPerRequest, request.units.size()); ++k) {
      next.units.push_back(request.units[k].name);
    }
  }
  return requests;
}

// Keeps the oldest place of all that were used.
void Lower(FeedPlace& place, const FeedPlace& other, bool& first) {
  if (first || other.position < place.position) place = other;
  first = false;
}

}  // namespace

absl::StatusOr<Collected> Collector::Collect(const common::Call& call, const CollectRequest& request) {
  Collected collected;
  if (request.units.empty()) return collected;
  const absl::Time deadline = PartDeadline(clock_.Now(), call.deadline);
  const std::vector<PartRequest> requests = Requests(request);
  auto answers = std::make_shared<Answers>(parts_.size() * requests.size());
  for (size_t p = 0; p < parts_.size(); ++p) {
    for (size_t r = 0; r < requests.size(); ++r) {
      parts_[p]->Fetch(call, deadline, requests[r],
                       [answers, index = p * requests.size() + r](absl::StatusOr<PartAnswer> answer) {
                         answers->Set(index, std::move(answer));
                       });
    }
  }
  const std::vector<absl::StatusOr<PartAnswer>> list = answers->WaitForAll();
  for (const auto& answer : list) {
    if (!answer.ok() && !DoesNotAnswer(answer.status())) return answer.status();
  }
  for (size_t p = 0; p < parts_.size(); ++p) {
    Collected::OfService& service = collected.services.emplace_back();
    service.service = std::string(parts_[p]->service());
    const auto begin = list.begin() + static_cast<std::ptrdiff_t>(p * requests.size());
    Gather(request, {begin, begin + static_cast<std::ptrdiff_t>(requests.size())}, service);
  }
  return collected;
}

void Collector::Gather(const CollectRequest& request, std::span<const absl::StatusOr<PartAnswer>> answers,
                       Collected::OfService& service) {
  bool first = true;
  for (size_t i = 0; i < request.units.size(); ++i) {
    const WantedUnit& unit = request.units[i];
    const auto& answer = answers[request.with_children ? 0 : i / kUnitsPerRequest];
    if (answer.ok()) {
      Lower(service.place, answer->place, first);
      const auto found = answer->figures.find(unit.name);
      if (found == answer->figures.end()) continue;  // this process knows of the unit before the service's totals do
      service.figures[unit.uid.value] = found->second;
      last_known_.Put(service.service, unit.uid, {found->second, answer->place});
      continue;
    }
    std::optional<LastKnown::Entry> known;
    if (request.min_revision.empty()) known = last_known_.Get(service.service, unit.uid);
    if (!known.has_value()) {
      service.missing = true;
      continue;
    }
    service.stale = true;
    Lower(service.place, known->place, first);
    service.figures[unit.uid.value] = known->figures;
  }
}

}  // namespace ronghe::gateway
