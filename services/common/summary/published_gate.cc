#include "services/common/summary/published_gate.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr sql::Query kPublished{"gate_published", "SELECT rev FROM published WHERE partition_id = ?"};
// The hub tells at once where this process publishes; another one may do so instead.
constexpr absl::Duration kLook = absl::Milliseconds(20);

}  // namespace

absl::Status PublishedGate::CoverText(std::string_view token, absl::Time deadline) {
  RONGHE_ASSIGN_OR_RETURN(const RevisionToken read, ReadRevisionToken(signer_, token, "min_revision"));
  return Cover(read, deadline);
}

absl::Status PublishedGate::Cover(const RevisionToken& token, absl::Time deadline) {
  if (token.service != service_) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const std::string incarnation, log_.Incarnation());
  if (token.incarnation != incarnation) {
    return OutOfRange("FEED_RESET",
                      {"the token is of a time before the database was restored", "该令牌签发于数据库恢复之前"});
  }
  for (;;) {
    const int64_t last = hub_.last();
    RONGHE_ASSIGN_OR_RETURN(const int64_t published, Published(PartitionId(token.partition), deadline));
    if (published >= token.revision) return absl::OkStatus();
    if (SystemClock().Now() >= deadline) {
      return Unavailable("NOT_YET_VISIBLE", {"the totals do not cover the write of this token yet, call again",
                                             "汇总尚未包含该令牌对应的写入，请稍后重试"});
    }
    publisher_.Hint();
    AwaitFeed(last, deadline);
  }
}

absl::StatusOr<int64_t> PublishedGate::Published(PartitionId partition, absl::Time deadline) {
  int64_t revision = 0;
  const auto read = [&](sql::Session& session) {
    return session
        .SelectOne(kPublished, {partition.value},
                   [&](const sql::Row& row) {
                     revision = row.Int(0);
                     return absl::OkStatus();
                   })
        .status();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, read));
  return revision;
}

void PublishedGate::AwaitFeed(int64_t position, absl::Time deadline) {
  struct Woken {
    std::mutex mutex;
    std::condition_variable changed;
    bool yes = false;
  };
  auto woken = std::make_shared<Woken>();
  const uint64_t handle = hub_.WakeAfter(position, kLook, [woken] {
    const std::lock_guard lock(woken->mutex);
    woken->yes = true;
    woken->changed.notify_all();
  });
  {
    std::unique_lock lock(woken->mutex);
    const absl::Time until = std::min(deadline, SystemClock().Now() + kLook);
    woken->changed.wait_until(lock, absl::ToChronoTime(until), [&] { return woken->yes; });
  }
  hub_.Cancel(handle);
}

}  // namespace ronghe::common
