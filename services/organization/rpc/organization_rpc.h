#pragma once

#include <functional>
#include <memory>

#include "ronghe/organization/v1/organization_service.pb.h"

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"
#include "services/common/summary/totals_binding.h"
#include "services/organization/app/alert_query.h"
#include "services/organization/app/integrity.h"
#include "services/organization/app/unit_app.h"
#include "services/organization/app/unit_query.h"
#include "services/organization/rpc/division_codec.h"
#include "services/organization/rpc/rule_pack_codec.h"

namespace ronghe::organization {

// OrganizationService on gRPC: decode, call, map, encode.
class OrganizationRpc final : public common::TotalsBinding {
 public:
  // All outlive it. `import_units` begins an upload.
  struct Parts {
    UnitApp& units;
    UnitQuery& query;
    common::Totals& totals;
    RevisionGate& gate;
    common::WatchService& watch;
    const LoadedRules& rules;
    AlertQuery& alerts;
    IntegrityStore& integrity;
    const LoadedDivisions& divisions;
    const Tree& tree;
    common::Calendar calendar;
    std::function<absl::StatusOr<std::unique_ptr<common::Upload>>(const common::Call&)> import_units;
  };
  OrganizationRpc(common::Wrapper& wrapper, Parts parts);

 private:
  absl::StatusOr<v1::Unit> CreateUnit(const common::Call& call, const v1::CreateUnitRequest& request);
  absl::StatusOr<v1::Unit> GetUnit(const common::Call& call, const v1::GetUnitRequest& request);
  absl::StatusOr<v1::BatchGetUnitsResponse> BatchGetUnits(const common::Call& call,
                                                          const v1::BatchGetUnitsRequest& request);
  absl::StatusOr<v1::ListUnitsResponse> ListUnits(const common::Call& call, const v1::ListUnitsRequest& request);
  absl::StatusOr<v1::ListUnitHistoryResponse> ListUnitHistory(const common::Call& call,
                                                              const v1::ListUnitHistoryRequest& request);
  absl::StatusOr<v1::Unit> UpdateUnit(const common::Call& call, const v1::UpdateUnitRequest& request);
  absl::StatusOr<v1::Unit> MoveUnit(const common::Call& call, const v1::MoveUnitRequest& request);
  absl::StatusOr<v1::Unit> DissolveUnit(const common::Call& call, const v1::DissolveUnitRequest& request);
  absl::StatusOr<v1::ListAlertsResponse> ListAlerts(const common::Call& call, const v1::ListAlertsRequest& request);
  absl::StatusOr<v1::CheckIntegrityResponse> CheckIntegrity(const common::Call& call,
                                                            const v1::CheckIntegrityRequest& request);
  absl::StatusOr<v1::ResolveDivisionCodeResponse> ResolveDivisionCode(const v1::ResolveDivisionCodeRequest& request);
  absl::StatusOr<v1::RulePack> GetRulePack(const common::Call& call, const v1::GetRulePackRequest& request);
  absl::StatusOr<std::unique_ptr<common::MessageSource>> ExportUnits(const common::Call& call,
                                                                     const v1::ExportUnitsRequest& request);
  absl::StatusOr<v1::Unit> Encode(const absl::StatusOr<Unit>& unit);

  common::Wrapper& wrapper_;
  Parts parts_;
};

}  // namespace ronghe::organization
