#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/common/serve/binding.h"
#include "services/common/serve/executor.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"
#include "services/organization/rpc/directory_source.h"

namespace ronghe::organization {

// One open StreamDirectory. Steps run on the pool, one at a time; between two of them it waits for the hub or for Next.
class DirectoryStream : public std::enable_shared_from_this<DirectoryStream> {
 public:
  struct Parts {
    DirectorySource& source;
    common::FeedHub& hub;
    common::Executor& executor;
    const common::Clock& clock;
  };
  // The replica's content: `incarnation` and `position`, as it said.
  DirectoryStream(const Parts& parts, std::string incarnation, int64_t position)
      : parts_(parts), incarnation_(std::move(incarnation)), position_(position) {}

  void Next(common::MessageSource::Done done);
  // Afterwards `done` is not called and none of the parts is used.
  void Close() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // waiting is beyond it

 private:
  using Message = std::unique_ptr<google::protobuf::Message>;
  using Outcome = std::optional<absl::StatusOr<Message>>;

  void Post();
  void Step();
  bool Enter();
  void Leave();
  bool OthersInside() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What a step came to; nullopt if the stream waits on.
  Outcome Advance();
  absl::Status Begin();
  absl::Status Resume();
  absl::Status Reload();
  absl::Status ReadOn();
  Message TakePiece();
  void WaitFor(absl::Duration timeout);

  const Parts parts_;

  // Of the step that runs.
  std::string incarnation_;
  int64_t position_;
  int64_t structure_revision_ = 0;
  bool begun_ = false;
  std::deque<common::DirectoryDelta> pieces_;
  absl::Time sent_ = absl::InfinitePast();

  common::Mutex mutex_;
  std::condition_variable left_;
  common::MessageSource::Done done_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread::id> inside_ ABSL_GUARDED_BY(mutex_);
  uint64_t handle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ronghe::organization
