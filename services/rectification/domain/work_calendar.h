#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

namespace ronghe::rectification {

// Which days are worked: Monday to Friday, less the holidays, and the weekend days that make up for them (调休). Years
// that it does not have are weeks without exceptions. Immutable; thread-safe.
class WorkCalendar {
 public:
  struct Year {
    int year = 0;
    std::string source;
    std::vector<absl::CivilDay> holidays;
    std::vector<absl::CivilDay> workdays;  // Saturdays and Sundays
  };
  // INVALID_ARGUMENT with every fault: a year twice, a day of another year, a day twice, a workday that is no weekend.
  static absl::StatusOr<WorkCalendar> Create(std::string version, std::vector<Year> years);

  const std::string& version() const { return version_; }
  bool IsWorkday(absl::CivilDay day) const;
  // The n-th workday after `day`, n from 1.
  absl::CivilDay After(absl::CivilDay day, int n) const;
  // Workdays from `first` to `last`, both included; 0 where last < first.
  int Count(absl::CivilDay first, absl::CivilDay last) const;

 private:
  WorkCalendar() = default;

  std::string version_;
  std::set<absl::CivilDay> holidays_;
  std::set<absl::CivilDay> workdays_;
};

}  // namespace ronghe::rectification
