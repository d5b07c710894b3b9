#include "services/rectification/storage/problem_timers.h"

#include <vector>

#include "services/common/values/status.h"
#include "services/rectification/storage/sql_problem_store.h"

namespace ronghe::rectification {

common::TimerLoop::BatchHandler ProblemTimers(ProblemApp& app, const ProblemTexts& texts, absl::TimeZone zone) {
  return [&app, &texts, zone](common::WriteTxn& txn, std::span<const common::DueTimer> timers) -> absl::Status {
    SqlProblemTxn problems(txn, texts, zone);
    std::vector<ProblemId> ids;
    for (const common::DueTimer& timer : timers) ids.emplace_back(timer.record);
    RONGHE_RETURN_IF_ERROR(problems.FindAhead(ids));
    for (const common::DueTimer& timer : timers) {
      RONGHE_RETURN_IF_ERROR(app.Due(problems, ProblemId(timer.record), timer.due));
    }
    return absl::OkStatus();
  };
}

}  // namespace ronghe::rectification
