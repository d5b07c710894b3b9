#include "gateway/overview/part.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "gateway/overview/part_reading.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

constexpr int kRounds = 2;
// A question's time is reckoned before it is sent.
constexpr absl::Duration kBeforeSending = absl::Milliseconds(100);

}  // namespace

std::string LocalKey(common::UnitUid unit, const Span& span) {
  return fmt::format("{}/{}/{}", unit.value, span.text, span.structure == common::v1::STRUCTURE_NOW ? "now" : "then");
}

bool DoesNotAnswer(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return common::ReasonOf(status) != "NOT_YET_VISIBLE";
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kUnimplemented:
    // Said to the gateway, not to the caller: the suite is set up wrongly, or comes up.
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return true;
    default:
      return false;
  }
}

Part::Part(std::string service, const Uses& uses, PartCounters counters)
    : service_(std::move(service)), uses_(uses), counters_(std::move(counters)), flights_(uses.clock) {}

Part::~Part() {
  std::unique_lock lock(mutex_.native());
  ended_.wait(lock, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return loads_ == 0; });
}

std::shared_ptr<Part::Reading> Part::Begin(const Wanted& wanted, bool fresh, absl::Time deadline) {
  auto reading = std::make_shared<Reading>(wanted, uses_.clock.Now(), fresh);
  reading->state = uses_.freshness->state();
  if (!wanted.min_revision.empty()) {
    AskDirectly(reading, deadline);
    return reading;
  }
  LookUp(*reading);
  for (size_t i = 0; i < reading->count; ++i) {
    if (reading->summaries[i] == nullptr) reading->missing.push_back(i);
  }
  StartLoads(reading, reading->missing, /*alone=*/fresh);
  return reading;
}

void Part::LookUp(Reading& reading) {
  const auto accept = [&](size_t i, SummaryPtr summary) {
    if (summary == nullptr) return false;
    const Span& span = reading.SpanAt(i);
    const Sensitivity sensitivity = SensitivityOf(span, reading.wanted.month);
    if (!reading.fresh && uses_.freshness->Accepts(summary->place, reading.UnitAt(i).uid, sensitivity)) {
      reading.summaries[i] = std::move(summary);
      return true;
    }
    SummaryPtr& fallback = reading.fallbacks[i];
    if (fallback == nullptr || fallback->asked < summary->asked) fallback = std::move(summary);
    return false;
  };
  const Freshness::State& state = reading.state;
  const bool remote = !reading.fresh && !state.incarnation.empty() && !state.cache_doubted && uses_.cache.usable();
  std::vector<size_t> indices;
  std::vector<std::string> keys;
  for (size_t i = 0; i < reading.count; ++i) {
    const std::string key = LocalKey(reading.UnitAt(i).uid, reading.SpanAt(i));
    if (accept(i, known_.Get(key)) || !remote) continue;
    indices.push_back(i);
    keys.push_back(CacheKey(state, reading.UnitAt(i).uid, reading.SpanAt(i)));
  }
  if (keys.empty()) return;
  const std::vector<std::optional<common::CacheEntry>> entries = uses_.cache.Get(keys);
  for (size_t k = 0; k < entries.size(); ++k) {
    if (!entries[k].has_value()) continue;
    SummaryPtr summary = FromEntry(*entries[k]);
    if (summary != nullptr && accept(indices[k], summary)) {
      known_.Put(LocalKey(reading.UnitAt(indices[k]).uid, reading.SpanAt(indices[k])), std::move(summary));
    }
  }
}

absl::StatusOr<PartAnswer> Part::Finish(const std::shared_ptr<Reading>& reading, absl::Time deadline) {
  for (int round = 1; !reading->missing.empty(); ++round) {
    const auto results = reading->Wait(WaitUntil(*reading, deadline) - uses_.clock.Now());
    std::vector<size_t> again;
    for (const size_t i : reading->missing) {
      const auto& result = results[i];
      if (!result.has_value()) continue;  // it may come for others
      if (!result->ok()) {
        if (!DoesNotAnswer(result->status())) return result->status();
      } else if (**result == nullptr) {
        reading->fallbacks[i] = nullptr;  // unknown to the service
      } else if (Suffices(*reading, i, ***result)) {
        reading->summaries[i] = **result;
      } else {
        again.push_back(i);
      }
    }
    reading->missing = std::move(again);
    if (round == kRounds) break;
    StartLoads(reading, reading->missing, /*alone=*/true);
  }
  Keep(*reading);
  return Answer(*reading);
}

absl::Time Part::WaitUntil(const Reading& reading, absl::Time deadline) const {
  if (!reading.trying) return deadline;
  for (const size_t i : reading.missing) {
    if (!HasLastKnown(reading, i)) return deadline;
  }
  return std::min(deadline, uses_.clock.Now() + kTryWait);
}

bool Part::HasLastKnown(const Reading& reading, size_t index) const {
  const SummaryPtr& known = reading.fallbacks[index];
  return reading.wanted.min_revision.empty() && known != nullptr &&
         uses_.clock.Now() - LastTrue(reading, index, *known) <= kMaxStale;
}

// What another asked for before this reading began will do unless that was long before, or is known to be outdated.
bool Part::Suffices(const Reading& reading, size_t index, const Summary& summary) const {
  if (reading.loaded[index] != 0 || summary.asked > reading.arrived) return true;
  if (reading.fresh) return summary.asked == reading.arrived;
  if (summary.asked < reading.arrived - Freshness::kMaxAge) return false;
  if (reading.state.incarnation != summary.place.incarnation) return reading.state.incarnation.empty();
  const Sensitivity sensitivity = SensitivityOf(reading.SpanAt(index), reading.wanted.month);
  return uses_.freshness->TrueAt(summary.place, reading.UnitAt(index).uid, sensitivity) > absl::InfinitePast();
}

// Whoever loaded tells the caches.
void Part::Keep(const Reading& reading) {
  const Freshness::State& state = reading.state;
  if (state.incarnation.empty() || state.cache_doubted || !uses_.cache.usable()) return;
  std::vector<common::KeyedEntry> entries;
  for (size_t i = 0; i < reading.count; ++i) {
    if (reading.loaded[i] == 0 || reading.summaries[i] == nullptr) continue;
    if (reading.summaries[i]->place.incarnation != state.incarnation) continue;
    entries.push_back({CacheKey(state, reading.UnitAt(i).uid, reading.SpanAt(i)), ToEntry(*reading.summaries[i])});
  }
  if (!entries.empty()) uses_.cache.PutAll(entries);
}

PartAnswer Part::Answer(const Reading& reading) {
  PartAnswer answer;
  answer.service = service_;
  answer.summaries = reading.summaries;
  std::optional<int64_t> structure;
  double loaded = 0;
  double kept = 0;
  double stale = 0;
  double missing = 0;
  for (size_t i = 0; i < reading.count; ++i) {
    SummaryPtr& summary = answer.summaries[i];
    if (summary != nullptr) {
      (reading.loaded[i] != 0 ? loaded : kept) += 1;
      // What is accepted is still so under the structure that has been heard of since.
      const int64_t heard =
          reading.state.incarnation == summary->place.incarnation ? reading.state.structure_revision : 0;
      const int64_t revision = std::max(summary->place.structure_revision, heard);
      structure = std::min(structure.value_or(revision), revision);
    } else if (HasLastKnown(reading, i)) {
      summary = reading.fallbacks[i];
      stale += 1;
    } else {
      missing += 1;
      continue;
    }
    if (!answer.place.has_value() || summary->place.position < answer.place->position) answer.place = summary->place;
  }
  answer.missing = missing > 0;
  answer.stale = stale > 0;
  answer.structure_revision = structure.value_or(0);
  counters_.loaded(loaded);
  counters_.cached(kept);
  counters_.stale(stale);
  counters_.missing(missing);
  if (answer.missing || answer.stale) answer.down_since = down_since();
  return answer;
}

absl::Time Part::LastTrue(const Reading& reading, size_t index, const Summary& summary) const {
  const Sensitivity sensitivity = SensitivityOf(reading.SpanAt(index), reading.wanted.month);
  return std::max(summary.asked, uses_.freshness->TrueAt(summary.place, reading.UnitAt(index).uid, sensitivity));
}

std::string Part::CacheKey(const Freshness::State& state, common::UnitUid unit, const Span& span) const {
  return fmt::format("{}/{}/{}/{}", service_, state.incarnation, state.cache_epoch, LocalKey(unit, span));
}

void Part::Invalidate(const Touched& touched, int64_t position, common::MonthNumber month) {
  if (touched.units.empty()) return;
  const Freshness::State state = uses_.freshness->state();
  const Span span{common::MonthText(month), {month, month}, common::v1::STRUCTURE_THEN};
  std::vector<std::string> keys;
  keys.reserve(touched.units.size());
  for (const common::UnitUid unit : touched.units) keys.push_back(CacheKey(state, unit, span));
  uses_.cache.Invalidate(keys, position);
}

void Part::GetDifference(const common::v1::GetStructureDifferenceRequest& request, absl::Time deadline,
                         SummarySource::Done<common::v1::GetStructureDifferenceResponse> done) {
  {
    const common::MutexLock lock(mutex_);
    ++loads_;
  }
  uses_.source.GetDifference(request, deadline,
                             [this, given = deadline - uses_.clock.Now(), done = std::move(done)](
                                 absl::StatusOr<common::v1::GetStructureDifferenceResponse> response) {
                               // A release that does not know the method answers all the same.
                               if (!absl::IsUnimplemented(response.status())) Learn(response.status(), given);
                               done(std::move(response));
                               const common::MutexLock lock(mutex_);
                               --loads_;
                               ended_.notify_all();
                             });
}

std::optional<absl::Time> Part::down_since() {
  const common::MutexLock lock(mutex_);
  return down_since_;
}

void Part::Learn(const absl::Status& status, absl::Duration given) {
  const bool patient = given >= kPatience - kBeforeSending;
  const absl::Time now = uses_.clock.Now();
  const common::MutexLock lock(mutex_);
  if (!DoesNotAnswer(status)) {
    down_since_.reset();
    return;
  }
  // A caller that is in a hurry must not make the service look down to others. That nobody listens there is no matter
  // of time; what the service itself calls unavailable may be.
  const bool nobody = absl::IsUnavailable(status) && common::ReasonOf(status).empty();
  if (!patient && !nobody) return;
  if (!down_since_.has_value()) {
    down_since_ = now;
    tried_ = now;
  }
  pause_ = absl::IsDeadlineExceeded(status) ? kPauseAfterHang : kPauseAfterFailure;
}

Part::Asking Part::MayAsk() {
  const absl::Time now = uses_.clock.Now();
  const common::MutexLock lock(mutex_);
  if (!down_since_.has_value()) return Asking::kFreely;
  // A time to come is a clock that was set back.
  if (tried_ <= now && now - tried_ < pause_) return Asking::kNot;
  tried_ = now;
  return Asking::kTrying;
}

}  // namespace ronghe::gateway
