#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "services/common/serve/binding.h"
#include "services/common/serve/wrapper.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {
namespace {

using Read = std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>()>;

// Shared with the reads that wait for the pool, which find it closed after the source is gone.
struct Shared {
  Read read;
  Mutex mutex;
  std::condition_variable idle;
  int running ABSL_GUARDED_BY(mutex) = 0;
  bool closed ABSL_GUARDED_BY(mutex) = false;

  bool Begin() {
    MutexLock lock(mutex);
    if (closed) return false;
    ++running;
    return true;
  }
  void End() {
    MutexLock lock(mutex);
    if (--running == 0) idle.notify_all();
  }
};

class Paged final : public MessageSource {
 public:
  Paged(Wrapper& wrapper, Read read) : executor_(wrapper.executor()), shared_(std::make_shared<Shared>()) {
    shared_->read = std::move(read);
  }
  // A read that runs now refers to what the handler's call refers to: it is waited for.
  ~Paged() override {
    std::unique_lock<std::mutex> lock(shared_->mutex.native());
    shared_->closed = true;
    shared_->idle.wait(lock, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return shared_->running == 0; });
  }

  void Next(Done done) override {
    executor_.Post([shared = shared_, done = std::move(done)] {
      if (!shared->Begin()) return;
      done(shared->read());
      shared->End();
    });
  }

 private:
  Executor& executor_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<MessageSource> PagedSource(Wrapper& wrapper, Read read) {
  return std::make_unique<Paged>(wrapper, std::move(read));
}

}  // namespace ronghe::common
