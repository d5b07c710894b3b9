#include "services/organization/rpc/integrity_codec.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

constexpr int kListed = 100;
constexpr int kMostListed = 1000;

}  // namespace

absl::StatusOr<int> ListedFindings(const v1::CheckIntegrityRequest& request) {
  if (request.max_findings() < 0 || request.max_findings() > kMostListed) {
    return common::InvalidArgument(
        "max_findings", "OUT_OF_RANGE",
        {fmt::format("must lie between 1 and {}", kMostListed), fmt::format("应在 1 到 {} 之间", kMostListed)});
  }
  return request.max_findings() == 0 ? kListed : request.max_findings();
}

v1::CheckIntegrityResponse ToProto(const IntegrityReport& report) {
  std::vector<IntegrityFinding> findings = report.findings();
  std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) { return a.check < b.check; });
  v1::CheckIntegrityResponse response;
  for (IntegrityFinding& finding : findings) {
    v1::IntegrityFinding& out = *response.add_findings();
    out.set_check(static_cast<v1::IntegrityCheck>(finding.check));
    out.set_resource(std::move(finding.resource));
    for (std::string& name : finding.related) out.add_related(std::move(name));
  }
  for (int check = 1; check <= kIntegrityChecks; ++check) {
    const IntegrityReport::Count& count = report.count(static_cast<IntegrityCheck>(check));
    v1::IntegrityCount& out = *response.add_counts();
    out.set_check(static_cast<v1::IntegrityCheck>(check));
    out.set_examined(count.examined);
    out.set_found(count.found);
  }
  return response;
}

}  // namespace ronghe::organization
