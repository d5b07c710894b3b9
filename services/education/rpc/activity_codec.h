#pragma once

#include <functional>
#include <string>

#include "ronghe/education/v1/activity.pb.h"

#include "services/education/app/activity_app.h"

namespace ronghe::education {

// What activities need to name their units and revisions.
struct ActivityNames {
  std::function<std::string(common::UnitUid)> code_of;
  std::function<std::string(common::PartitionId, int64_t revision)> token;  // of a write
};

v1::Activity ToProto(const ActivityView& view, const ActivityNames& names);
v1::AttendanceRecord ToProto(const Attendance& row, const ActivityNames& names);
v1::ActivityStep ToProto(const ActivityStep& step, const ActivityNames& names);
Document FromProto(const v1::Document& document);
// What has a wrong form becomes a violation.
ActivityFields FromProto(const v1::Activity& activity, common::Violations& violations);
std::vector<AttendanceEntry> FromProto(const google::protobuf::RepeatedPtrField<v1::AttendanceRecord>& records,
                                       common::Violations& violations);

}  // namespace ronghe::education
