// Learning records on every engine: what counts, once, and what never changes.
#include "tests/storage/learning_fixture.h"

namespace ronghe::education {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using A = AttendanceStatus;
using S = LearningSource;

class LearningStoreTest : public LearningTestBase {};
INSTANTIATE_ENGINES(LearningStoreTest);

TEST_P(LearningStoreTest, ARecordCountsOnceInTheUnitOfItsDay) {
  const LearningView made = Enter(Learned(12, "1", 15, "", S::kOnlinePlatform, Day(2026, 5, 31)));
  EXPECT_EQ(made.unit, kB2);
  EXPECT_TRUE(made.stored.counted);
  EXPECT_GT(made.stored.revision, 0);
  EXPECT_EQ(Enter(Learned(12, "2", 5, "", S::kOnlinePlatform, Day(2026, 6, 1))).unit, kB1);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("6 learning_records", 1), Pair("6 credit_deci_hours", 15),
                                             Pair("5 learning_records", 1), Pair("5 credit_deci_hours", 5)));
  // The same again is the same record; another content under the same number is refused.
  EXPECT_EQ(Enter(Learned(12, "1", 15, "", S::kOnlinePlatform, Day(2026, 5, 31))).stored.id, made.stored.id);
  const auto other = learning_->Create(By("clerk"), Learned(12, "1", 16, "", S::kOnlinePlatform, Day(2026, 5, 31)), {});
  EXPECT_EQ(ReasonOf(other.status()), "EXTERNAL_ID_USED");
  // Another platform has numbers of its own.
  EXPECT_NE(Enter(Learned(12, "1", 15, "", S::kPartySchool, Day(2026, 5, 31))).stored.id, made.stored.id);
  EXPECT_EQ(Year(12).credit_deci_hours, 35);
  EXPECT_EQ(Year(12, 2025).credit_deci_hours, 0);
  EXPECT_THAT(Year(12, 2025).page.items, IsEmpty());
  EXPECT_EQ(Totals()["6 credit_deci_hours"], 30);
}

TEST_P(LearningStoreTest, WhatCannotHaveBeenIsRefused) {
  const auto faults = [&](LearningFields fields, UnitUid scope = kCounty) {
    return FaultsOf(learning_->Create(By("clerk", scope), std::move(fields), {}).status());
  };
  EXPECT_THAT(faults(Learned(13, "1", 10, "", S::kOnlinePlatform, Day(2026, 11, 1))),
              ElementsAre("learning_record.date OUTSIDE_MEMBERSHIP"));
  EXPECT_THAT(faults(Learned(12, "1", 10, "", S::kOnlinePlatform, Day(2026, 5, 31)), kB1),
              ElementsAre("learning_record.date NOT_IN_SCOPE"));
  EXPECT_THAT(faults(Learned(11, "", -1)), UnorderedElementsAre("learning_record.external_id REQUIRED",
                                                                "learning_record.credit_deci_hours OUT_OF_RANGE"));
  EXPECT_TRUE(absl::IsNotFound(learning_->Create(By("clerk"), Learned(99, "1"), {}).status()));
  roster_.failure = common::Unavailable("ROSTER_UNAVAILABLE", {"away", "不在"});
  EXPECT_EQ(ReasonOf(learning_->Create(By("clerk"), Learned(11, "1"), {}).status()), "ROSTER_UNAVAILABLE");
  EXPECT_THAT(Totals(), IsEmpty());
}

TEST_P(LearningStoreTest, ACourseCountsOnceAndTheRuleSaysWhich) {
  Enter(Learned(11, "online", 10, "c1"));
  Enter(Learned(11, "again", 10, "c1", S::kOnlinePlatform, Day(2026, 9, 2)));
  EXPECT_THAT(Lines(11), ElementsAre("online 10 counts", "again 10 does not"));
  // What the party school says goes before it, whenever it comes.
  const LearningView school = Enter(Learned(11, "school", 30, "c1", S::kPartySchool, Day(2026, 10, 1)));
  EXPECT_TRUE(school.stored.counted);
  EXPECT_THAT(Lines(11), ElementsAre("online 10 does not", "again 10 does not", "school 30 counts"));
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("5 learning_records", 1), Pair("5 credit_deci_hours", 30)));
  // Another course, another year, another member: each counts.
  Enter(Learned(11, "other", 10, "c2"));
  Enter(Learned(11, "earlier", 10, "c1", S::kOnlinePlatform, Day(2025, 12, 31)));
  Enter(Learned(21, "his", 10, "c1"));
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 50);
  EXPECT_EQ(Totals()["6 credit_deci_hours"], 10);
  // Without it the earliest of the rest counts.
  Must(learning_->Void(By("clerk"), NameOf(school), "登记错误", std::nullopt, {}));
  EXPECT_THAT(Lines(11), ElementsAre("online 10 counts", "other 10 counts", "again 10 does not", "school 30 void"));
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 30);
}

TEST_P(LearningStoreTest, WhatIsVoidedStaysVoidHoweverOftenItIsReported) {
  const LearningView made = Enter(Learned(11, "1", 10));
  const auto voided = Must(learning_->Void(By("clerk"), NameOf(made), "张三没有参加", std::nullopt, {}));
  EXPECT_EQ(voided.voided.stored.state, LearningState::kVoided);
  EXPECT_EQ(voided.voided.stored.void_reason, "张三没有参加");
  EXPECT_EQ(ReasonOf(learning_->Void(By("clerk"), NameOf(made), "再次", std::nullopt, {}).status()), "VOIDED");
  EXPECT_EQ(Enter(Learned(11, "1", 10)).stored.state, LearningState::kVoided);
  EXPECT_THAT(Totals(), IsEmpty());
  const LearningView second = Enter(Learned(11, "2", 10));
  const auto replaced = Must(learning_->Void(By("clerk"), NameOf(second), "学时有误", Learned(11, "2", 20), {}));
  ASSERT_TRUE(replaced.replacement.has_value());
  EXPECT_EQ(replaced.replacement->stored.replaces, second.stored.id);
  EXPECT_EQ(replaced.voided.stored.replaced_by, replaced.replacement->stored.id);
  EXPECT_THAT(Lines(11), ElementsAre("1 10 void", "2 10 void", "2 20 counts"));
  EXPECT_EQ(Enter(Learned(11, "2", 20)).stored.id, replaced.replacement->stored.id);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("5 learning_records", 1), Pair("5 credit_deci_hours", 20)));
  // A replacement is of the same member, and takes no number that is in use.
  const std::string third = NameOf(Enter(Learned(11, "3", 10)));
  EXPECT_THAT(FaultsOf(learning_->Void(By("clerk"), third, "更正", Learned(12, "3"), {}).status()),
              ElementsAre("replacement.member OTHER_MEMBER"));
  EXPECT_EQ(ReasonOf(learning_->Void(By("clerk"), third, "更正", Learned(11, "1", 10), {}).status()),
            "EXTERNAL_ID_USED");
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 30);
  EXPECT_TRUE(absl::IsNotFound(learning_->Void(By("stranger", kOther), third, "更正", std::nullopt, {}).status()));
  Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
    return session.Select({"test", "SELECT actor FROM learning_void WHERE texts = ''"}, {},
                          [](const sql::Row&) { return absl::InternalError("a reason is not kept"); });
  }));
}

TEST_P(LearningStoreTest, OnceOnlyAndTriedWithoutATrace) {
  common::WriteOptions tried;
  tried.validate_only = true;
  const auto only = Must(learning_->Create(By("clerk"), Learned(11, "1"), tried));
  EXPECT_EQ(only.stored.revision, 0);
  EXPECT_THAT(Lines(11), IsEmpty());
  const auto key = Key("11111111-1111-1111-1111-111111111111");
  const auto made = Must(learning_->Create(By("clerk"), Learned(11, "1"), key));
  EXPECT_EQ(Must(learning_->Create(By("clerk"), Learned(11, "1"), key)).stored.id, made.stored.id);
  const auto void_key = Key("22222222-2222-2222-2222-222222222222");
  Must(learning_->Void(By("clerk"), NameOf(made), "有误", Learned(11, "1", 12), void_key));
  const auto again = Must(learning_->Void(By("clerk"), NameOf(made), "有误", Learned(11, "1", 12), void_key));
  ASSERT_TRUE(again.replacement.has_value());
  EXPECT_THAT(Lines(11), ElementsAre("1 10 void", "1 12 counts"));
}

// Eleven was there, twelve on leave, thirteen absent.
TEST_P(LearningStoreTest, AConfirmedActivityGivesRecordsThatFollowItsAmendments) {
  const ActivityView activity = Confirmed(Fields());
  const std::string of = fmt::format("{}/", activity.stored.id.value);
  EXPECT_THAT(Lines(11), ElementsAre(of + "11 20 counts"));
  EXPECT_THAT(Lines(12), IsEmpty());
  const LearningView record = Year(11).page.items.at(0);
  EXPECT_EQ(record.stored.record.day, Day(2026, 11, 16));
  EXPECT_EQ(ReasonOf(learning_->Void(By("clerk"), NameOf(record), "有误", std::nullopt, {}).status()), "OF_ACTIVITY");
  AmendmentFields amendment;
  amendment.reason = "补登";
  amendment.entries = {Entry(11, A::kAbsent), Entry(12, A::kPresent)};
  Must(app_->Amend(By("clerk"), NameOf(activity), amendment, {}));
  EXPECT_THAT(Lines(11), ElementsAre(of + "11 20 void"));
  EXPECT_EQ(Year(11).page.items.at(0).stored.void_reason, "补登");
  EXPECT_THAT(Lines(12), ElementsAre(of + "12 20 counts"));
  // More credit, and eleven was there after all.
  amendment.entries = {Entry(11, A::kPresent)};
  amendment.credit = 25;
  Must(app_->Amend(By("clerk"), NameOf(activity), amendment, {}));
  EXPECT_THAT(Lines(11), ElementsAre(of + "11 20 void", of + "11 25 counts"));
  EXPECT_THAT(Lines(12), ElementsAre(of + "12 20 void", of + "12 25 counts"));
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 50);
  EXPECT_EQ(Totals()["5 learning_records"], 2);
  amendment.entries.clear();
  amendment.credit = 0;
  Must(app_->Amend(By("clerk"), NameOf(activity), amendment, {}));
  EXPECT_EQ(Totals()["5 credit_deci_hours"], 0);
}

}  // namespace
}  // namespace ronghe::education
