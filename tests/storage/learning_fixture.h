#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/education/app/learning_app.h"
#include "tests/storage/activity_fixture.h"

namespace ronghe::education {

// Learning records beside activities. Members 11 and 13 are of B1 since 2000, 13 until 2026-10-31; 12 came from B2 on
// 2026-06-01; 21 is of B2; 90 of another county. The partitions of all of them differ.
class LearningTestBase : public ActivityTestBase {
 protected:
  void SetUp() override {
    ActivityTestBase::SetUp();
    const Day join(2000, 7, 1);
    roster_.memberships = {{11, join, std::nullopt, {{kB1, join}}},
                           {12, join, std::nullopt, {{kB2, join}, {kB1, Day(2026, 6, 1)}}},
                           {13, join, Day(2026, 10, 31), {{kB1, join}}},
                           {21, join, std::nullopt, {{kB2, join}}},
                           {90, join, std::nullopt, {{kOther, join}}}};
    learning_.emplace(LearningApp::Parts{*learning_store_, units_, roster_, policy_.learning,
                                         common::Calendar(clock_, zone_), signer_});
  }

  static LearningFields Learned(int64_t member, const std::string& external_id, int credit = 10,
                                const std::string& course = "", LearningSource source = LearningSource::kOnlinePlatform,
                                Day day = Day(2026, 9, 1)) {
    LearningFields fields;
    fields.member = fmt::format("members/{}", member);
    fields.has_day = true;
    fields.record.source = source;
    fields.record.platform = source == LearningSource::kOnlinePlatform ? "xuexi" : "school";
    fields.record.external_id = external_id;
    fields.record.course = course;
    fields.record.day = day;
    fields.record.credit_deci_hours = credit;
    return fields;
  }
  LearningView Enter(LearningFields fields) { return Must(learning_->Create(By("clerk"), std::move(fields), {})); }
  static std::string NameOf(const LearningView& view) { return education::NameOf(view.stored.id); }
  using ActivityTestBase::NameOf;
  LearningPage Year(int64_t member, int year = 2026) {
    return Must(learning_->List(By("clerk"), fmt::format("members/{}", member), year, 0, ""));
  }
  // `external id, tenths, counted or not` of a member's year.
  std::vector<std::string> Lines(int64_t member) {
    std::vector<std::string> lines;
    const LearningPage year = Year(member);
    for (const LearningView& view : year.page.items) {
      const LearningRecord& record = view.stored.record;
      lines.push_back(fmt::format("{} {} {}", record.external_id, record.credit_deci_hours,
                                  view.stored.state == LearningState::kVoided ? "void"
                                  : view.stored.counted                       ? "counts"
                                                                              : "does not"));
    }
    return lines;
  }
  static std::vector<std::string> FaultsOf(const absl::Status& status) {
    std::vector<std::string> faults;
    for (const auto& one : common::ViolationsOf(status)) faults.push_back(one.field + " " + one.reason);
    return faults;
  }

  std::optional<LearningApp> learning_;
};

}  // namespace ronghe::education
