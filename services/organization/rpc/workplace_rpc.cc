#include "services/organization/rpc/workplace_rpc.h"

#include "services/organization/rpc/record_codec.h"
#include "services/organization/rpc/wire.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

WorkplaceFields FieldsOf(const v1::Workplace& workplace) {
  return {workplace.kind(), workplace.title(), workplace.credit_code(), workplace.external_id()};
}

std::vector<std::string> NamesOf(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

v1::Workplace WorkplaceRpc::ToProto(const StoredWorkplace& workplace) {
  v1::Workplace out;
  WriteRecordInfo(workplace, parts_.tree, parts_.gate, out);
  out.set_kind(static_cast<v1::WorkplaceKind>(workplace.kind));
  out.set_title(workplace.title);
  out.set_credit_code(workplace.credit_code);
  out.set_external_id(workplace.external_id);
  WriteDate(workplace.days.from, *out.mutable_start_date());
  if (workplace.days.until) WriteDate(*workplace.days.until, *out.mutable_end_date());
  out.set_state(static_cast<v1::WorkplaceState>(workplace.state));
  out.set_covered(workplace.covered());
  out.set_covering_units(workplace.covering);
  return out;
}

v1::Cover WorkplaceRpc::ToProto(const StoredCover& cover) {
  v1::Cover out;
  WriteRecordInfo(cover, parts_.tree, parts_.gate, out);
  out.set_workplace(NameOf(cover.workplace));
  WriteDate(cover.days.from, *out.mutable_start_date());
  if (cover.days.until) WriteDate(*cover.days.until, *out.mutable_end_date());
  out.set_state(static_cast<v1::CoverState>(cover.state));
  out.set_end_reason(static_cast<v1::CoverEndReason>(cover.end_reason));
  out.set_counts(cover.counts);
  return out;
}

absl::StatusOr<v1::Workplace> WorkplaceRpc::Encode(const absl::StatusOr<StoredWorkplace>& workplace) {
  if (!workplace.ok()) return workplace.status();
  return ToProto(*workplace);
}

template <typename Response>
absl::StatusOr<Response> WorkplaceRpc::EncodePage(absl::StatusOr<RecordPage<StoredWorkplace>> page) {
  if (!page.ok()) return page.status();
  Response response;
  for (const StoredWorkplace& record : page->records) *response.add_workplaces() = ToProto(record);
  response.set_next_page_token(std::move(page->next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page->position));
  return response;
}

WorkplaceRpc::WorkplaceRpc(common::Wrapper& wrapper, Parts parts)
    : ServiceBinding(wrapper, v1::CreateWorkplaceRequest::descriptor()->file()->FindServiceByName("WorkplaceService")),
      parts_(parts) {
  Unary<v1::CreateWorkplaceRequest, v1::Workplace>("CreateWorkplace",
                                                   [this](const Call& c, const auto& r) { return Create(c, r); });
  Unary<v1::GetWorkplaceRequest, v1::Workplace>("GetWorkplace",
                                                [this](const Call& c, const auto& r) { return Get(c, r); });
  Unary<v1::ListWorkplacesRequest, v1::ListWorkplacesResponse>(
      "ListWorkplaces", [this](const Call& c, const auto& r) { return List(c, r); });
  Unary<v1::ListUncoveredWorkplacesRequest, v1::ListUncoveredWorkplacesResponse>(
      "ListUncoveredWorkplaces", [this](const Call& c, const auto& r) { return ListUncovered(c, r); });
  Unary<v1::UpdateWorkplaceRequest, v1::Workplace>("UpdateWorkplace",
                                                   [this](const Call& c, const auto& r) { return Update(c, r); });
  Unary<v1::MoveWorkplaceRequest, v1::Workplace>("MoveWorkplace",
                                                 [this](const Call& c, const auto& r) { return Move(c, r); });
  Unary<v1::CloseWorkplaceRequest, v1::Workplace>("CloseWorkplace",
                                                  [this](const Call& c, const auto& r) { return Close(c, r); });
  Unary<v1::RestoreWorkplaceRequest, v1::Workplace>("RestoreWorkplace",
                                                    [this](const Call& c, const auto& r) { return Restore(c, r); });
  Unary<v1::BatchAssignCoversRequest, v1::BatchAssignCoversResponse>(
      "BatchAssignCovers", [this](const Call& c, const auto& r) { return Assign(c, r); });
  Unary<v1::BatchEndCoversRequest, v1::BatchEndCoversResponse>(
      "BatchEndCovers", [this](const Call& c, const auto& r) { return Release(c, r); });
  Unary<v1::GetCoverRequest, v1::Cover>("GetCover", [this](const Call& c, const auto& r) { return GetCover(c, r); });
  Unary<v1::ListCoversRequest, v1::ListCoversResponse>(
      "ListCovers", [this](const Call& c, const auto& r) { return ListCovers(c, r); });
}

absl::StatusOr<v1::Workplace> WorkplaceRpc::Create(const Call& call, const v1::CreateWorkplaceRequest& request) {
  const v1::Workplace& workplace = request.workplace();
  return Encode(
      parts_.workplaces.Create(call, workplace.unit(), FieldsOf(workplace),
                               DatedOptionsOf(call, request, workplace.start_date(), "workplace.start_date", "")));
}

absl::StatusOr<v1::Workplace> WorkplaceRpc::Get(const Call& call, const v1::GetWorkplaceRequest& request) {
  return Encode(parts_.workplaces.GetWorkplace(call, request.name()));
}

absl::StatusOr<v1::ListWorkplacesResponse> WorkplaceRpc::List(const Call& call,
                                                              const v1::ListWorkplacesRequest& request) {
  return EncodePage<v1::ListWorkplacesResponse>(parts_.query.ListWorkplaces(call, RecordsQueryOf(request)));
}

absl::StatusOr<v1::ListUncoveredWorkplacesResponse> WorkplaceRpc::ListUncovered(
    const Call& call, const v1::ListUncoveredWorkplacesRequest& request) {
  return EncodePage<v1::ListUncoveredWorkplacesResponse>(parts_.query.ListUncovered(call, RecordsQueryOf(request)));
}

absl::StatusOr<v1::Workplace> WorkplaceRpc::Update(const Call& call, const v1::UpdateWorkplaceRequest& request) {
  const auto& paths = request.update_mask().paths();
  const WorkplaceApp::Changes changes{FieldsOf(request.workplace()), {paths.begin(), paths.end()}};
  return Encode(parts_.workplaces.Update(call, request.workplace().name(), changes,
                                         DatedOptionsOf(call, request, {}, "", request.workplace().etag())));
}

absl::StatusOr<v1::Workplace> WorkplaceRpc::Move(const Call& call, const v1::MoveWorkplaceRequest& request) {
  return Encode(parts_.workplaces.Move(call, request.name(), request.unit(),
                                       DatedOptionsOf(call, request, {}, "", request.etag())));
}

absl::StatusOr<v1::Workplace> WorkplaceRpc::Close(const Call& call, const v1::CloseWorkplaceRequest& request) {
  return Encode(parts_.workplaces.Close(call, request.name(),
                                        DatedOptionsOf(call, request, request.end_date(), "end_date", request.etag())));
}

absl::StatusOr<v1::Workplace> WorkplaceRpc::Restore(const Call& call, const v1::RestoreWorkplaceRequest& request) {
  return Encode(parts_.workplaces.Restore(call, request.name(), DatedOptionsOf(call, request, {}, "", request.etag())));
}

absl::StatusOr<v1::BatchAssignCoversResponse> WorkplaceRpc::Assign(const Call& call,
                                                                   const v1::BatchAssignCoversRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(
      const std::vector<StoredCover> covers,
      parts_.workplaces.Assign(call, request.unit(), NamesOf(request.workplaces()),
                               DatedOptionsOf(call, request, request.start_date(), "start_date", "")));
  v1::BatchAssignCoversResponse response;
  for (const StoredCover& cover : covers) *response.add_covers() = ToProto(cover);
  return response;
}

absl::StatusOr<v1::BatchEndCoversResponse> WorkplaceRpc::Release(const Call& call,
                                                                 const v1::BatchEndCoversRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredCover> covers,
                          parts_.workplaces.Release(call, request.unit(), NamesOf(request.workplaces()),
                                                    DatedOptionsOf(call, request, request.end_date(), "end_date", "")));
  v1::BatchEndCoversResponse response;
  for (const StoredCover& cover : covers) *response.add_covers() = ToProto(cover);
  return response;
}

absl::StatusOr<v1::Cover> WorkplaceRpc::GetCover(const Call& call, const v1::GetCoverRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const StoredCover cover, parts_.workplaces.GetCover(call, request.name()));
  return ToProto(cover);
}

absl::StatusOr<v1::ListCoversResponse> WorkplaceRpc::ListCovers(const Call& call,
                                                                const v1::ListCoversRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(auto page, parts_.query.ListCovers(call, RecordsQueryOf(request), request.workplace()));
  v1::ListCoversResponse response;
  for (const StoredCover& record : page.records) *response.add_covers() = ToProto(record);
  response.set_next_page_token(std::move(page.next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page.position));
  return response;
}

}  // namespace ronghe::organization
