#pragma once

#include <cstdint>

#include "tests/bench/report.h"

namespace ronghe::bench {

// Importing members, and finding one among `members`.
void MemberFigures(Report& report, int64_t members);
// A merger of townships with all that lives in them.
void StructureFigures(Report& report);

}  // namespace ronghe::bench
