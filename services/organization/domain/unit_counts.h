#pragma once

#include <cstdint>

#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// Members of a unit, by home unit.
struct MemberCounts {
  int64_t full = 0;
  int64_t probationary = 0;
  int64_t female = 0;  // of both
  int64_t floating_out = 0;
  int64_t transfers_in_flight = 0;  // by the unit that is responsible
  int64_t floating_in = 0;          // by the unit where they float, not by home unit
};

// Terms and vacancies of a unit.
struct PostCounts {
  int64_t terms_expiring = 0;
  int64_t terms_overdue = 0;
  int64_t posts_vacant = 0;  // seats
};

// Workplaces, by home unit.
struct WorkplaceCounts {
  int64_t active = 0;
  int64_t covered = 0;  // of them
};

// Duties of a unit: active ones, and monthly results.
struct DutyCounts {
  int64_t active = 0;
  int64_t results_due = 0;
  int64_t results_recorded = 0;  // of them
};

// What organization counts: every number adds up the tree. Statistical groups and dissolved units are not counted.
struct UnitCounts {
  int64_t units = 0;
  int64_t by_kind[9] = {};  // by UnitKind
  MemberCounts members;
  PostCounts posts;
  WorkplaceCounts workplaces;
  DutyCounts duties;

  void AddUnit(UnitKind kind) {
    ++units;
    ++by_kind[static_cast<int>(kind)];
  }
  int64_t of(UnitKind kind) const { return by_kind[static_cast<int>(kind)]; }
};

}  // namespace ronghe::organization
