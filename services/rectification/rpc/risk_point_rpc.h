#pragma once

#include "ronghe/rectification/v1/risk_point_service.pb.h"

#include "services/common/serve/binding.h"
#include "services/common/values/record_names.h"
#include "services/rectification/app/risk_app.h"

namespace ronghe::rectification {

// RiskPointService: risk points and their reviews.
class RiskPointRpc final : public common::ServiceBinding {
 public:
  // `app` outlives it.
  RiskPointRpc(common::Wrapper& wrapper, RiskApp& app, common::RecordNames names);

 private:
  void BindWrites();
  void BindReviews();
  void BindReads();
  v1::RiskPoint Encode(const RiskView& view) const;
  static v1::RiskReview Encode(RiskPointId point, const RiskReview& review, bool show_texts, bool tried);

  RiskApp& app_;
  common::RecordNames names_;
};

}  // namespace ronghe::rectification
