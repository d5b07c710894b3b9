#include "services/organization/rpc/structure_rpc.h"

#include "services/organization/app/owner_registry.h"
#include "services/organization/rpc/reorganization_codec.h"
#include "services/organization/rpc/wire.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

absl::StatusOr<int64_t> IdOf(const std::string& name) {
  const int64_t id = IdFromName(name, "reorganizations");
  if (id != 0) return id;
  return common::InvalidArgument("name", "BAD_NAME", {"must be reorganizations/{id}", "格式应为 reorganizations/{id}"});
}

}  // namespace

StructureRpc::StructureRpc(common::Wrapper& wrapper, Parts parts)
    : ServiceBinding(wrapper, v1::MergeUnitsRequest::descriptor()->file()->FindServiceByName("StructureService")),
      parts_(std::move(parts)) {
  using R = v1::Reorganization;
  Unary<v1::MergeUnitsRequest, R>("MergeUnits", [this](const Call& c, const auto& r) { return Merge(c, r); });
  Unary<v1::SplitUnitRequest, R>("SplitUnit", [this](const Call& c, const auto& r) { return Split(c, r); });
  Unary<v1::RestoreUnitRequest, R>("RestoreUnit", [this](const Call& c, const auto& r) { return Restore(c, r); });
  Unary<v1::ReorganizeRequest, R>("Reorganize", [this](const Call& c, const auto& r) { return Reorganize(c, r); });
  Unary<v1::GetReorganizationRequest, R>("GetReorganization",
                                         [this](const Call& c, const auto& r) { return Get(c, r); });
  Unary<v1::ListReorganizationsRequest, v1::ListReorganizationsResponse>(
      "ListReorganizations", [this](const Call& c, const auto& r) { return List(c, r); });
  Unary<v1::CancelReorganizationRequest, R>("CancelReorganization",
                                            [this](const Call& c, const auto& r) { return Cancel(c, r); });
}

absl::StatusOr<v1::Reorganization> StructureRpc::Encode(const absl::StatusOr<Reorganization>& reorganization) {
  if (!reorganization.ok()) return reorganization.status();
  return ToProto(*reorganization, parts_.tree, parts_.gate);
}

absl::StatusOr<v1::Reorganization> StructureRpc::Merge(const Call& call, const v1::MergeUnitsRequest& request) {
  common::Violations violations;
  ReorganizationOrder order{.parent = request.successor(), .title = request.title(), .steps = {}, .single = true};
  MergeStep merge{{request.sources().begin(), request.sources().end()}, request.successor()};
  if (request.successor().empty() == !request.has_establish()) {
    violations.Add("successor", "NAME_OR_ESTABLISH",
                   {"the successor is either an existing unit or a new one", "承接组织须为现有组织或新设组织之一"});
  } else if (request.has_establish()) {
    EstablishStep establish = EstablishFromProto(request.establish(), "establish.", violations);
    establish.parent = parts_.reorganizations.ParentFor(establish, merge.sources);
    order.parent = merge.sources.empty() ? "" : merge.sources.front();
    merge.successor = "units/" + establish.fields.code;
    order.steps.emplace_back(std::move(establish));
  }
  order.steps.emplace_back(std::move(merge));
  return Encode(parts_.reorganizations.Run(call, order, EffectiveOptionsOf(call, request, std::move(violations))));
}

absl::StatusOr<v1::Reorganization> StructureRpc::Split(const Call& call, const v1::SplitUnitRequest& request) {
  common::Violations violations;
  ReorganizationOrder order{.parent = request.name(), .title = request.title(), .steps = {}, .single = true};
  order.steps.emplace_back(SplitFromProto(request.name(), request.parts(), request.continues(), "", violations));
  return Encode(parts_.reorganizations.Run(call, order, EffectiveOptionsOf(call, request, std::move(violations))));
}

absl::StatusOr<v1::Reorganization> StructureRpc::Restore(const Call& call, const v1::RestoreUnitRequest& request) {
  const ReorganizationOrder order{.parent = request.name(),
                                  .title = request.title(),
                                  .steps = {RestoreStep{request.name(), request.parent()}},
                                  .single = true};
  return Encode(parts_.reorganizations.Run(call, order, EffectiveOptionsOf(call, request, {})));
}

absl::StatusOr<v1::Reorganization> StructureRpc::Reorganize(const Call& call, const v1::ReorganizeRequest& request) {
  common::Violations violations;
  ReorganizationOrder order{.parent = request.parent(), .title = request.title(), .steps = {}};
  order.steps = StepsFromProto(request.steps(), "", violations);
  return Encode(parts_.reorganizations.Run(call, order, EffectiveOptionsOf(call, request, std::move(violations))));
}

absl::StatusOr<v1::Reorganization> StructureRpc::Get(const Call& call, const v1::GetReorganizationRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t id, IdOf(request.name()));
  return Encode(parts_.reorganizations.Get(call, id));
}

absl::StatusOr<v1::ListReorganizationsResponse> StructureRpc::List(const Call& call,
                                                                   const v1::ListReorganizationsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(common::Page<Reorganization> page,
                          parts_.reorganizations.List(
                              call, {request.parent(), request.page_size(), request.page_token(), request.filter()}));
  v1::ListReorganizationsResponse response;
  for (const Reorganization& one : page.items) {
    *response.add_reorganizations() = ToProto(one, parts_.tree, parts_.gate);
  }
  response.set_next_page_token(std::move(page.next));
  return response;
}

absl::StatusOr<v1::Reorganization> StructureRpc::Cancel(const Call& call,
                                                        const v1::CancelReorganizationRequest& request) {
  common::Violations violations;
  WriteOptions options;
  options.key = KeyOf(call, request.request_id(), request, violations);
  options.etag = request.etag();
  const absl::StatusOr<int64_t> id = IdOf(request.name());
  violations.AddAll(id.status());
  options.faults = violations.list();
  if (!id.ok()) return violations.ToStatus();
  return Encode(parts_.reorganizations.Cancel(call, *id, options));
}

}  // namespace ronghe::organization
