#pragma once

// What the parts of WorkplaceApp share; for its own files only.

#include <string>

#include "services/organization/app/workplace_app.h"

namespace ronghe::organization {

template <>
struct Collection<WorkplaceId> {
  static constexpr std::string_view kName = "workplaces";
};
template <>
struct Collection<CoverId> {
  static constexpr std::string_view kName = "covers";
};

inline common::Blocker OtherCountyBlocker(const std::string& name) {
  return {"OTHER_COUNTY", name, {"lies in another county", "不在同一个县"}};
}

}  // namespace ronghe::organization
