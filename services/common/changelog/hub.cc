#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "services/common/changelog/changelog.h"

namespace ronghe::common {
namespace {

// The longest sleep: a clock that jumped is noticed after it.
constexpr absl::Duration kLongestSleep = absl::Minutes(1);

}  // namespace

// Each watcher stands in two orders: by the position it waits beyond, and by the time at which it gives up.
struct FeedHub::Impl {
  struct Watcher {
    int64_t position;
    absl::Time until;
    std::function<void()> wake;
  };

  explicit Impl(const Clock& c) : clock(c), thread([this] { Run(); }) {}
  ~Impl() {
    {
      MutexLock lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    thread.join();
  }

  void Remove(uint64_t handle, const Watcher& watcher) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    by_position.erase({watcher.position, handle});
    by_time.erase({watcher.until, handle});
  }

  // A watcher whose turn has come; 0 for none.
  uint64_t Ripe() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (!by_position.empty() && by_position.begin()->first < last) return by_position.begin()->second;
    if (!by_time.empty() && by_time.begin()->first <= clock.Now()) return by_time.begin()->second;
    return 0;
  }

  // Waiting is beyond the analysis.
  void Run() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock lock(mutex.native());
    while (!stopping) {
      if (const uint64_t handle = Ripe(); handle != 0) {
        Call(handle, lock);
        continue;
      }
      const absl::Duration left = by_time.empty() ? kLongestSleep : by_time.begin()->first - clock.Now();
      changed.wait_for(lock, absl::ToChronoMicroseconds(std::min(left, kLongestSleep) + absl::Microseconds(1)));
    }
  }

  void Call(uint64_t handle, std::unique_lock<std::mutex>& lock) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const auto found = watchers.find(handle);
    std::function<void()> wake = std::move(found->second.wake);
    Remove(handle, found->second);
    watchers.erase(found);
    calling = handle;
    lock.unlock();
    wake();
    wake = nullptr;  // what it holds may call us when it goes
    lock.lock();
    calling = 0;
    called.notify_all();
  }

  const Clock& clock;
  Mutex mutex;
  std::condition_variable changed;  // for the thread
  std::condition_variable called;   // for Cancel
  std::unordered_map<uint64_t, Watcher> watchers ABSL_GUARDED_BY(mutex);
  std::set<std::pair<int64_t, uint64_t>> by_position ABSL_GUARDED_BY(mutex);
  std::set<std::pair<absl::Time, uint64_t>> by_time ABSL_GUARDED_BY(mutex);
  int64_t last ABSL_GUARDED_BY(mutex) = 0;
  uint64_t next_handle ABSL_GUARDED_BY(mutex) = 1;
  uint64_t calling ABSL_GUARDED_BY(mutex) = 0;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::thread thread;  // last: it uses all of the above
};

FeedHub::FeedHub(const Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}
FeedHub::~FeedHub() = default;

uint64_t FeedHub::WakeAfter(int64_t position, absl::Duration timeout, std::function<void()> wake) {
  uint64_t handle = 0;
  {
    MutexLock lock(impl_->mutex);
    handle = impl_->next_handle++;
    const absl::Time until = impl_->clock.Now() + timeout;
    impl_->watchers.emplace(handle, Impl::Watcher{position, until, std::move(wake)});
    impl_->by_position.emplace(position, handle);
    impl_->by_time.emplace(until, handle);
    // The thread sleeps until the earliest time: it must only know of an earlier one, or of one that is ripe.
    if (impl_->by_time.begin()->second != handle && position >= impl_->last) return handle;
  }
  impl_->changed.notify_one();
  return handle;
}

void FeedHub::Cancel(uint64_t handle) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::function<void()> dropped;  // destroyed after the lock
  std::unique_lock lock(impl_->mutex.native());
  if (const auto found = impl_->watchers.find(handle); found != impl_->watchers.end()) {
    impl_->Remove(handle, found->second);
    dropped = std::move(found->second.wake);
    impl_->watchers.erase(found);
  } else if (std::this_thread::get_id() != impl_->thread.get_id()) {
    while (impl_->calling == handle) impl_->called.wait(lock);
  }
  lock.unlock();
}

int64_t FeedHub::last() const {
  MutexLock lock(impl_->mutex);
  return impl_->last;
}

void FeedHub::Advance(int64_t position) {
  {
    MutexLock lock(impl_->mutex);
    impl_->last = std::max(impl_->last, position);
  }
  impl_->changed.notify_one();
}

}  // namespace ronghe::common
