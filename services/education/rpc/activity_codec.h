#pragma once

#include <string>

#include "ronghe/education/v1/activity.pb.h"

#include "services/common/values/record_names.h"
#include "services/education/app/activity_app.h"

namespace ronghe::education {

v1::Activity ToProto(const ActivityView& view, const common::RecordNames& names);
v1::AttendanceRecord ToProto(const Attendance& row, const common::RecordNames& names);
v1::ActivityStep ToProto(const ActivityStep& step, const common::RecordNames& names);
common::Document FromProto(const v1::Document& document);
// What has a wrong form becomes a violation.
ActivityFields FromProto(const v1::Activity& activity, common::Violations& violations);
std::vector<AttendanceEntry> FromProto(const google::protobuf::RepeatedPtrField<v1::AttendanceRecord>& records,
                                       common::Violations& violations);

}  // namespace ronghe::education
