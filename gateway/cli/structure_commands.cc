#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/resources.h"
#include "gateway/cli/table.h"
#include "ronghe/organization/v1/structure_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::Reorganization;
using v1::StructureService;

std::string NameOf(const std::string& reorganization) {
  return reorganization.find('/') == std::string::npos ? "reorganizations/" + reorganization : reorganization;
}

common::Text EffectText(v1::ReorganizationEffectKind kind) {
  switch (kind) {
    case v1::REORGANIZATION_EFFECT_KIND_ESTABLISHED:
      return {"established under", "设立于"};
    case v1::REORGANIZATION_EFFECT_KIND_UPDATED:
      return {"changed", "变更"};
    case v1::REORGANIZATION_EFFECT_KIND_MOVED:
      return {"moves under", "划转至"};
    case v1::REORGANIZATION_EFFECT_KIND_SUCCEEDED:
      return {"is succeeded by", "并入或分设为"};
    case v1::REORGANIZATION_EFFECT_KIND_DISSOLVED:
      return {"dissolved", "撤销"};
    case v1::REORGANIZATION_EFFECT_KIND_RESTORED:
      return {"restored under", "恢复于"};
    case v1::REORGANIZATION_EFFECT_KIND_MEMBERS_MOVED:
      return {"hands its members to", "党员转入"};
    case v1::REORGANIZATION_EFFECT_KIND_WORKPLACES_MOVED:
      return {"hands its workplaces to", "单位转由其统计"};
    case v1::REORGANIZATION_EFFECT_KIND_DUTIES_MOVED:
      return {"hands its duties to", "履责事项转入"};
    default:
      return {"?", "?"};
  }
}

void Print(Context& context, const Reorganization& reorganization) {
  PrintResource(context, reorganization);
  const Console& console = context.console();
  if (console.json) return;
  if (reorganization.effects_size() > 0) {
    Table effects({{console.Say({"step", "步骤"}), true},
                   {console.Say({"unit", "组织"})},
                   {console.Say({"what happens", "结果"})},
                   {console.Say({"other unit", "相关组织"})},
                   {console.Say({"how many", "数量"}), true}});
    for (const v1::ReorganizationEffect& one : reorganization.effects()) {
      effects.AddRow({fmt::format("{}", one.step() + 1), std::string(CodeOf(one.unit())),
                      console.Say(EffectText(one.kind())), std::string(CodeOf(one.other())),
                      one.count() > 0 ? fmt::format("{}", one.count()) : ""});
    }
    context.out() << '\n' << effects.Render();
  }
  if (reorganization.blockers_size() == 0) return;
  Table blockers({{console.Say({"step", "步骤"}), true},
                  {console.Say({"subject", "对象"})},
                  {console.Say({"reason", "原因"})},
                  {console.Say({"in the way", "阻碍"})}});
  for (const v1::ReorganizationBlocker& one : reorganization.blockers()) {
    blockers.AddRow({one.step() < 0 ? "" : fmt::format("{}", one.step() + 1), one.subject(), one.reason(),
                     console.Say({one.message_en(), one.message_zh()})});
  }
  context.out() << '\n' << blockers.Render();
}

template <typename Request>
absl::Status Send(Context& context,
                  grpc::Status (StructureService::Stub::*method)(grpc::ClientContext*, const Request&, Reorganization*),
                  const Request& request) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = StructureService::NewStub(session->channel());
  RONGHE_ASSIGN_OR_RETURN(Reorganization done,
                          (session->Call<StructureService::Stub, Request, Reorganization>(*stub, method, request)));
  Print(context, done);
  return absl::OkStatus();
}

// What the changes have in common.
template <typename Request>
absl::Status FillWrite(const StructureOptions& options, Context& context, Request& request) {
  common::Violations violations;
  SetDateText(request, "effective_date", options.date, violations);
  request.set_title(options.title);
  request.set_request_id(options.request_id.empty() ? context.environment.random.Uuid() : options.request_id);
  request.set_validate_only(options.validate_only);
  return violations.ToStatus();
}

// A request in JSON from a file, `-` for standard input.
absl::Status ReadJson(const std::string& path, Context& context, google::protobuf::Message& message) {
  std::stringstream text;
  if (path == "-") {
    text << context.console().in->rdbuf();
  } else {
    std::ifstream file(path, std::ios::binary);
    if (!file) return common::InvalidArgument("file", "NOT_FOUND", {"cannot be read", "无法读取"});
    text << file.rdbuf();
  }
  const auto status = google::protobuf::util::JsonStringToMessage(text.str(), &message);
  if (status.ok()) return absl::OkStatus();
  const std::string why = status.ToString();
  return common::InvalidArgument("file", "BAD_JSON", {why, why});
}

}  // namespace

absl::Status RunUnitMerge(const StructureOptions& options, Context& context) {
  v1::MergeUnitsRequest request;
  for (const std::string& unit : options.units) request.add_sources(UnitName(unit));
  request.set_successor(UnitName(options.parent));
  RONGHE_RETURN_IF_ERROR(FillWrite(options, context, request));
  return Send(context, &StructureService::Stub::MergeUnits, request);
}

absl::Status RunUnitSplit(const StructureOptions& options, Context& context) {
  v1::SplitUnitRequest request;
  RONGHE_RETURN_IF_ERROR(ReadJson(options.file, context, request));
  request.set_name(UnitName(options.units.front()));
  RONGHE_RETURN_IF_ERROR(FillWrite(options, context, request));
  return Send(context, &StructureService::Stub::SplitUnit, request);
}

absl::Status RunUnitRestore(const StructureOptions& options, Context& context) {
  v1::RestoreUnitRequest request;
  request.set_name(UnitName(options.units.front()));
  if (!options.parent.empty()) request.set_parent(UnitName(options.parent));
  RONGHE_RETURN_IF_ERROR(FillWrite(options, context, request));
  return Send(context, &StructureService::Stub::RestoreUnit, request);
}

absl::Status RunReorganizationApply(const StructureOptions& options, Context& context) {
  v1::ReorganizeRequest request;
  RONGHE_RETURN_IF_ERROR(ReadJson(options.file, context, request));
  if (!options.parent.empty()) request.set_parent(UnitName(options.parent));
  if (request.parent().empty()) request.set_parent("units/-");
  const std::string title = request.title();
  const google::type::Date day = request.effective_date();
  RONGHE_RETURN_IF_ERROR(FillWrite(options, context, request));
  if (options.title.empty()) request.set_title(title);
  if (options.date.empty() && day.year() != 0) *request.mutable_effective_date() = day;
  return Send(context, &StructureService::Stub::Reorganize, request);
}

absl::Status RunReorganizationShow(const StructureOptions& options, Context& context) {
  v1::GetReorganizationRequest request;
  request.set_name(NameOf(options.reorganization));
  return Send(context, &StructureService::Stub::GetReorganization, request);
}

absl::Status RunReorganizationCancel(const StructureOptions& options, Context& context) {
  v1::CancelReorganizationRequest request;
  request.set_name(NameOf(options.reorganization));
  request.set_request_id(options.request_id.empty() ? context.environment.random.Uuid() : options.request_id);
  return Send(context, &StructureService::Stub::CancelReorganization, request);
}

absl::Status RunReorganizationList(const StructureOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = StructureService::NewStub(session->channel());
  v1::ListReorganizationsRequest request;
  request.set_parent(UnitName(options.parent.empty() ? "-" : options.parent));
  request.set_filter(options.filter);
  request.set_page_size(1000);
  std::vector<Reorganization> all;
  using Response = v1::ListReorganizationsResponse;
  RONGHE_RETURN_IF_ERROR((session->CallPages<StructureService::Stub, v1::ListReorganizationsRequest, Response>(
      *stub, &StructureService::Stub::ListReorganizations, request, [&](Response& response) {
        for (Reorganization& one : *response.mutable_reorganizations()) all.push_back(std::move(one));
      })));
  PrintList(context, all, {"name", "state", "effective_date", "parent", "title", "create_time", "end_time"});
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
