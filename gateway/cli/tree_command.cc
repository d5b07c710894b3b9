#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/row_mapper.h"
#include "gateway/cli/width.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

using organization::v1::GetUnitRequest;
using organization::v1::ListUnitsRequest;
using organization::v1::ListUnitsResponse;
using organization::v1::OrganizationService;
using organization::v1::Unit;

struct Units {
  std::vector<Unit> list;
  std::map<std::string, std::vector<size_t>> children;  // by the parent's name; roots under the empty one
};

// What the tree shows of a unit, at `depth` levels below the top; `prefix` draws the lines.
void Draw(const Units& units, size_t index, const std::string& lead, const std::string& prefix, int levels,
          Context& context) {
  const Unit& unit = units.list[index];
  const auto* level = google::protobuf::GetEnumDescriptor<organization::v1::Level>()->FindValueByNumber(unit.level());
  context.out() << lead << Printable(unit.title()) << "  " << unit.code() << "  "
                << (level == nullptr ? "" : LabelOf(level, context.console().language)) << '\n';
  const auto below = units.children.find(unit.name());
  if (levels == 1 || below == units.children.end()) return;
  for (size_t i = 0; i < below->second.size(); ++i) {
    const bool last = i + 1 == below->second.size();
    Draw(units, below->second[i], prefix + (last ? "└─ " : "├─ "), prefix + (last ? "   " : "│  "), levels - 1,
         context);
  }
}

nlohmann::json Json(const Units& units, size_t index, int levels) {
  nlohmann::json json = nlohmann::json::parse(ToJson(units.list[index]), nullptr, false);
  const auto below = units.children.find(units.list[index].name());
  if (levels == 1 || below == units.children.end()) return json;
  for (const size_t child : below->second) json["children"].push_back(Json(units, child, levels - 1));
  return json;
}

absl::StatusOr<Units> Fetch(const TreeOptions& options, Session& session) {
  auto stub = OrganizationService::NewStub(session.channel());
  Units units;
  ListUnitsRequest request;
  request.set_parent(UnitName(options.unit.empty() ? "-" : options.unit));
  request.set_page_size(1000);
  common::Violations violations;
  if (!options.as_of.empty())
    SetField(request, request.GetDescriptor()->FindFieldByName("as_of"), options.as_of, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const bool everything = request.parent() == "units/-";
  if (!everything) {
    GetUnitRequest top;
    top.set_name(request.parent());
    if (request.has_as_of()) *top.mutable_as_of() = request.as_of();
    RONGHE_ASSIGN_OR_RETURN(Unit unit, (session.Call<OrganizationService::Stub, GetUnitRequest, Unit>(
                                           *stub, &OrganizationService::Stub::GetUnit, top)));
    units.list.push_back(std::move(unit));
    if (options.depth == 1) return units;
  }
  request.set_subtree(options.depth != (everything ? 1 : 2));
  RONGHE_RETURN_IF_ERROR((session.CallPages<OrganizationService::Stub, ListUnitsRequest, ListUnitsResponse>(
      *stub, &OrganizationService::Stub::ListUnits, request, [&](ListUnitsResponse& response) {
        for (Unit& unit : *response.mutable_units()) units.list.push_back(std::move(unit));
      })));
  return units;
}

}  // namespace

absl::Status RunTree(const TreeOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  RONGHE_ASSIGN_OR_RETURN(Units units, Fetch(options, *session));
  std::map<std::string, size_t> by_name;
  for (size_t i = 0; i < units.list.size(); ++i) by_name[units.list[i].name()] = i;
  std::vector<size_t> tops;  // those whose parent is not shown
  for (size_t i = 0; i < units.list.size(); ++i) {
    const bool top = !by_name.contains(units.list[i].parent());
    (top ? tops : units.children[units.list[i].parent()]).push_back(i);
  }
  if (context.console().json) {
    nlohmann::json json = nlohmann::json::array();
    for (const size_t top : tops) json.push_back(Json(units, top, options.depth));
    context.out() << json.dump(2) << '\n';
    return absl::OkStatus();
  }
  for (const size_t top : tops) Draw(units, top, "", "", options.depth, context);
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
