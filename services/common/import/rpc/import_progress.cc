#include "services/common/import/rpc/import_progress.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "services/common/import/rpc/import_codec.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {
namespace {

constexpr int kIssuesPerMessage = 500;

using Message = std::unique_ptr<google::protobuf::Message>;

// Steps run on the pool, one at a time; between two of them it waits for the hub or for Next.
class Progress : public std::enable_shared_from_this<Progress> {
 public:
  Progress(common::Executor& executor, ImportApp& app, const common::Call& call, int64_t id)
      : executor_(executor), app_(app), call_(call), id_(id) {
    // From here no news are lost: what happened before is in the store.
    app_.hub().Track(id_);
  }
  ~Progress() { app_.hub().Untrack(id_); }

  void Next(common::MessageSource::Done done) {
    {
      common::MutexLock lock(mutex_);
      done_ = std::move(done);
    }
    Post();
  }

  // Afterwards `done` is not called.
  void Close() {
    uint64_t handle = 0;
    {
      std::unique_lock<std::mutex> lock(mutex_.native());
      closed_ = true;
      const auto self = std::this_thread::get_id();
      left_.wait(lock, [&] { return std::ranges::all_of(inside_, [&](std::thread::id id) { return id == self; }); });
      done_ = nullptr;
      handle = handle_;
    }
    if (handle != 0) app_.hub().Cancel(handle);
  }

 private:
  void Post() {
    executor_.Post([self = shared_from_this()] { self->Step(); });
  }

  bool Enter() {
    common::MutexLock lock(mutex_);
    if (closed_ || !done_) return false;
    inside_.push_back(std::this_thread::get_id());
    return true;
  }

  void Leave() {
    common::MutexLock lock(mutex_);
    inside_.erase(std::ranges::find(inside_, std::this_thread::get_id()));
    left_.notify_all();
  }

  void Step() {
    if (!Enter()) return;
    if (std::optional<absl::StatusOr<Message>> outcome = Advance(); outcome.has_value()) {
      common::MessageSource::Done done;
      {
        common::MutexLock lock(mutex_);
        if (!closed_) done = std::exchange(done_, nullptr);
      }
      // Next may be called from in here, and its step run beside us: from now on only Leave.
      if (done) done(*std::move(outcome));
    }
    Leave();
  }

  // A message, the end or an error; nullopt: wait on.
  std::optional<absl::StatusOr<Message>> Advance() {
    if (finished_) return absl::StatusOr<Message>(Message());
    const ImportHub::News news = app_.hub().Latest(id_);
    const bool fresh = news.version > version_ || !greeted_;
    if (!fresh && !more_issues_) {
      Wait();
      return std::nullopt;
    }
    if (fresh) {
      if (news.version > 0) {
        import_ = news.import;
      } else {
        absl::StatusOr<Import> stored = app_.Get(call_, id_);
        if (!stored.ok()) return absl::StatusOr<Message>(std::move(stored).status());
        import_ = *std::move(stored);
      }
      version_ = news.version;
      greeted_ = true;
    }
    return Report();
  }

  absl::StatusOr<Message> Report() {
    auto progress = std::make_unique<common::v1::ImportProgress>();
    *progress->mutable_import() = ToProto(import_, app_);
    RONGHE_ASSIGN_OR_RETURN(const std::vector<ImportStore::NumberedIssue> issues,
                            app_.IssuesAfter(call_, id_, last_issue_, kIssuesPerMessage));
    for (const ImportStore::NumberedIssue& numbered : issues) {
      *progress->add_row_errors() = ToProto(numbered.issue);
      last_issue_ = numbered.number;
    }
    more_issues_ = issues.size() == kIssuesPerMessage;
    finished_ = HasEnded(import_) && !more_issues_;
    return Message(std::move(progress));
  }

  void Wait() {
    const uint64_t handle = app_.hub().WakeAfter(id_, version_, [weak = weak_from_this()] {
      if (const std::shared_ptr<Progress> self = weak.lock()) self->Post();
    });
    // We are in a step, for which Close waits, so it will find the handle.
    common::MutexLock lock(mutex_);
    handle_ = handle;
  }

  common::Executor& executor_;
  ImportApp& app_;
  const common::Call& call_;
  const int64_t id_;

  // Of the step that runs.
  Import import_;
  int64_t version_ = 0;
  int64_t last_issue_ = 0;
  bool greeted_ = false;
  bool more_issues_ = false;
  bool finished_ = false;

  common::Mutex mutex_;  // of what follows
  std::condition_variable left_;
  common::MessageSource::Done done_;
  std::vector<std::thread::id> inside_;
  uint64_t handle_ = 0;
  bool closed_ = false;
};

class ProgressSource final : public common::MessageSource {
 public:
  explicit ProgressSource(std::shared_ptr<Progress> progress) : progress_(std::move(progress)) {}
  ~ProgressSource() override { progress_->Close(); }
  void Next(Done done) override { progress_->Next(std::move(done)); }

 private:
  std::shared_ptr<Progress> progress_;
};

}  // namespace

std::unique_ptr<common::MessageSource> NewImportProgress(common::Executor& executor, ImportApp& app,
                                                         const common::Call& call, int64_t import_id) {
  return std::make_unique<ProgressSource>(std::make_shared<Progress>(executor, app, call, import_id));
}

}  // namespace ronghe::common
