#pragma once

#include <condition_variable>
#include <functional>
#include <thread>

#include <absl/status/status.h>

#include "services/common/directory/directory.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"
#include "services/organization/storage/directory_loader.h"

namespace ronghe::organization {

// Keeps organization's own directory current from its own store, in one thread: at once when told, and every 200 ms,
// which is also how it hears that the store lives.
class DirectoryFeed {
 public:
  using Report = std::function<void(const absl::Status&)>;
  // All must outlive it. `report` takes errors, for the log; the feed goes on.
  DirectoryFeed(DirectoryLoader& loader, common::Directory& directory, const common::Clock& clock, Report report)
      : loader_(loader), directory_(directory), clock_(clock), report_(std::move(report)) {}
  ~DirectoryFeed() { Stop(); }

  // Loads everything in the caller's thread, then follows.
  absl::Status Start(absl::Time deadline);
  void Stop();
  // Something was published. Cheap, from any thread.
  void Wake();
  // One round in the caller's thread: everything published is applied. Not beside the thread.
  absl::Status RunOnce(absl::Time deadline);

 private:
  absl::Status Reload(absl::Time deadline);
  void Loop() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // waiting is beyond it

  DirectoryLoader& loader_;
  common::Directory& directory_;
  const common::Clock& clock_;
  const Report report_;
  common::Mutex mutex_;
  std::condition_variable wake_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ronghe::organization
