#include "services/common/values/clock.h"

#include <absl/time/clock.h>

namespace ronghe::common {
namespace {

constexpr int kClosingDay = 5;

}  // namespace

absl::Time SystemClock::Now() const {
  return absl::Now();
}

absl::CivilDay Calendar::OldestOpenDay() const {
  absl::CivilDay today = Today();
  absl::CivilMonth month(today);
  if (today.day() <= kClosingDay) --month;
  return absl::CivilDay(month);
}

}  // namespace ronghe::common
