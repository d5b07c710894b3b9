#include "services/common/serve/executor.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "services/common/telemetry/log.h"
#include "services/common/telemetry/metrics.h"
#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

class FunctionTask final : public Task {
 public:
  FunctionTask(absl::Time deadline, std::function<void()> run, std::function<void(absl::Status)> dropped)
      : deadline_(deadline), run_(std::move(run)), dropped_(std::move(dropped)) {}
  void Run() override {
    std::unique_ptr<FunctionTask> self(this);
    run_();
  }
  void Drop(absl::Status why) override {
    std::unique_ptr<FunctionTask> self(this);
    if (dropped_) dropped_(std::move(why));
  }
  absl::Time deadline() const override { return deadline_; }

 private:
  const absl::Time deadline_;
  const std::function<void()> run_;
  const std::function<void(absl::Status)> dropped_;
};

}  // namespace

struct Executor::Impl {
  using Entry = std::variant<Task*, std::function<void()>>;

  Impl(const Options& given, const Clock& c) : options(given), clock(c) {}

  void Work();
  void RunOne(Entry& entry);

  const Options options;
  const Clock& clock;
  Mutex mutex;
  std::condition_variable wake;
  std::deque<Entry> entries ABSL_GUARDED_BY(mutex);
  int tasks ABSL_GUARDED_BY(mutex) = 0;  // those of entries that count against the bound
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  std::atomic<int> queued{0};
  std::atomic<int> running{0};
  std::atomic<int64_t> refused{0};
  std::atomic<int64_t> dropped{0};
  std::vector<std::thread> threads;
};

// Waits on the mutex itself, which the analysis cannot follow.
void Executor::Impl::Work() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::unique_lock<std::mutex> lock(mutex.native());
  for (;;) {
    wake.wait(lock, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping || !entries.empty(); });
    if (entries.empty()) return;
    Entry entry = std::move(entries.front());
    entries.pop_front();
    if (std::holds_alternative<Task*>(entry)) --tasks;
    queued.store(static_cast<int>(entries.size()), std::memory_order_relaxed);
    lock.unlock();
    running.fetch_add(1, std::memory_order_relaxed);
    RunOne(entry);
    entry = static_cast<Task*>(nullptr);  // what a function holds is released outside the lock
    running.fetch_sub(1, std::memory_order_relaxed);
    lock.lock();
  }
}

void Executor::Impl::RunOne(Entry& entry) {
  // Nothing here throws by convention, but no input may end the process if something below does.
  try {
    if (auto* step = std::get_if<std::function<void()>>(&entry)) {
      (*step)();
      return;
    }
    Task* task = std::get<Task*>(entry);
    if (task->cancelled()) {
      dropped.fetch_add(1, std::memory_order_relaxed);
      task->Drop(Cancelled());
    } else if (absl::Time deadline = task->deadline(); deadline != absl::InfiniteFuture() && clock.Now() >= deadline) {
      dropped.fetch_add(1, std::memory_order_relaxed);
      task->Drop(DeadlineExceeded());
    } else {
      task->Run();
    }
  } catch (...) {
    Log(LogLevel::kError, "a task of the pool threw an exception");
  }
}

Executor::Executor(const Options& options, const Clock& clock) : impl_(std::make_unique<Impl>(options, clock)) {
  impl_->threads.reserve(options.threads);
  for (int i = 0; i < options.threads; ++i) impl_->threads.emplace_back([impl = impl_.get()] { impl->Work(); });
}

Executor::~Executor() {
  Stop();
}

absl::Status Executor::TryPost(Task* task) {
  {
    MutexLock lock(impl_->mutex);
    if (impl_->tasks < impl_->options.queue && !impl_->stopping) {
      impl_->entries.emplace_back(task);
      ++impl_->tasks;
      impl_->queued.store(static_cast<int>(impl_->entries.size()), std::memory_order_relaxed);
      task = nullptr;
    }
  }
  if (task == nullptr) {
    impl_->wake.notify_one();
    return absl::OkStatus();
  }
  impl_->refused.fetch_add(1, std::memory_order_relaxed);
  return ResourceExhausted("QUEUE_FULL", {"too many calls are waiting; slow down", "等待处理的调用过多，请稍后再试"});
}

absl::Status Executor::TryPost(absl::Time deadline, std::function<void()> run,
                               std::function<void(absl::Status)> dropped) {
  auto task = std::make_unique<FunctionTask>(deadline, std::move(run), std::move(dropped));
  RONGHE_RETURN_IF_ERROR(TryPost(task.get()));
  task.release();  // it ends itself
  return absl::OkStatus();
}

void Executor::Post(std::function<void()> step) {
  {
    MutexLock lock(impl_->mutex);
    if (!impl_->stopped) {
      impl_->entries.emplace_back(std::move(step));
      impl_->queued.store(static_cast<int>(impl_->entries.size()), std::memory_order_relaxed);
      step = nullptr;
    }
  }
  if (step) {
    step();
  } else {
    impl_->wake.notify_one();
  }
}

void Executor::Stop() {
  {
    MutexLock lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
  std::deque<Impl::Entry> rest;
  {
    MutexLock lock(impl_->mutex);
    impl_->stopped = true;
    rest.swap(impl_->entries);
  }
  for (Impl::Entry& entry : rest) impl_->RunOne(entry);  // posted after the last thread had gone
}

int Executor::queued() const {
  return impl_->queued.load(std::memory_order_relaxed);
}
int Executor::running() const {
  return impl_->running.load(std::memory_order_relaxed);
}

void Executor::Register(Metrics& metrics) const {
  const Impl* impl = impl_.get();
  metrics.AddGaugeFunction("ronghe_pool_threads", "Threads of the pool.", {}, [impl] { return impl->options.threads; });
  metrics.AddGaugeFunction("ronghe_pool_queued", "Work waiting for the pool.", {},
                           [impl] { return impl->queued.load(); });
  metrics.AddGaugeFunction("ronghe_pool_running", "Work on a thread of the pool.", {},
                           [impl] { return impl->running.load(); });
  metrics.AddGaugeFunction("ronghe_pool_refused_total", "Calls refused because the queue was full.", {},
                           [impl] { return static_cast<double>(impl->refused.load()); });
  metrics.AddGaugeFunction("ronghe_pool_dropped_total", "Calls dropped unrun: too late or nobody waits.", {},
                           [impl] { return static_cast<double>(impl->dropped.load()); });
}

}  // namespace ronghe::common
