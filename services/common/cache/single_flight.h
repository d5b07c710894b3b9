#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::common {

// One load for each key at a time: who comes while it runs gets its result. `Value` is copied to each (make it a
// shared_ptr where that costs). Nothing is kept once a load has ended. Thread-safe; outlives all loads and waiters.
//
// A result may have been read before the waiter came: who needs something newer compares positions and loads again.
template <typename Value>
class SingleFlight {
 public:
  using Result = absl::StatusOr<Value>;
  using Done = std::function<void(const Result&)>;

  explicit SingleFlight(const Clock& clock) : clock_(clock) {}

  // Blocking: runs `load` in the calling thread, or waits for the one that runs. DEADLINE_EXCEEDED when that one has
  // not ended at `deadline`; it goes on for the others. A load's error is everyone's error, except that
  // DEADLINE_EXCEEDED and CANCELLED are the loading caller's own: the next waiter loads then. `load` must not come back
  // for the same key.
  Result Do(const std::string& key, absl::Time deadline, absl::FunctionRef<Result()> load) {
    while (true) {
      bool leads = false;
      const std::shared_ptr<Flight> flight = Join(key, &leads);
      if (leads) {
        Result result = load();
        Finish(key, flight, result);
        return result;
      }
      std::optional<Result> result = Await(*flight, deadline);
      if (!result.has_value()) return DeadlineExceeded();
      const bool own = absl::IsDeadlineExceeded(result->status()) || absl::IsCancelled(result->status());
      if (!own || clock_.Now() >= deadline) return *std::move(result);
    }
  }

  // With callbacks: if no load of the key runs, calls `start` with the function that ends it (call it exactly once,
  // from any thread, with the result or the error). `done` is called once with the result, in the thread that ends the
  // load; deadlines are the caller's. A load that DEADLINE_EXCEEDED or CANCELLED ended tells everyone so.
  void Start(const std::string& key, const std::function<void(Done)>& start, Done done) {
    bool leads = false;
    std::shared_ptr<Flight> flight;
    {
      MutexLock lock(mutex_);
      flight = JoinLocked(key, &leads);
      flight->callbacks.push_back(std::move(done));
    }
    if (leads) start([this, key, flight](const Result& result) { Finish(key, flight, result); });
  }

  // Who comes from now on does not get the result of a load that runs now: for a key that has just changed.
  void Forget(const std::string& key) {
    MutexLock lock(mutex_);
    flights_.erase(key);
  }

  // How many wait for the load of `key` that runs now, beside its leader.
  size_t WaitersForTest(const std::string& key) {
    MutexLock lock(mutex_);
    const auto found = flights_.find(key);
    return found == flights_.end() ? 0 : found->second->waiters;
  }

 private:
  struct Flight {
    size_t waiters = 0;            // guarded by mutex_
    std::optional<Result> result;  // guarded by mutex_
    std::vector<Done> callbacks;   // guarded by mutex_
    std::condition_variable ended;
  };

  std::shared_ptr<Flight> Join(const std::string& key, bool* leads) {
    MutexLock lock(mutex_);
    return JoinLocked(key, leads);
  }
  std::shared_ptr<Flight> JoinLocked(const std::string& key, bool* leads) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::shared_ptr<Flight>& flight = flights_[key];
    *leads = flight == nullptr;
    if (*leads) {
      flight = std::make_shared<Flight>();
    } else {
      ++flight->waiters;
    }
    return flight;
  }

  // clang's analysis cannot follow a wait on the mutex itself.
  std::optional<Result> Await(Flight& flight, absl::Time deadline) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const absl::Duration left = deadline - clock_.Now();
    std::unique_lock<std::mutex> lock(mutex_.native());
    const auto ended = [&flight] { return flight.result.has_value(); };
    if (left >= kForever) {
      flight.ended.wait(lock, ended);
    } else {
      flight.ended.wait_for(lock, absl::ToChronoNanoseconds(left), ended);
    }
    return flight.result;
  }

  void Finish(const std::string& key, const std::shared_ptr<Flight>& flight, const Result& result) {
    std::vector<Done> callbacks;
    {
      MutexLock lock(mutex_);
      flight->result = result;
      callbacks = std::move(flight->callbacks);
      flight->callbacks.clear();
      // A forgotten flight may have a successor under its key.
      const auto found = flights_.find(key);
      if (found != flights_.end() && found->second == flight) flights_.erase(found);
    }
    flight->ended.notify_all();
    for (const Done& done : callbacks) done(result);
  }

  static constexpr absl::Duration kForever = absl::Hours(24 * 365);

  const Clock& clock_;
  Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Flight>> flights_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::common
