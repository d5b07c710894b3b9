#pragma once

#include <string>

#include "ronghe/rectification/v1/problem.pb.h"
#include "ronghe/rectification/v1/problem_service.pb.h"

#include "services/common/values/ids.h"
#include "services/common/values/record_names.h"
#include "services/common/values/status.h"
#include "services/rectification/app/problem_query.h"

namespace ronghe::rectification {

// One that was only tried has no name, times, etag and revision. Texts only where the view shows them.
v1::Problem ToProto(const ProblemView& view, const common::RecordNames& names);
v1::ProblemStep ToProto(const ProblemStep& step, const ProblemHistory& history, const common::RecordNames& names);
v1::CountProblemsResponse ToProto(const ProblemCountTables& tables);

// The fields that a caller may set; `due_date` read as `field`.
Problem FromProto(const v1::Problem& sent, std::string_view due_field, common::Violations& violations);
template <typename Messages>
std::vector<common::Document> EvidenceFrom(const Messages& messages) {
  std::vector<common::Document> evidence;
  for (const v1::Evidence& one : messages) {
    evidence.push_back({one.content_hash(), one.size_bytes(), one.media_type(), one.title()});
  }
  return evidence;
}

}  // namespace ronghe::rectification
