#pragma once

#include "services/common/changelog/changelog.h"
#include "services/common/serve/binding.h"
#include "services/common/sql/database.h"

namespace ronghe::common {

// SummaryFeedService: which totals change, for the processes of the suite that keep copies of them.
class SummaryFeedRpc final : public ServiceBinding {
 public:
  // All outlive it.
  struct Parts {
    sql::Database& database;
    ChangeLog& log;
    Feed& feed;
    FeedHub& hub;
  };
  SummaryFeedRpc(Wrapper& wrapper, const Parts& parts);
};

}  // namespace ronghe::common
