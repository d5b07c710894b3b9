#pragma once

#include <cstdint>
#include <string>

#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

// What a member learned. Numbers of the enums are those of ronghe.education.v1.
namespace ronghe::education {

using LearningRecordId = common::Id<struct LearningRecordIdTag>;

enum class LearningSource { kUnspecified = 0, kActivity = 1, kOnlinePlatform = 2, kPartySchool = 3, kUnitTraining = 4 };
enum class LearningState { kUnspecified = 0, kLive = 1, kVoided = 2 };

// The platform of records that activities gave; nobody else reports under it.
inline constexpr char kActivityPlatform[] = "ronghe";

struct LearningRecord {
  int64_t member = 0;
  common::UnitUid unit = {};  // of the day; it counts the record
  LearningSource source = LearningSource::kUnspecified;
  std::string platform;
  std::string external_id;
  std::string course;  // empty: none that anybody else could report
  absl::CivilDay day;
  int credit_deci_hours = 0;
};

// Whether two reports of one external id say the same. The unit follows from the rest.
inline bool SameContent(const LearningRecord& a, const LearningRecord& b) {
  return a.member == b.member && a.source == b.source && a.course == b.course && a.day == b.day &&
         a.credit_deci_hours == b.credit_deci_hours;
}

}  // namespace ronghe::education
