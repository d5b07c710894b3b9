#include "services/common/import/import_hub.h"

#include <utility>

namespace ronghe::common {

void ImportHub::Track(int64_t import_id) {
  common::MutexLock lock(mutex_);
  ++topics_[import_id].trackers;
}

void ImportHub::Untrack(int64_t import_id) {
  common::MutexLock lock(mutex_);
  const auto topic = topics_.find(import_id);
  if (topic != topics_.end() && --topic->second.trackers <= 0) topics_.erase(topic);
}

std::vector<int64_t> ImportHub::Tracked() const {
  common::MutexLock lock(mutex_);
  std::vector<int64_t> ids;
  ids.reserve(topics_.size());
  for (const auto& [id, topic] : topics_) ids.push_back(id);
  return ids;
}

ImportHub::News ImportHub::Latest(int64_t import_id) const {
  common::MutexLock lock(mutex_);
  const auto topic = topics_.find(import_id);
  if (topic == topics_.end()) return {};
  return {topic->second.version, topic->second.import};
}

uint64_t ImportHub::WakeAfter(int64_t import_id, int64_t version, std::function<void()> wake) {
  uint64_t handle = 0;
  {
    common::MutexLock lock(mutex_);
    handle = ++last_handle_;
    const auto topic = topics_.find(import_id);
    if (topic == topics_.end() || topic->second.version <= version) {
      waiters_[handle] = {import_id, version, std::move(wake)};
      return handle;
    }
  }
  wake();
  return handle;
}

void ImportHub::Cancel(uint64_t handle) {
  {
    common::MutexLock lock(mutex_);
    if (waiters_.erase(handle) > 0) return;
  }
  // It may be running: let it finish.
  common::MutexLock running(waking_);
}

void ImportHub::Announce(Topic& topic, Import import) {
  topic.import = std::move(import);
  topic.held.reset();
  ++topic.version;
  topic.published = clock_.Now();
}

void ImportHub::Publish(const Import& import) {
  {
    common::MutexLock lock(mutex_);
    const auto found = topics_.find(import.id);
    if (found == topics_.end()) return;
    Topic& topic = found->second;
    const bool turned = topic.version == 0 || topic.import.state != import.state || HasEnded(import);
    if (topic.version > 0 && !turned && clock_.Now() - topic.published < kPace) {
      topic.held = import;
      return;
    }
    Announce(topic, import);
  }
  WakeDue();
}

void ImportHub::Flush() {
  bool announced = false;
  {
    common::MutexLock lock(mutex_);
    const absl::Time now = clock_.Now();
    for (auto& [id, topic] : topics_) {
      if (!topic.held.has_value() || now - topic.published < kPace) continue;
      Announce(topic, *std::exchange(topic.held, std::nullopt));
      announced = true;
    }
  }
  if (announced) WakeDue();
}

void ImportHub::WakeDue() {
  common::MutexLock running(waking_);
  std::vector<std::function<void()>> due;
  {
    common::MutexLock lock(mutex_);
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      const auto topic = topics_.find(waiter->second.import_id);
      if (topic == topics_.end() || topic->second.version <= waiter->second.version) {
        ++waiter;
        continue;
      }
      due.push_back(std::move(waiter->second.wake));
      waiter = waiters_.erase(waiter);
    }
  }
  for (const auto& wake : due) wake();
}

}  // namespace ronghe::common
