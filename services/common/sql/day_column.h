#pragma once

#include <optional>

#include <absl/time/civil_time.h>

#include "services/common/sql/database.h"
#include "services/common/values/period.h"

// Days in columns of numbers; none is NULL.
namespace ronghe::common::sql {

inline std::optional<absl::CivilDay> DayAt(const Row& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return DayFromNumber(row.Int(column));
}

inline Value DayOrNull(const std::optional<absl::CivilDay>& day) {
  return day ? Value(DayNumber(*day)) : Value(Null{});
}

}  // namespace ronghe::common::sql
