#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/sql/database.h"
#include "services/organization/domain/unit.h"

namespace ronghe::organization {

// No end: of a day, of a time.
inline constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

// The columns of a unit, in the order in which UnitOf reads them. Current: `u`, `p`. Versions: `v`, `u`, `p`; until_day
// follows.
std::string_view CurrentUnitColumns();
std::string_view VersionColumns();
// FROM and the joins that the columns need; WHERE u.partition_id = 0 (v.partition_id = 0) is to follow.
std::string_view CurrentUnitTables();
std::string_view VersionTables();

Unit UnitOf(const common::sql::Row& row);
int64_t UntilOf(const common::sql::Row& row);

// Values for `unit` and `unit_version`, in the order of their column lists.
std::span<const std::string_view> UnitTableColumns();
std::span<const std::string_view> VersionTableColumns();
std::vector<common::sql::Value> UnitTableRow(const Unit& unit);
std::vector<common::sql::Value> VersionTableRow(const Unit& unit);

// Arguments of an IN list, padded by repeating the last.
void AppendPadded(std::vector<common::sql::Value>& args, std::span<const common::UnitUid> uids);
void AppendPadded(std::vector<common::sql::Value>& args, std::span<const std::string> texts);
// The statement with `{}` replaced by as many placeholders as AppendPadded appends for `count` values.
std::string WithPlaceholders(std::string_view text, size_t count);
inline constexpr size_t kMaxInList = 512;

}  // namespace ronghe::organization
