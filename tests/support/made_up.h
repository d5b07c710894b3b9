#pragma once

#include <cstdint>
#include <string>

#include "ronghe/organization/v1/member.pb.h"
#include "ronghe/organization/v1/metrics.pb.h"
#include "ronghe/organization/v1/unit.pb.h"

// Made-up people and units as messages.
namespace ronghe::tests {

// tests::Person as a message; of `unit`, as units/{code}.
organization::v1::Member MadeUpMember(int64_t number, const std::string& unit);
// What such a member adds to its unit.
organization::v1::OrganizationMetrics CountsOf(const organization::v1::Member& member);

// A committee, or from branches down a branch; `parent`: a code, empty for a root.
void FillUnit(const std::string& code, const std::string& parent, organization::v1::Level level,
              organization::v1::Unit& unit);

}  // namespace ronghe::tests
