#include "gateway/overview/watch_hub.h"

#include <algorithm>
#include <mutex>

namespace ronghe::gateway {

WatchHub::WatchHub(const common::Clock& clock, int threads) : clock_(clock) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WatchHub::~WatchHub() {
  Stop();
}

void WatchHub::Stop() {
  {
    const common::MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

WatchHub::Id WatchHub::Add(common::UnitUid unit, Look look) {
  const common::MutexLock lock(mutex_);
  const Id id = ++last_;
  auto watch = std::make_shared<Watch>();
  watch->unit = unit;
  watch->look = std::move(look);
  watch->due = clock_.Now();
  queue_.insert({watch->due, id});
  by_unit_[unit.value].push_back(id);
  watches_.try_emplace(id, std::move(watch));
  wake_.notify_one();
  return id;
}

void WatchHub::Remove(Id id) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::unique_lock lock(mutex_.native());
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  const std::shared_ptr<Watch> watch = found->second;
  watches_.erase(found);
  queue_.erase({watch->due, id});
  const auto unit = by_unit_.find(watch->unit.value);
  std::erase(unit->second, id);
  if (unit->second.empty()) by_unit_.erase(unit);
  idle_.wait(lock, [&] { return !watch->running; });
}

void WatchHub::SetDue(Id id, Watch& watch, absl::Time due) {
  queue_.erase({watch.due, id});
  watch.due = due;
  queue_.insert({due, id});
  if (queue_.begin()->second == id) wake_.notify_one();
}

void WatchHub::WakeLocked(Id id, Watch& watch) {
  if (watch.running) {
    watch.again = true;
    return;
  }
  const absl::Time soon = std::max(clock_.Now(), watch.looked + kPause);
  if (soon < watch.due) SetDue(id, watch, soon);
}

void WatchHub::Wake(Id id) {
  const common::MutexLock lock(mutex_);
  if (const auto found = watches_.find(id); found != watches_.end()) WakeLocked(id, *found->second);
}

void WatchHub::Changed(const Touched& touched) {
  if (touched.everything) {
    ChangedAll();
    return;
  }
  const common::MutexLock lock(mutex_);
  if (watches_.empty()) return;
  for (const common::UnitUid unit : touched.units) {
    const auto found = by_unit_.find(unit.value);
    if (found == by_unit_.end()) continue;
    for (const Id id : found->second) WakeLocked(id, *watches_.at(id));
  }
}

void WatchHub::ChangedAll() {
  const common::MutexLock lock(mutex_);
  for (auto& [id, watch] : watches_) WakeLocked(id, *watch);
}

size_t WatchHub::size() const {
  const common::MutexLock lock(mutex_);
  return watches_.size();
}

// clang's analysis cannot follow a lock that is let go of for a look.
void WatchHub::Run() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::unique_lock lock(mutex_.native());
  while (!stopping_) {
    if (queue_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto [due, id] = *queue_.begin();
    const absl::Time now = clock_.Now();
    if (due > now) {
      wake_.wait_for(lock, absl::ToChronoNanoseconds(due - now));
      continue;
    }
    queue_.erase(queue_.begin());
    const std::shared_ptr<Watch> watch = watches_.at(id);
    watch->running = true;
    watch->again = false;
    watch->looked = now;
    if (!queue_.empty()) wake_.notify_one();  // another thread may take the next
    lock.unlock();
    watch->look();
    lock.lock();
    watch->running = false;
    idle_.notify_all();
    if (!watches_.contains(id)) continue;
    watch->due = watch->again ? std::max(clock_.Now(), watch->looked + kPause) : clock_.Now() + kTick;
    queue_.insert({watch->due, id});
  }
}

}  // namespace ronghe::gateway
