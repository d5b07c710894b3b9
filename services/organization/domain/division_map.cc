#include "services/organization/domain/division_map.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/domain/rules.h"
#include "services/organization/domain/text_rules.h"
#include "services/organization/domain/unit.h"

namespace ronghe::organization {
namespace {

using common::Violations;

constexpr size_t kMaxChanges = 100'000;
constexpr size_t kMaxNewCodes = 50;
constexpr size_t kMaxDivisionTitle = 60;
constexpr size_t kMaxDivisionSource = 200;

void CheckDivisionCode(const std::string& code, const std::string& field, Violations& violations) {
  if (IsDivisionCode(code)) return;
  violations.Add(field, code.empty() ? "REQUIRED" : "BAD_DIVISION_CODE",
                 {"must have 2, 4, 6 or 9 digits", "应为 2、4、6 或 9 位数字"});
}

void CheckNewCodes(const DivisionChange& change, const std::string& path, Violations& violations) {
  const std::string field = path + ".new_codes";
  if (change.new_codes.empty()) violations.Add(field, "REQUIRED", {"is required", "必填"});
  if (change.new_codes.size() > kMaxNewCodes) {
    violations.Add(field, "TOO_MANY", {"holds more than 50 codes", "超过 50 个代码"});
    return;
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < change.new_codes.size(); ++i) {
    const std::string item = fmt::format("{}[{}]", field, i);
    CheckDivisionCode(change.new_codes[i], item, violations);
    if (!seen.insert(change.new_codes[i]).second) {
      violations.Add(item, "TWICE", {"stands there before", "与前面的代码重复"});
    }
  }
  if (change.new_codes.size() == 1 && change.new_codes.front() == change.old_code) {
    violations.Add(field, "NO_CHANGE", {"is the old code and no other", "与原代码相同，没有变化"});
  }
}

bool Holds(const std::vector<std::string>& codes, const std::string& code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

void AddOnce(std::vector<std::string>& codes, const std::string& code) {
  if (!Holds(codes, code)) codes.push_back(code);
}

}  // namespace

absl::StatusOr<DivisionMap> DivisionMap::Create(std::string version, std::vector<DivisionChange> changes) {
  Violations violations;
  if (!IsPackVersion(version)) {
    violations.Add("version", version.empty() ? "REQUIRED" : "BAD_FORM",
                   {"must have 1 to 40 letters, digits, dots, hyphens and underscores",
                    "应为 1 至 40 个字母、数字、点、连字符或下划线"});
  }
  if (changes.size() > kMaxChanges) {
    violations.Add("changes", "TOO_MANY", {"holds more than 100,000 changes", "超过 100000 条变更"});
    return violations.ToStatus();
  }
  std::set<std::pair<std::string, absl::CivilDay>> seen;
  for (size_t i = 0; i < changes.size(); ++i) {
    const DivisionChange& change = changes[i];
    const std::string path = fmt::format("changes[{}]", i);
    CheckDivisionCode(change.old_code, path + ".old_code", violations);
    CheckText({path + ".title", 1, kMaxDivisionTitle}, change.title, violations);
    CheckText({path + ".source", 1, kMaxDivisionSource}, change.source, violations);
    CheckNewCodes(change, path, violations);
    if (!seen.emplace(change.old_code, change.effective).second) {
      violations.Add(path + ".old_code", "TWICE", {"has changed on that day before", "该代码在同一天已有变更"});
    }
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::stable_sort(changes.begin(), changes.end(),
                   [](const DivisionChange& a, const DivisionChange& b) { return a.effective < b.effective; });
  return DivisionMap(std::move(version), std::move(changes));
}

DivisionMap::Trace DivisionMap::Resolve(const std::string& code, std::optional<absl::CivilDay> coded,
                                        absl::CivilDay as_of) const {
  Trace trace;
  trace.codes.push_back(code);
  for (size_t begin = 0; begin < changes_.size() && changes_[begin].effective <= as_of;) {
    size_t end = begin;
    while (end < changes_.size() && changes_[end].effective == changes_[begin].effective) ++end;
    if (!coded || changes_[begin].effective > *coded) Take(begin, end, trace);
    begin = end;
  }
  return trace;
}

void DivisionMap::Take(size_t begin, size_t end, Trace& trace) const {
  std::vector<std::string> codes;
  for (const std::string& code : trace.codes) {
    // Its own change, or else that of the smallest division around it.
    const DivisionChange* found = nullptr;
    for (size_t i = begin; i < end; ++i) {
      const DivisionChange& change = changes_[i];
      const bool longer = found == nullptr || change.old_code.size() > found->old_code.size();
      if (longer && code.compare(0, change.old_code.size(), change.old_code) == 0) found = &change;
    }
    if (found == nullptr) {
      AddOnce(codes, code);
      continue;
    }
    if (std::find(trace.changes.begin(), trace.changes.end(), found) == trace.changes.end()) {
      trace.changes.push_back(found);
    }
    const bool around = found->old_code != code;
    trace.exact = trace.exact && !around;
    if (around && Holds(found->new_codes, found->old_code)) {
      AddOnce(codes, code);
      continue;
    }
    for (const std::string& next : found->new_codes) AddOnce(codes, next);
  }
  trace.codes = std::move(codes);
}

}  // namespace ronghe::organization
