#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {

// At most `limit` connections, opened when first needed; the one given back last is taken first. Thread-safe.
template <typename Connection>
class Pool {
 public:
  using Open = std::function<absl::StatusOr<std::unique_ptr<Connection>>(absl::Time deadline)>;

  Pool(int limit, Open open) : limit_(limit), open_(std::move(open)) {}

  // A connection on loan; goes back when destroyed.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->GiveBack(std::move(connection_));
    }
    Connection& operator*() { return *connection_; }
    Connection* operator->() { return connection_.get(); }
    // Closes it instead of giving it back.
    void Discard() { connection_.reset(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // Waits for a free one until the deadline: RESOURCE_EXHAUSTED if there was none; or the error of opening it.
  absl::StatusOr<Lease> Take(absl::Time deadline) {
    RONGHE_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, TakeFree(deadline));
    if (connection == nullptr) {
      auto opened = open_(deadline);
      if (!opened.ok()) {
        GiveBack(nullptr);
        return std::move(opened).status();
      }
      connection = *std::move(opened);
    }
    return Lease(*this, std::move(connection));
  }

 private:
  // Null: the caller may open one. The analysis does not know condition variables.
  absl::StatusOr<std::unique_ptr<Connection>> TakeFree(absl::Time deadline) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex_.native());
    auto available = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !free_.empty() || lent_ < limit_; };
    if (!returned_.wait_until(lock, absl::ToChronoTime(deadline), available)) {
      return ResourceExhausted("DATABASE_BUSY", {"the database is busy; call again later", "数据库繁忙，请稍后再试"});
    }
    ++lent_;
    if (free_.empty()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(free_.back());
    free_.pop_back();
    return connection;
  }

  void GiveBack(std::unique_ptr<Connection> connection) {
    {
      MutexLock lock(mutex_);
      --lent_;
      if (connection != nullptr) free_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }

  const int limit_;
  const Open open_;
  Mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> free_ ABSL_GUARDED_BY(mutex_);
  int lent_ ABSL_GUARDED_BY(mutex_) = 0;  // on loan or being opened
};

}  // namespace ronghe::common::sql
