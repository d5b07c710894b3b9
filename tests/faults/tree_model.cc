#include "tests/faults/tree_model.h"

#include <set>

#include <fmt/format.h>

#include "ronghe/common/v1/summary.pb.h"
#include "ronghe/gateway/v1/overview_service.pb.h"

namespace ronghe::tests {
namespace {

namespace gv1 = gateway::v1;
namespace ov1 = organization::v1;
namespace pb = google::protobuf;

void AddTo(ov1::OrganizationMetrics& sum, const ov1::OrganizationMetrics& more) {
  const pb::Descriptor* descriptor = ov1::OrganizationMetrics::descriptor();
  const pb::Reflection* reflection = sum.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const pb::FieldDescriptor* field = descriptor->field(i);
    reflection->SetInt64(&sum, field, reflection->GetInt64(sum, field) + reflection->GetInt64(more, field));
  }
}

class Walk {
 public:
  Walk(const TreeModel::Units& units, RpcClient& gateway) : units_(units), gateway_(gateway) {
    for (const auto& [code, unit] : units) {
      if (unit.active) children_[unit.parent].insert(code);
    }
  }

  // Returns what the model says of the subtree.
  ov1::OrganizationMetrics Check(const std::string& code) {
    ov1::OrganizationMetrics expected = units_.at(code).own;
    const std::set<std::string>& children = children_[code];
    const gv1::ListChildOverviewsResponse told = Children(code);
    std::set<std::string> names;
    ov1::OrganizationMetrics sum = Own(code);
    Same(code, "own figures", units_.at(code).own, sum);
    for (const gv1::Overview& child : told.overviews()) {
      names.insert(child.unit().substr(std::string_view("units/").size()));
      AddTo(sum, child.organization());
    }
    if (names != children)
      Differ(code, "children", fmt::format("{}", children.size()), fmt::format("{}", names.size()));
    Same(code, "sum of its children and its own", sum, told.total().organization());
    for (const gv1::OverviewPart& part : told.parts()) {
      if (part.missing() || part.stale()) Differ(code, part.service(), "current", "stale or missing");
    }
    for (const std::string& child : children) AddTo(expected, Check(child));
    Same(code, "total", expected, told.total().organization());
    return expected;
  }

  std::vector<std::string> Take() { return std::move(differences_); }

 private:
  gv1::ListChildOverviewsResponse Children(const std::string& code) {
    gv1::ListChildOverviewsRequest request;
    request.set_unit("units/" + code);
    request.set_page_size(1000);
    gv1::ListChildOverviewsResponse response;
    Ask(code, "ronghe.gateway.v1.OverviewService/ListChildOverviews", request, response);
    return response;
  }
  ov1::OrganizationMetrics Own(const std::string& code) {
    common::v1::BatchGetSummariesRequest request;
    request.add_units("units/" + code);
    ov1::BatchGetSummariesResponse response;
    Ask(code, "ronghe.organization.v1.OrganizationService/BatchGetSummaries", request, response);
    return response.summaries_size() == 1 ? response.summaries(0).own() : ov1::OrganizationMetrics();
  }
  void Ask(const std::string& code, const char* method, const pb::Message& request, pb::Message& response) {
    const grpc::Status status = gateway_.Call(method, request, response);
    if (!status.ok()) Differ(code, method, "an answer", status.error_message());
  }
  void Same(const std::string& code, const char* what, const ov1::OrganizationMetrics& expected,
            const ov1::OrganizationMetrics& found) {
    if (expected.SerializeAsString() == found.SerializeAsString()) return;
    Differ(code, what, expected.ShortDebugString(), found.ShortDebugString());
  }
  void Differ(const std::string& code, std::string_view what, const std::string& expected, const std::string& found) {
    differences_.push_back(fmt::format("{}: {}: expected {}, found {}", code, what, expected, found));
  }

  const TreeModel::Units& units_;
  RpcClient& gateway_;
  std::map<std::string, std::set<std::string>> children_;
  std::vector<std::string> differences_;
};

}  // namespace

void TreeModel::Add(const std::string& code, const std::string& parent, ov1::Level level, absl::CivilDay from) {
  Unit unit{.parent = parent, .level = level, .from = from, .active = true, .own = {}};
  unit.own.set_units(1);
  if (level < ov1::LEVEL_BRANCH) {
    unit.own.set_committees(1);
  } else {
    unit.own.set_branches(1);
  }
  const common::MutexLock lock(mutex_);
  units_[code] = std::move(unit);
}

void TreeModel::Move(const std::string& code, const std::string& parent, absl::CivilDay from) {
  const common::MutexLock lock(mutex_);
  units_[code].parent = parent;
  units_[code].from = from;
}

void TreeModel::Dissolve(const std::string& code) {
  const common::MutexLock lock(mutex_);
  units_[code].active = false;
}

void TreeModel::Count(const std::string& code, const ov1::OrganizationMetrics& more) {
  const common::MutexLock lock(mutex_);
  AddTo(units_[code].own, more);
}

TreeModel::Unit TreeModel::Get(const std::string& code) const {
  const common::MutexLock lock(mutex_);
  return units_.at(code);
}

TreeModel::Units TreeModel::All() const {
  const common::MutexLock lock(mutex_);
  return units_;
}

std::vector<std::string> Compare(const TreeModel::Units& units, const std::string& root, RpcClient& gateway) {
  Walk walk(units, gateway);
  walk.Check(root);
  return walk.Take();
}

}  // namespace ronghe::tests
