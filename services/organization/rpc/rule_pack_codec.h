#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "ronghe/organization/v1/rule_pack.pb.h"

#include "services/organization/domain/rules.h"

namespace ronghe::organization {

// A rule pack as it was written, and as it is applied.
struct LoadedRules {
  v1::RulePack pack;
  RuleBook book;
};

// From the text format. INVALID_ARGUMENT with every fault (common::FaultsOf): `line 7:3` where the text cannot be read,
// else the path of the field.
absl::StatusOr<LoadedRules> ReadRulePack(std::string_view text);
// From a file; an empty name: the pack that ships with the service.
absl::StatusOr<LoadedRules> LoadRulePack(const std::string& file);

}  // namespace ronghe::organization
