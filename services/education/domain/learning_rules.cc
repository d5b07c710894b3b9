#include "services/education/domain/learning_rules.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/text_rules.h"

namespace ronghe::education {
namespace {

constexpr int kMostDeciHours = 2400;
constexpr size_t kMaxPlatform = 40;
constexpr size_t kMaxExternalId = 120;
constexpr size_t kMaxCourse = 120;

bool IsPlatform(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPlatform && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool IsSource(LearningSource source) {
  return source >= LearningSource::kActivity && source <= LearningSource::kUnitTraining;
}

// Ids and codes of others: any characters but blanks.
void CheckForeign(std::string_view field, std::string_view value, bool required, size_t max,
                  common::Violations& violations) {
  common::CheckText({field, required ? 1u : 0u, max}, value, violations);
  if (value.find(' ') != std::string_view::npos) {
    violations.Add(std::string(field), "BAD_FORM", {"must have no blanks", "不能包含空格"});
  }
}

}  // namespace

int LearningRules::RankOf(LearningSource source, std::string_view platform) const {
  // Whoever is named with its platform goes before those that are only meant by their source, wherever these stand.
  const int count = static_cast<int>(precedence.size());
  int rank = count;
  for (int i = 0; i < count; ++i) {
    if (precedence[i].source != source) continue;
    if (precedence[i].platform == platform) return i;
    if (precedence[i].platform.empty()) rank = std::min(rank, i);
  }
  return rank;
}

absl::StatusOr<LearningRules> CheckLearningRules(LearningRules rules) {
  common::Violations violations;
  for (size_t i = 0; i < rules.precedence.size(); ++i) {
    const LearningRules::Precedence& one = rules.precedence[i];
    const std::string at = fmt::format("learning.course_precedence[{}].", i);
    if (!IsSource(one.source)) violations.Add(at + "source", "REQUIRED", {"is required", "必填"});
    if (!one.platform.empty() && !IsPlatform(one.platform)) {
      violations.Add(
          at + "platform", "BAD_FORM",
          {"must be letters, digits, `.`, `_` and `-`, at most 40", "应为字母、数字、`.`、`_`、`-`，最多 40 个"});
    }
    for (size_t before = 0; before < i; ++before) {
      if (rules.precedence[before].source != one.source || rules.precedence[before].platform != one.platform) continue;
      violations.Add(at + "source", "DUPLICATE", {"is there twice", "重复"});
    }
  }
  if (rules.max_deci_hours < 1 || rules.max_deci_hours > kMostDeciHours) {
    violations.Add("learning.max_deci_hours", "OUT_OF_RANGE", {"must lie between 1 and 2400", "应在 1 到 2400 之间"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return rules;
}

void CheckLearning(const LearningRecord& record, const LearningRules& rules, absl::CivilDay today,
                   std::string_view prefix, common::Violations& violations) {
  const auto field = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  if (!IsSource(record.source) || record.source == LearningSource::kActivity) {
    const bool none = record.source == LearningSource::kUnspecified;
    violations.Add(field("source"), none ? "REQUIRED" : "UNKNOWN_VALUE",
                   {"must be ONLINE_PLATFORM, PARTY_SCHOOL or UNIT_TRAINING", "应为线上平台、党校或单位培训"});
  }
  if (!IsPlatform(record.platform)) {
    violations.Add(field("platform"), record.platform.empty() ? "REQUIRED" : "BAD_FORM",
                   {"must be 1 to 40 letters, digits, `.`, `_` and `-`", "应为 1 至 40 个字母、数字、`.`、`_`、`-`"});
  } else if (record.platform == kActivityPlatform) {
    violations.Add(field("platform"), "RESERVED", {"is of the suite's own records", "为本系统保留"});
  }
  CheckForeign(field("external_id"), record.external_id, /*required=*/true, kMaxExternalId, violations);
  CheckForeign(field("course"), record.course, /*required=*/false, kMaxCourse, violations);
  if (record.day > today) violations.Add(field("date"), "FUTURE", {"lies in the future", "不能晚于今天"});
  if (record.credit_deci_hours < 1 || record.credit_deci_hours > rules.max_deci_hours) {
    violations.Add(field("credit_deci_hours"), "OUT_OF_RANGE",
                   {fmt::format("must lie between 1 and {}", rules.max_deci_hours),
                    fmt::format("应在 1 到 {} 之间", rules.max_deci_hours)});
  }
}

int64_t WinnerOf(const std::vector<CourseClaim>& claims) {
  const auto before = [](const CourseClaim& a, const CourseClaim& b) {
    return std::tie(a.rank, a.day, a.record) < std::tie(b.rank, b.day, b.record);
  };
  return std::min_element(claims.begin(), claims.end(), before)->record;
}

}  // namespace ronghe::education
