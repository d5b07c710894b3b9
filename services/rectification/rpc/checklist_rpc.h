#pragma once

#include "ronghe/rectification/v1/checklist_service.pb.h"

#include "services/common/serve/binding.h"
#include "services/rectification/app/check_app.h"
#include "services/rectification/rpc/problem_codec.h"

namespace ronghe::rectification {

// ChecklistService: checklists, rounds, self-checks.
class ChecklistRpc final : public common::ServiceBinding {
 public:
  // `app` outlives it.
  ChecklistRpc(common::Wrapper& wrapper, CheckApp& app, common::RecordNames names);

 private:
  void BindChecklists();
  void BindRounds();
  void BindChecks();
  v1::Checklist Encode(const StoredChecklist& stored) const;
  v1::CheckRound Encode(const RoundView& view) const;
  v1::SelfCheck Encode(const CheckView& view, bool whole) const;

  CheckApp& app_;
  common::RecordNames names_;
};

}  // namespace ronghe::rectification
