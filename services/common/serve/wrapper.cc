#include "services/common/serve/wrapper.h"

#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

#include "services/common/serve/open_stream.h"
#include "services/common/serve/wrapper_impl.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

absl::Status Draining() {
  return Unavailable("DRAINING", {"the process is stopping; call again", "服务进程正在停止，请重试"});
}

}  // namespace

absl::Status Wrapper::Impl::Enter(const std::shared_ptr<OpenStream>& stream) {
  MutexLock lock(mutex);
  if (draining.load(std::memory_order_relaxed)) return Draining();
  if (static_cast<int>(streams.size()) >= options.max_streams) {
    return ResourceExhausted("STREAMS_FULL", {"too many streams are open", "打开的数据流过多"}, absl::Seconds(1));
  }
  streams.emplace(stream.get(), stream);
  open.store(static_cast<int>(streams.size()), std::memory_order_relaxed);
  return absl::OkStatus();
}

void Wrapper::Impl::Leave(const OpenStream* stream) {
  MutexLock lock(mutex);
  streams.erase(stream);
  open.store(static_cast<int>(streams.size()), std::memory_order_relaxed);
}

std::vector<std::shared_ptr<OpenStream>> Wrapper::Impl::Snapshot() {
  std::vector<std::shared_ptr<OpenStream>> all;
  MutexLock lock(mutex);
  all.reserve(streams.size());
  for (const auto& [key, weak] : streams) {
    if (auto stream = weak.lock()) all.push_back(std::move(stream));
  }
  return all;
}

void Wrapper::Impl::Watch() {
  std::unique_lock<std::mutex> lock(mutex.native());
  auto stop = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping; };
  while (!wake.wait_for(lock, absl::ToChronoNanoseconds(options.recheck), stop)) {
    lock.unlock();
    absl::Time now = parts.clock.Now();
    for (const auto& stream : Snapshot()) StreamAccess::Tick(*stream, now);
    lock.lock();
  }
}

Wrapper::Wrapper(const Parts& parts, const Options& options) : impl_(std::make_unique<Impl>(parts, options)) {
  parts.metrics.AddCollectable(impl_->call_metrics);
  parts.metrics.AddGaugeFunction("ronghe_streams_open", "Streams being served.", {},
                                 [impl = impl_.get()] { return impl->open.load(std::memory_order_relaxed); });
  impl_->timer = std::thread([impl = impl_.get()] { impl->Watch(); });
}

Wrapper::~Wrapper() {
  {
    MutexLock lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  impl_->timer.join();
}

void Wrapper::SetRevisionGate(RevisionGate gate) {
  impl_->gate = std::move(gate);
}

void Wrapper::SetReadingSink(ReadingSink* sink) {
  impl_->sink = sink;
}

Executor& Wrapper::executor() {
  return impl_->parts.executor;
}
const Clock& Wrapper::clock() const {
  return impl_->parts.clock;
}

void Wrapper::Drain() {
  {
    MutexLock lock(impl_->mutex);
    impl_->draining.store(true, std::memory_order_relaxed);
  }
  for (const auto& stream : impl_->Snapshot()) stream->End(Draining());
}

int Wrapper::open_streams() const {
  return impl_->open.load(std::memory_order_relaxed);
}

}  // namespace ronghe::common
