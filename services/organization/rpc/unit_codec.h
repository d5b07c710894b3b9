#pragma once

#include <optional>
#include <string_view>

#include "ronghe/organization/v1/metrics.pb.h"
#include "ronghe/organization/v1/unit.pb.h"

#include "services/organization/app/revision_gate.h"
#include "services/organization/domain/unit.h"
#include "services/organization/domain/unit_counts.h"

namespace ronghe::organization {

// What a caller says about a unit. Output-only fields are ignored; a wrong form is a violation of `prefix` + field.
UnitFields FieldsFromProto(const v1::Unit& unit, std::string_view prefix, common::Violations& violations);

// A unit as callers see it; `gate` makes its token. Without a revision (what was only tried) it has none, and no etag.
v1::Unit ToProto(const Unit& unit, RevisionGate& gate);

v1::OrganizationMetrics ToProto(const UnitCounts& counts);

}  // namespace ronghe::organization
