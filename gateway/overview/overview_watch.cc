#include "gateway/overview/overview_watch.h"

#include <utility>

#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

// A service that hangs must not keep the threads of all watchers.
constexpr absl::Duration kPatience = absl::Seconds(1);

// Everything that is to be seen.
std::string Visible(v1::Overview overview) {
  for (v1::OverviewPart& part : *overview.mutable_parts()) {
    part.clear_position();
    part.clear_time();
    part.clear_structure_revision();
  }
  return overview.SerializeAsString();
}

class OverviewSource final : public common::MessageSource {
 public:
  OverviewSource(OverviewApp& app, std::shared_ptr<WatchHub> hub, std::string unit, common::UnitUid uid)
      : app_(app), hub_(std::move(hub)), unit_(std::move(unit)), id_(hub_->Add(uid, [this] { Look(); })) {}
  ~OverviewSource() override { hub_->Remove(id_); }

  void Next(Done done) override {
    {
      const common::MutexLock lock(mutex_);
      waiting_ = std::move(done);
    }
    hub_->Wake(id_);
  }

 private:
  // One at a time, on a thread of the hub.
  void Look() {
    {
      const common::MutexLock lock(mutex_);
      if (waiting_ == nullptr) return;  // Next looks again
    }
    const absl::StatusOr<AssembledPtr> now = app_.Current(unit_, app_.clock().Now() + kPatience);
    if (!now.ok()) {
      // Anything else passes; there is a look at least once a second.
      if (sent_ == nullptr || absl::IsNotFound(now.status())) Answer(now.status());
      return;
    }
    if (*now == sent_) return;
    v1::Overview overview = (*now)->bytes.message();
    std::string visible = Visible(overview);
    const bool same = sent_ != nullptr && visible == visible_;
    sent_ = *now;
    visible_ = std::move(visible);
    if (!same) Answer(std::make_unique<v1::Overview>(std::move(overview)));
  }

  void Answer(absl::StatusOr<std::unique_ptr<google::protobuf::Message>> message) {
    Done done;
    {
      const common::MutexLock lock(mutex_);
      done = std::exchange(waiting_, nullptr);
    }
    done(std::move(message));
  }

  OverviewApp& app_;
  const std::shared_ptr<WatchHub> hub_;
  const std::string unit_;
  AssembledPtr sent_;    // or the same to look at; of the hub's thread
  std::string visible_;  // likewise
  common::Mutex mutex_;
  Done waiting_ ABSL_GUARDED_BY(mutex_);
  const WatchHub::Id id_;  // last: looks begin with it
};

}  // namespace

absl::StatusOr<std::unique_ptr<common::MessageSource>> WatchOverview(OverviewApp& app, std::shared_ptr<WatchHub> hub,
                                                                     const std::string& unit) {
  RONGHE_ASSIGN_OR_RETURN(const common::DirectoryUnit found, app.Find(unit));
  return std::make_unique<OverviewSource>(app, std::move(hub), unit, found.uid);
}

}  // namespace ronghe::gateway
