#include "services/organization/storage/member_index_filler.h"

#include <chrono>
#include <utility>
#include <vector>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/storage/member_search_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

// Small, because on SQLite nobody else writes meanwhile.
constexpr int kBatch = 200;
constexpr absl::Duration kStatementDeadline = absl::Seconds(10);
constexpr std::chrono::minutes kAgain(10);
constexpr std::chrono::seconds kAfterError(5);

// Deadlines of the database are real time.
absl::Time Deadline() {
  return common::SystemClock().Now() + kStatementDeadline;
}

}  // namespace

MemberIndexFiller::MemberIndexFiller(sql::Database& database, const PersonVault& vault,
                                     std::function<void(const absl::Status&)> on_error)
    : database_(database), vault_(vault), on_error_(std::move(on_error)) {}

MemberIndexFiller::~MemberIndexFiller() {
  Stop();
}

bool MemberIndexFiller::stopping() {
  common::MutexLock lock(mutex_);
  return stopping_;
}

absl::Status MemberIndexFiller::FillAll() {
  std::vector<common::PartitionId> partitions;
  RONGHE_RETURN_IF_ERROR(database_.Read(Deadline(), [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(partitions, WrittenPartitions(session));
    return absl::OkStatus();
  }));
  for (common::PartitionId partition : partitions) {
    bool lacking = false;
    RONGHE_RETURN_IF_ERROR(database_.Read(Deadline(), [&](sql::Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(lacking, LacksNameIndexes(session, partition));
      return absl::OkStatus();
    }));
    for (int filled = kBatch; lacking && filled == kBatch;) {
      if (stopping()) return absl::OkStatus();
      RONGHE_RETURN_IF_ERROR(database_.Write(Deadline(), [&](sql::Session& session) -> absl::Status {
        RONGHE_ASSIGN_OR_RETURN(filled, FillNameIndexes(session, vault_, partition, kBatch));
        return absl::OkStatus();
      }));
    }
  }
  complete_ = true;
  return absl::OkStatus();
}

void MemberIndexFiller::Start() {
  common::MutexLock lock(mutex_);
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this] { Run(); });
}

void MemberIndexFiller::Stop() {
  std::thread thread;
  {
    common::MutexLock lock(mutex_);
    stopping_ = true;
    thread = std::move(thread_);
  }
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

void MemberIndexFiller::Run() {
  std::unique_lock lock(mutex_.native());
  while (!stopping_) {
    lock.unlock();
    const absl::Status status = FillAll();
    // Another process that fills the same rows is no fault.
    if (!status.ok() && !absl::IsAborted(status)) on_error_(status);
    lock.lock();
    if (!stopping_) changed_.wait_for(lock, status.ok() ? std::chrono::seconds(kAgain) : kAfterError);
  }
}

}  // namespace ronghe::organization
