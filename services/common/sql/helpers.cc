#include <algorithm>

#include <fmt/format.h>

#include "services/common/sql/internal.h"
#include "services/common/values/status.h"
#include "services/common/values/utf8.h"

namespace ronghe::common::sql {
namespace {

constexpr int kMaxPadded = 512;

std::string Named(std::string_view name, std::string_view logged) {
  return fmt::format("{}: {}", name, logged);
}

}  // namespace

absl::StatusOr<bool> Session::SelectOne(const Query& query, std::span<const Value> args,
                                        absl::FunctionRef<absl::Status(const Row&)> read) {
  int rows = 0;
  RONGHE_RETURN_IF_ERROR(Select(query, args, [&](const Row& row) -> absl::Status {
    if (++rows > 1) return Internal(Named(query.name, "more than one row"));
    return read(row);
  }));
  return rows == 1;
}

std::string Placeholders(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
  return text;
}

int PaddedCount(int count) {
  int padded = 1;
  while (padded < count && padded < kMaxPadded) padded *= 2;
  return padded;
}

absl::Status UniqueViolated(std::string_view name, std::string_view logged) {
  return WithLog(AlreadyExists("UNIQUE", "", {"something with the same key exists already", "已存在相同标识的记录"}),
                 Named(name, logged));
}

absl::Status Conflict(std::string_view name, std::string_view logged) {
  return WithLog(Aborted("CONFLICT", {"another change came in between; try again", "与其他更改冲突，请重试"}),
                 Named(name, logged));
}

absl::Status DatabaseUnavailable(std::string_view logged) {
  return WithLog(Unavailable("DATABASE_UNAVAILABLE", {"the database cannot be reached", "数据库暂时无法访问"}), logged);
}

absl::Status DatabaseFull(std::string_view logged) {
  return WithLog(
      ResourceExhausted("DATABASE_FULL", {"the database is out of space or connections", "数据库空间或连接已用尽"},
                        absl::Seconds(5)),
      logged);
}

absl::Status StatementFailed(std::string_view name, std::string_view logged) {
  return Internal(Named(name, logged));
}

absl::Status CheckArgs(std::string_view name, std::span<const Value> args) {
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string* text = std::get_if<std::string>(&args[i]);
    if (text != nullptr && !IsCleanUtf8(*text)) {
      return Internal(fmt::format("{}: parameter {} is not UTF-8 text without NUL", name, i + 1));
    }
  }
  return absl::OkStatus();
}

bool DefinesSchema(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n\t"), text.size()));
  return text.starts_with("CREATE ") || text.starts_with("ALTER ") || text.starts_with("DROP ");
}

}  // namespace ronghe::common::sql
