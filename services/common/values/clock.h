#pragma once

#include <cstdint>

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

namespace ronghe::common {

// Where the time comes from. Injected everywhere; a rule test forbids absl::Now outside SystemClock. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// Civil dates in the deployment's zone. A day begins at 00:00 there. Copyable; the clock must outlive it. Thread-safe.
class Calendar {
 public:
  Calendar(const Clock& clock, absl::TimeZone zone) : clock_(&clock), zone_(zone) {}

  const Clock& clock() const { return *clock_; }
  absl::TimeZone zone() const { return zone_; }
  absl::CivilDay Today() const { return absl::CivilDay(absl::ToCivilSecond(clock_->Now(), zone_)); }
  absl::Time StartOf(absl::CivilDay day) const { return absl::FromCivil(day, zone_); }

 private:
  const Clock* clock_;
  absl::TimeZone zone_;
};

// Days since 1970-01-01: how dates are stored.
inline int64_t DayNumber(absl::CivilDay day) {
  return day - absl::CivilDay(1970, 1, 1);
}
inline absl::CivilDay DayFromNumber(int64_t number) {
  return absl::CivilDay(1970, 1, 1) + number;
}

}  // namespace ronghe::common
