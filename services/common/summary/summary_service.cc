#include "services/common/summary/summary_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "services/common/rollup/difference.h"
#include "services/common/values/status.h"
#include "services/common/values/timestamp.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kPrefix = "units/";
constexpr int kMaxUnits = 100;
constexpr int kMaxPeriods = 36;
// organization.v1.UnitState, as the directory keeps it.
constexpr int kActive = 1;

// The texts of the answer: a period is called what the caller called it.
std::vector<std::string> PeriodTexts(const google::protobuf::RepeatedPtrField<std::string>& texts,
                                     std::span<const Period> periods) {
  if (!texts.empty()) return {texts.begin(), texts.end()};
  return {PeriodText(periods.front())};
}

void FillMetrics(const MetricSet& metrics, const char* field, std::span<const int64_t> values,
                 google::protobuf::Message& summary) {
  const google::protobuf::FieldDescriptor* descriptor = summary.GetDescriptor()->FindFieldByName(field);
  metrics.Fill(values, *summary.GetReflection()->MutableMessage(&summary, descriptor));
}

void SetText(google::protobuf::Message& message, const char* field, std::string text) {
  message.GetReflection()->SetString(&message, message.GetDescriptor()->FindFieldByName(field), std::move(text));
}

}  // namespace

std::vector<Period> ReadPeriods(const google::protobuf::RepeatedPtrField<std::string>& texts, const Calendar& calendar,
                                Violations& violations) {
  const MonthNumber current = MonthAt(calendar, calendar.clock().Now());
  if (texts.empty()) return {{current, current}};
  if (texts.size() > kMaxPeriods) {
    violations.Add("periods", "TOO_MANY",
                   {fmt::format("at most {} periods", kMaxPeriods), fmt::format("最多 {} 个期间", kMaxPeriods)});
  }
  std::vector<Period> periods;
  for (int i = 0; i < texts.size(); ++i) {
    const std::optional<Period> period = ParsePeriod(texts[i]);
    const std::string field = fmt::format("periods[{}]", i);
    if (!period) {
      violations.Add(field, "BAD_PERIOD",
                     {"must be a month (2026-11), a quarter (2026-Q4) or a year (2026)",
                      "应为月份（2026-11）、季度（2026-Q4）或年度（2026）"});
    } else if (period->first > current) {
      violations.Add(field, "IN_FUTURE", {"the period has not begun", "该期间尚未开始"});
    } else {
      periods.push_back(*period);
    }
  }
  return periods;
}

void WriteMark(const SummaryMark& mark, std::string incarnation, v1::Watermark& watermark) {
  watermark.set_position(mark.position);
  WriteTimestamp(mark.time, *watermark.mutable_time());
  watermark.set_structure_revision(mark.structure_revision);
  watermark.set_incarnation(std::move(incarnation));
}

absl::StatusOr<std::vector<SummaryService::Wanted>> SummaryService::Units(
    const v1::BatchGetSummariesRequest& request) const {
  std::vector<Wanted> wanted;
  for (const std::string& name : request.units()) {
    RONGHE_ASSIGN_OR_RETURN(const DirectoryUnit unit, Find(name));
    wanted.push_back({name, {unit.uid, unit.partition}});
    if (!request.include_children()) continue;
    const std::vector<DirectoryUnit> children = ActiveChildren(unit.uid);
    for (const DirectoryUnit& child : children) {
      SummaryUnit entry{child.uid, child.partition};
      if (request.totals_only()) {
        entry.parent = unit.uid;
        entry.parent_partition = unit.partition;
      }
      wanted.push_back({fmt::format("{}{}", kPrefix, child.code), entry});
    }
  }
  return wanted;
}

absl::Status SummaryService::BatchGet(const Call& call, const v1::BatchGetSummariesRequest& request,
                                      google::protobuf::Message& response) const {
  Violations violations;
  const int units = request.units_size();
  if (units > kMaxUnits) {
    violations.Add("units", "TOO_MANY",
                   {fmt::format("at most {} units", kMaxUnits), fmt::format("最多 {} 个组织", kMaxUnits)});
  }
  const std::vector<Period> periods = ReadPeriods(request.periods(), parts_.calendar, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_RETURN_IF_ERROR(parts_.gate.Cover(request.min_revision(), call.deadline));
  RONGHE_ASSIGN_OR_RETURN(const std::vector<Wanted> wanted, Units(request));
  RONGHE_ASSIGN_OR_RETURN(std::string incarnation, parts_.log.Incarnation());
  std::vector<SummaryUnit> keys;
  for (const Wanted& unit : wanted) keys.push_back(unit.unit);
  SummaryMark mark;
  std::vector<SummaryValues> values;
  const bool now = request.structure() == v1::STRUCTURE_NOW;
  RONGHE_RETURN_IF_ERROR(parts_.database.Read(call.deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(mark, ReadMark(session));
    RONGHE_ASSIGN_OR_RETURN(values, now ? ReadSummariesNow(session, parts_.metrics, keys, periods)
                                        : ReadSummaries(session, parts_.metrics, keys, periods));
    return absl::OkStatus();
  }));
  const google::protobuf::Descriptor& type = *response.GetDescriptor();
  const google::protobuf::Reflection& reflection = *response.GetReflection();
  const google::protobuf::FieldDescriptor* summaries = type.FindFieldByName("summaries");
  const std::vector<std::string> names = PeriodTexts(request.periods(), periods);
  for (size_t u = 0; u < wanted.size(); ++u) {
    for (size_t p = 0; p < periods.size(); ++p) {
      const SummaryValues& of = values[u * periods.size() + p];
      google::protobuf::Message& summary = *reflection.AddMessage(&response, summaries);
      SetText(summary, "unit", wanted[u].name);
      SetText(summary, "period", names[p]);
      if (!request.totals_only()) FillMetrics(parts_.metrics, "own", of.own, summary);
      FillMetrics(parts_.metrics, "total", of.sum, summary);
    }
  }
  auto* watermark =
      static_cast<v1::Watermark*>(reflection.MutableMessage(&response, type.FindFieldByName("watermark")));
  WriteMark(mark, std::move(incarnation), *watermark);
  return absl::OkStatus();
}

absl::StatusOr<v1::GetStructureDifferenceResponse> SummaryService::GetDifference(
    const Call& call, const v1::GetStructureDifferenceRequest& request) const {
  Violations violations;
  const std::optional<Period> period = ParsePeriod(request.period());
  if (!period || period->first != period->last) {
    violations.Add("period", "BAD_PERIOD", {"must be a month (2026-11)", "应为月份（2026-11）"});
  } else if (period->first > MonthAt(parts_.calendar, parts_.calendar.clock().Now())) {
    violations.Add("period", "IN_FUTURE", {"the period has not begun", "该期间尚未开始"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_RETURN_IF_ERROR(parts_.gate.Cover(request.min_revision(), call.deadline));
  RONGHE_ASSIGN_OR_RETURN(const DirectoryUnit unit, Find(request.unit()));
  RONGHE_ASSIGN_OR_RETURN(std::string incarnation, parts_.log.Incarnation());
  std::vector<UnitUid> today;
  const std::vector<DirectoryUnit> active = ActiveChildren(unit.uid);
  for (const DirectoryUnit& child : active) today.push_back(child.uid);
  SummaryMark mark;
  MonthDifference difference;
  std::vector<UnitUid> children;
  RONGHE_RETURN_IF_ERROR(parts_.database.Read(call.deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(mark, ReadMark(session));
    RONGHE_ASSIGN_OR_RETURN(children, ReadChildrenAt(session, unit.uid, period->first, today));
    if (request.children_only()) return absl::OkStatus();
    RONGHE_ASSIGN_OR_RETURN(difference,
                            ReadDifference(session, parts_.metrics, unit.uid, unit.partition, period->first));
    return absl::OkStatus();
  }));
  v1::GetStructureDifferenceResponse response;
  for (const UnitUid child : children) {
    if (std::string name = NameFor(call, child); !name.empty()) response.add_children_then(std::move(name));
  }
  std::sort(response.mutable_children_then()->begin(), response.mutable_children_then()->end());
  WriteAmounts(difference.then, true, *response.mutable_then());
  WriteAmounts(difference.now, true, *response.mutable_now());
  for (const StructureDifference& one : difference.units) {
    v1::StructureDifference& added = *response.add_differences();
    added.set_unit(NameFor(call, one.unit));
    added.set_kind(one.joined ? v1::STRUCTURE_DIFFERENCE_KIND_JOINED : v1::STRUCTURE_DIFFERENCE_KIND_LEFT);
    added.set_parent_then(NameFor(call, one.parent_then));
    added.set_parent_now(NameFor(call, one.parent_now));
    WriteAmounts(one.amounts, false, *added.mutable_amounts());
  }
  WriteMark(mark, std::move(incarnation), *response.mutable_watermark());
  return response;
}

std::vector<DirectoryUnit> SummaryService::ActiveChildren(UnitUid unit) const {
  std::vector<DirectoryUnit> children = parts_.directory.ChildrenOf(unit);
  std::erase_if(children, [](const DirectoryUnit& child) { return child.deleted || child.state != kActive; });
  return children;
}

// What lies outside the caller's scope has no name for the caller.
std::string SummaryService::NameFor(const Call& call, UnitUid unit) const {
  if (!unit || !parts_.directory.ScopeCovers(call.scope, unit)) return "";
  const std::string code = parts_.directory.CodeOf(unit);
  return code.empty() ? "" : fmt::format("{}{}", kPrefix, code);
}

void SummaryService::WriteAmounts(std::span<const int64_t> values, bool zeros,
                                  google::protobuf::Map<std::string, int64_t>& amounts) const {
  for (size_t m = 0; m < values.size(); ++m) {
    if (zeros || values[m] != 0) amounts[parts_.metrics.at(m).name] = values[m];
  }
}

absl::StatusOr<DirectoryUnit> SummaryService::Find(const std::string& name) const {
  if (!name.starts_with(kPrefix)) return NotFound(name);
  std::optional<DirectoryUnit> unit = parts_.directory.FindByCode(std::string_view(name).substr(kPrefix.size()));
  if (!unit || unit->deleted) return NotFound(name);
  return *std::move(unit);
}

}  // namespace ronghe::common
