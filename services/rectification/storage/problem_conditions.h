#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/sql/database.h"
#include "services/rectification/app/problem_store.h"

// What lists want, in SQL.
namespace ronghe::rectification {

// `unit_uid IN (…)`; the units (at least one) are appended to the arguments.
std::string UnitCondition(std::span<const common::UnitUid> units, std::vector<common::sql::Value>& args);
// ` AND …` for everything that the filter asks for.
void AddConditions(const ProblemFilter& filter, std::string& text, std::vector<common::sql::Value>& args);
// The expression by which an order goes, before the id; PositionOf gives its value.
std::string_view OrderKey(ProblemOrder order);

}  // namespace ronghe::rectification
