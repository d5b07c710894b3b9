#include "services/common/sql/internal.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string&, const Options&) {
  return Internal("PostgreSQL: not yet");
}

}  // namespace ronghe::common::sql
