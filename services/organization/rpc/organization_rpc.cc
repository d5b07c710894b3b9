#include "services/organization/rpc/organization_rpc.h"

#include "services/common/values/timestamp.h"
#include "services/organization/rpc/alert_codec.h"
#include "services/organization/rpc/integrity_codec.h"
#include "services/organization/rpc/unit_codec.h"
#include "services/organization/rpc/wire.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

template <typename List>
std::vector<std::string> Strings(const List& list) {
  return {list.begin(), list.end()};
}

}  // namespace

OrganizationRpc::OrganizationRpc(common::Wrapper& wrapper, Parts parts)
    : TotalsBinding(wrapper, v1::CreateUnitRequest::descriptor()->file()->FindServiceByName("OrganizationService")),
      wrapper_(wrapper),
      parts_(std::move(parts)) {
  Unary<v1::CreateUnitRequest, v1::Unit>("CreateUnit",
                                         [this](const Call& c, const auto& r) { return CreateUnit(c, r); });
  Unary<v1::GetUnitRequest, v1::Unit>("GetUnit", [this](const Call& c, const auto& r) { return GetUnit(c, r); });
  Unary<v1::BatchGetUnitsRequest, v1::BatchGetUnitsResponse>(
      "BatchGetUnits", [this](const Call& c, const auto& r) { return BatchGetUnits(c, r); });
  Unary<v1::ListUnitsRequest, v1::ListUnitsResponse>("ListUnits",
                                                     [this](const Call& c, const auto& r) { return ListUnits(c, r); });
  Unary<v1::ListUnitHistoryRequest, v1::ListUnitHistoryResponse>(
      "ListUnitHistory", [this](const Call& c, const auto& r) { return ListUnitHistory(c, r); });
  Unary<v1::UpdateUnitRequest, v1::Unit>("UpdateUnit",
                                         [this](const Call& c, const auto& r) { return UpdateUnit(c, r); });
  Unary<v1::MoveUnitRequest, v1::Unit>("MoveUnit", [this](const Call& c, const auto& r) { return MoveUnit(c, r); });
  Unary<v1::DissolveUnitRequest, v1::Unit>("DissolveUnit",
                                           [this](const Call& c, const auto& r) { return DissolveUnit(c, r); });
  BindTotals<v1::BatchGetSummariesResponse>(parts_.totals);
  Unary<v1::GetRulePackRequest, v1::RulePack>("GetRulePack",
                                              [this](const Call& c, const auto& r) { return GetRulePack(c, r); });
  Unary<v1::ResolveDivisionCodeRequest, v1::ResolveDivisionCodeResponse>(
      "ResolveDivisionCode", [this](const Call&, const auto& r) { return ResolveDivisionCode(r); });
  Unary<v1::GetDivisionMapRequest, v1::DivisionMap>(
      "GetDivisionMap",
      [this](const Call&, const auto&) -> absl::StatusOr<v1::DivisionMap> { return parts_.divisions.written; });
  Unary<v1::ListAlertsRequest, v1::ListAlertsResponse>(
      "ListAlerts", [this](const Call& c, const auto& r) { return ListAlerts(c, r); });
  Unary<v1::CheckIntegrityRequest, v1::CheckIntegrityResponse>(
      "CheckIntegrity", [this](const Call& c, const auto& r) { return CheckIntegrity(c, r); });
  BidiStream<v1::ImportUnitsRequest, common::v1::ImportProgress>("ImportUnits", parts_.import_units);
  ServerStream<v1::ExportUnitsRequest, v1::ExportUnitsResponse>(
      "ExportUnits", [this](const Call& c, const auto& r) { return ExportUnits(c, r); });
  ServerStream<common::v1::WatchRequest, common::v1::WatchResponse>(
      "Watch", [this](const Call& c, const auto& r) { return parts_.watch.Open(c, r); });
}

absl::StatusOr<v1::Unit> OrganizationRpc::Encode(const absl::StatusOr<Unit>& unit) {
  if (!unit.ok()) return unit.status();
  return ToProto(*unit, parts_.gate);
}

absl::StatusOr<v1::Unit> OrganizationRpc::CreateUnit(const Call& call, const v1::CreateUnitRequest& request) {
  common::Violations violations;
  UnitFields fields = FieldsFromProto(request.unit(), "unit.", violations);
  WriteOptions options = EffectiveOptionsOf(call, request, std::move(violations));
  return Encode(parts_.units.Create(call, std::move(fields), request.unit().parent(), options));
}

absl::StatusOr<v1::Unit> OrganizationRpc::GetUnit(const Call& call, const v1::GetUnitRequest& request) {
  common::Violations violations;
  std::optional<absl::CivilDay> as_of = ReadDate(request.as_of(), "as_of", violations);
  std::optional<absl::Time> known_at;
  if (request.has_as_known_at()) known_at = ReadTime(request.as_known_at(), "as_known_at", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return Encode(parts_.query.Get(call, request.name(), as_of, known_at));
}

absl::StatusOr<v1::BatchGetUnitsResponse> OrganizationRpc::BatchGetUnits(const Call& call,
                                                                         const v1::BatchGetUnitsRequest& request) {
  common::Violations violations;
  std::optional<absl::CivilDay> as_of = ReadDate(request.as_of(), "as_of", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> units, parts_.query.BatchGet(call, Strings(request.names()), as_of));
  v1::BatchGetUnitsResponse response;
  for (const Unit& unit : units) *response.add_units() = ToProto(unit, parts_.gate);
  return response;
}

absl::StatusOr<v1::ListUnitsResponse> OrganizationRpc::ListUnits(const Call& call,
                                                                 const v1::ListUnitsRequest& request) {
  common::Violations violations;
  ListUnitsQuery query{request.parent(),
                       request.subtree(),
                       request.page_size(),
                       request.page_token(),
                       request.filter(),
                       request.order_by(),
                       ReadDate(request.as_of(), "as_of", violations)};
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(UnitPage page, parts_.query.List(call, query));
  v1::ListUnitsResponse response;
  for (const Unit& unit : page.units) *response.add_units() = ToProto(unit, parts_.gate);
  response.set_next_page_token(std::move(page.next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page.position));
  return response;
}

absl::StatusOr<v1::ListUnitHistoryResponse> OrganizationRpc::ListUnitHistory(
    const Call& call, const v1::ListUnitHistoryRequest& request) {
  common::Violations violations;
  std::optional<absl::Time> known_at;
  if (request.has_as_known_at()) known_at = ReadTime(request.as_known_at(), "as_known_at", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(std::vector<UnitHistoryEntry> entries, parts_.query.History(call, request.name(), known_at));
  v1::ListUnitHistoryResponse response;
  for (const UnitHistoryEntry& entry : entries) {
    v1::Unit& version = *response.add_versions();
    version = ToProto(entry.unit, parts_.gate);
    if (entry.end) WriteDate(*entry.end, *version.mutable_end_date());
  }
  return response;
}

absl::StatusOr<v1::Unit> OrganizationRpc::UpdateUnit(const Call& call, const v1::UpdateUnitRequest& request) {
  common::Violations violations;
  UnitChanges changes;
  changes.fields = FieldsFromProto(request.unit(), "unit.", violations);
  changes.mask = Strings(request.update_mask().paths());
  changes.parent = request.unit().parent();
  WriteOptions options = EffectiveOptionsOf(call, request, std::move(violations));
  options.etag = request.unit().etag();
  return Encode(parts_.units.Update(call, request.unit().name(), changes, options));
}

absl::StatusOr<v1::Unit> OrganizationRpc::MoveUnit(const Call& call, const v1::MoveUnitRequest& request) {
  WriteOptions options = EffectiveOptionsOf(call, request, {});
  options.etag = request.etag();
  return Encode(parts_.units.Move(call, request.name(), request.parent(), options));
}

absl::StatusOr<v1::Unit> OrganizationRpc::DissolveUnit(const Call& call, const v1::DissolveUnitRequest& request) {
  WriteOptions options = EffectiveOptionsOf(call, request, {});
  options.etag = request.etag();
  return Encode(parts_.units.Dissolve(call, request.name(), options, request.closing()));
}

absl::StatusOr<v1::ListAlertsResponse> OrganizationRpc::ListAlerts(const Call& call,
                                                                   const v1::ListAlertsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(AlertPage page, parts_.alerts.List(call, {request.unit(), request.page_size(),
                                                                    request.page_token(), request.filter()}));
  const RuleBook& book = parts_.rules.book;
  const Rules& rules = book.On(parts_.calendar.Today());
  v1::ListAlertsResponse response;
  for (const StoredAlert& alert : page.alerts) {
    *response.add_alerts() = ToProto(alert, parts_.tree, rules, book.version());
  }
  response.set_next_page_token(std::move(page.next_page_token));
  return response;
}

absl::StatusOr<v1::CheckIntegrityResponse> OrganizationRpc::CheckIntegrity(const Call& call,
                                                                           const v1::CheckIntegrityRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const int listed, ListedFindings(request));
  const absl::Time start = parts_.calendar.clock().Now();
  const Rules& rules = parts_.rules.book.On(parts_.calendar.Today());
  RONGHE_ASSIGN_OR_RETURN(const IntegrityReport report,
                          parts_.integrity.Check(rules, parts_.calendar.Today(), listed, call.deadline));
  v1::CheckIntegrityResponse response = ToProto(report);
  common::WriteTimestamp(start, *response.mutable_start_time());
  common::WriteTimestamp(parts_.calendar.clock().Now(), *response.mutable_end_time());
  return response;
}

absl::StatusOr<v1::ResolveDivisionCodeResponse> OrganizationRpc::ResolveDivisionCode(
    const v1::ResolveDivisionCodeRequest& request) {
  common::Violations violations;
  if (!IsDivisionCode(request.code())) {
    violations.Add("code", request.code().empty() ? "REQUIRED" : "BAD_DIVISION_CODE",
                   {"must have 2, 4, 6 or 9 digits", "应为 2、4、6 或 9 位数字"});
  }
  const std::optional<absl::CivilDay> coded = ReadDate(request.coded_date(), "coded_date", violations);
  const std::optional<absl::CivilDay> as_of = ReadDate(request.as_of(), "as_of", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const DivisionMap& map = parts_.divisions.map;
  const DivisionMap::Trace trace = map.Resolve(request.code(), coded, as_of.value_or(parts_.calendar.Today()));
  v1::ResolveDivisionCodeResponse response;
  for (const std::string& code : trace.codes) response.add_codes(code);
  response.set_exact(trace.exact);
  for (const DivisionChange* change : trace.changes) *response.add_changes() = ToProto(*change);
  response.set_version(map.version());
  return response;
}

absl::StatusOr<v1::RulePack> OrganizationRpc::GetRulePack(const Call&, const v1::GetRulePackRequest& request) {
  common::Violations violations;
  const std::optional<absl::CivilDay> as_of = ReadDate(request.as_of(), "as_of", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const v1::RulePack& pack = parts_.rules.pack;
  if (!as_of) return pack;
  v1::RulePack one;
  one.set_name(pack.name());
  one.set_version(pack.version());
  one.set_title(pack.title());
  *one.add_sets() = pack.sets(static_cast<int>(parts_.rules.book.IndexOn(*as_of)));
  return one;
}

absl::StatusOr<std::unique_ptr<common::MessageSource>> OrganizationRpc::ExportUnits(
    const Call& call, const v1::ExportUnitsRequest& request) {
  common::Violations violations;
  std::optional<absl::CivilDay> as_of = ReadDate(request.as_of(), "as_of", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(UnitQuery::Export next, parts_.query.StartExport(call, request.parent(), as_of));
  return common::PagedSource(
      wrapper_, [this, next = std::move(next)]() mutable -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
        RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> units, next());
        if (units.empty()) return std::unique_ptr<google::protobuf::Message>();
        auto message = std::make_unique<v1::ExportUnitsResponse>();
        for (const Unit& unit : units) *message->add_units() = ToProto(unit, parts_.gate);
        return message;
      });
}

}  // namespace ronghe::organization
