#pragma once

#include <condition_variable>
#include <mutex>

#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

namespace ronghe::common {

// The stream of one call, taken message by message by one thread: the library's threads bring the messages, and the
// next is read only when the last has been taken, so a slow taker slows the sender and nothing piles up. Begin, Wait,
// message, ReadOn and Finish by that thread; Interrupt by any. Finish after Begin, before it is destroyed.
template <typename Response>
class PulledStream final : public grpc::ClientReadReactor<Response> {
 public:
  enum class Event { kMessage, kEnd, kTimeout, kStopped };

  // For metadata and the deadline, before Begin.
  grpc::ClientContext& context() { return context_; }

  // `start(&context, reactor)` begins the call: `stub.async()->Follow(context, &request, reactor)`.
  template <typename Start>
  void Begin(Start start) {
    start(&context_, this);
    // Reads are begun by the taker, outside the library's callbacks: without a hold the call could end, and be gone,
    // between two of them.
    this->AddHold();
    this->StartRead(&response_);
    this->StartCall();
  }
  Event Wait(absl::Duration patience) {
    std::unique_lock lock(mutex_);
    const auto anything = [this] { return message_ || ended_ || stopped_; };
    if (!changed_.wait_for(lock, absl::ToChronoNanoseconds(patience), anything)) return Event::kTimeout;
    if (stopped_) return Event::kStopped;
    return message_ ? Event::kMessage : Event::kEnd;
  }
  // After kMessage, until ReadOn.
  const Response& message() const { return response_; }
  void ReadOn() {
    {
      const std::lock_guard lock(mutex_);
      message_ = false;
    }
    this->StartRead(&response_);
  }
  // Wait returns kStopped, now and from now on.
  void Interrupt() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  // Cancels what is left and waits for the end, after which nobody touches this object any more.
  grpc::Status Finish() {
    context_.TryCancel();
    this->RemoveHold();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    return status_;
  }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    (ok ? message_ : ended_) = true;
    changed_.notify_all();
  }
  void OnDone(const grpc::Status& status) override {
    const std::lock_guard lock(mutex_);
    done_ = true;
    status_ = status;
    changed_.notify_all();
  }

 private:
  grpc::ClientContext context_;
  Response response_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool message_ = false;
  bool ended_ = false;  // nothing more will come
  bool done_ = false;
  bool stopped_ = false;
  grpc::Status status_;
};

}  // namespace ronghe::common
