#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "ronghe/organization/v1/division.pb.h"

#include "services/organization/domain/division_map.h"

namespace ronghe::organization {

// A division map as it was written, and as it is applied.
struct LoadedDivisions {
  v1::DivisionMap written;
  DivisionMap map;
};

// From the text format. INVALID_ARGUMENT with every fault (common::FaultsOf).
absl::StatusOr<LoadedDivisions> ReadDivisionMap(std::string_view text);
// From a file; an empty name: the map that ships with the service.
absl::StatusOr<LoadedDivisions> LoadDivisionMap(const std::string& file);

v1::DivisionChange ToProto(const DivisionChange& change);

}  // namespace ronghe::organization
