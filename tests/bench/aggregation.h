#pragma once

#include <cstdint>

#include "tests/bench/report.h"

// The figures of aggregation, by what they run on.
namespace ronghe::bench {

// On PostgreSQL, in this process: folding, writing, reading.
void FoldFigures(Report& report);
void WriteFigures(Report& report);
void ScaleFigures(Report& report);

// On the processes as they ship, over SQLite.
void OverviewFigures(Report& report);
void FreshnessFigures(Report& report);
// With `units` units.
void MemoryFigures(Report& report, int64_t units);

}  // namespace ronghe::bench
