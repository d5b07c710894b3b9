#include "services/organization/rpc/division_codec.h"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/common/values/text_file.h"
#include "services/organization/rpc/rules/default_divisions.txtpb.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxMapTitle = 120 * 4;

DivisionChange FromProto(const v1::DivisionChange& change, const std::string& path, common::Violations& violations) {
  DivisionChange out;
  out.old_code = change.old_code();
  out.title = change.title();
  out.new_codes = {change.new_codes().begin(), change.new_codes().end()};
  out.source = change.source();
  const std::string field = path + ".effective_date";
  const size_t faults = violations.list().size();
  const std::optional<absl::CivilDay> day = ReadDate(change.effective_date(), field, violations);
  if (day) {
    out.effective = *day;
  } else if (violations.list().size() == faults) {
    violations.Add(field, "REQUIRED", {"is required", "必填"});
  }
  return out;
}

}  // namespace

absl::StatusOr<LoadedDivisions> ReadDivisionMap(std::string_view text) {
  v1::DivisionMap written;
  RONGHE_RETURN_IF_ERROR(common::ParseText(text, written));
  common::Violations violations;
  if (written.title().size() > kMaxMapTitle) {
    violations.Add("title", "TOO_LONG", {"has more than 120 characters", "超过 120 个字符"});
  }
  std::vector<DivisionChange> changes;
  for (int i = 0; i < written.changes_size(); ++i) {
    changes.push_back(FromProto(written.changes(i), fmt::format("changes[{}]", i), violations));
  }
  absl::StatusOr<DivisionMap> map = DivisionMap::Create(written.version(), std::move(changes));
  violations.AddAll(map.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return LoadedDivisions{std::move(written), *std::move(map)};
}

absl::StatusOr<LoadedDivisions> LoadDivisionMap(const std::string& file) {
  RONGHE_ASSIGN_OR_RETURN(const std::string text, common::ReadRulesFile(file, DefaultDivisionMap(), "division-map"));
  return ReadDivisionMap(text);
}

v1::DivisionChange ToProto(const DivisionChange& change) {
  v1::DivisionChange out;
  out.set_old_code(change.old_code);
  out.set_title(change.title);
  for (const std::string& code : change.new_codes) out.add_new_codes(code);
  WriteDate(change.effective, *out.mutable_effective_date());
  out.set_source(change.source);
  return out;
}

}  // namespace ronghe::organization
