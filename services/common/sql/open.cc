#include "services/common/sql/internal.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {

absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(std::string_view url, const Options& options) {
  constexpr std::string_view kSqlite = "sqlite:";
  constexpr std::string_view kMemory = "sqlite::memory:";
  if (options.readers < 1) {
    return InvalidArgument("database_readers", "TOO_SMALL", {"must be at least 1", "至少为 1"});
  }
  if (url == kMemory) return OpenSqliteInMemory(options);
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
    return OpenSqlite(std::string(url.substr(kSqlite.size())), options);
  }
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return OpenPostgres(std::string(url), options);
  }
  return InvalidArgument("database", "BAD_URL",
                         {"must be sqlite:PATH, sqlite::memory: or postgresql://…",
                          "格式应为 sqlite:路径、sqlite::memory: 或 postgresql://…"});
}

}  // namespace ronghe::common::sql
