#pragma once

#include <cstdint>

#include "tests/bench/report.h"

namespace ronghe::bench {

// Importing members, and finding one among `members`.
void MemberFigures(Report& report, int64_t members);

}  // namespace ronghe::bench
