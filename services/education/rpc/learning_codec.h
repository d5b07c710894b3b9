#pragma once

#include <string>
#include <string_view>

#include "ronghe/education/v1/learning.pb.h"

#include "services/common/values/record_names.h"
#include "services/education/app/learning_app.h"
#include "services/education/app/learning_import_target.h"

namespace ronghe::education {

// `tried`: it was only validated, and has no name.
v1::LearningRecord ToProto(const LearningView& view, const common::RecordNames& names, bool tried = false);
// What has a wrong form becomes a violation; `prefix` as `learning_record.`.
LearningFields FromProto(const v1::LearningRecord& record, std::string_view prefix, common::Violations& violations);

// Rows of imports: serialized records.
class ProtoLearningRows final : public LearningRowCodec {
 public:
  void Decode(std::string_view payload, LearningFields& fields, common::Violations& violations) const override;
  int64_t MemberOf(std::string_view payload) const override;
};

}  // namespace ronghe::education
