#include "services/common/changelog/hub_stream.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace ronghe::common {
namespace {

class StreamSource final : public MessageSource {
 public:
  explicit StreamSource(std::shared_ptr<HubStream> stream) : stream_(std::move(stream)) {}
  ~StreamSource() override { stream_->Close(); }
  void Next(Done done) override { stream_->Next(std::move(done)); }

 private:
  std::shared_ptr<HubStream> stream_;
};

}  // namespace

std::unique_ptr<MessageSource> SourceOf(std::shared_ptr<HubStream> stream) {
  return std::make_unique<StreamSource>(std::move(stream));
}

void HubStream::Next(MessageSource::Done done) {
  OnNext();
  {
    MutexLock lock(mutex_);
    done_ = std::move(done);
  }
  Post();
}

void HubStream::Post() {
  executor_.Post([self = shared_from_this()] { self->Step(); });
}

bool HubStream::Enter() {
  MutexLock lock(mutex_);
  if (closed_ || !done_) return false;
  inside_.push_back(std::this_thread::get_id());
  return true;
}

void HubStream::Leave() {
  // Notified under the lock: the stream may be gone as soon as Close has seen it.
  MutexLock lock(mutex_);
  inside_.erase(std::ranges::find(inside_, std::this_thread::get_id()));
  left_.notify_all();
}

void HubStream::Step() {
  if (!Enter()) return;
  if (Outcome outcome = Advance(); outcome.has_value()) {
    MessageSource::Done done;
    {
      MutexLock lock(mutex_);
      if (!closed_) done = std::exchange(done_, nullptr);
    }
    // Next may be called from in here, and its step run beside us: from now on only Leave.
    if (done) done(*std::move(outcome));
  }
  Leave();
}

bool HubStream::OthersInside() const {
  const auto other = [](std::thread::id id) { return id != std::this_thread::get_id(); };
  return std::ranges::any_of(inside_, other);
}

void HubStream::Close() {
  uint64_t handle = 0;
  {
    std::unique_lock lock(mutex_.native());
    closed_ = true;
    while (OthersInside()) left_.wait(lock);
    done_ = nullptr;
    handle = handle_;
  }
  if (handle != 0) hub_.Cancel(handle);
}

void HubStream::WaitFor(int64_t position, absl::Duration timeout) {
  const uint64_t handle = hub_.WakeAfter(position, timeout, [weak = weak_from_this()] {
    if (const std::shared_ptr<HubStream> self = weak.lock()) self->Post();
  });
  // We are in a step, for which Close waits, so it will find the handle.
  MutexLock lock(mutex_);
  handle_ = handle;
}

}  // namespace ronghe::common
