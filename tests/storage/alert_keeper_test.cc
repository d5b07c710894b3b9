// Alerts as they are kept, on every engine: always what judging everything anew would give.
#include "services/organization/storage/alert_keeper.h"

#include "services/organization/app/alert_query.h"
#include "services/organization/app/post_app.h"
#include "services/organization/storage/sql_post_store.h"
#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Day = absl::CivilDay;

class AlertKeeperTest : public UnitTestBase {
 protected:
  void SetUp() override {
    UnitTestBase::SetUp();
    posts_.emplace(*database_, *log_, zone_);
    app_posts_.emplace(*posts_, *tree_, calendar(), tests::DefaultRules());
    alerts_.emplace(*database_);
    query_alerts_.emplace(*alerts_, *tree_, signer_);
    keeper_ = NewKeeper(tests::DefaultRules());
  }
  std::unique_ptr<AlertKeeper> NewKeeper(const RuleBook& rules) {
    return std::make_unique<AlertKeeper>(AlertKeeper::Parts{*database_, *log_, *feed_, *tree_, calendar(), rules});
  }

  // Members of a unit, logged as changes of it.
  void AddMembers(const std::string& unit, int count) {
    const TreeUnit home = tree_->FindByCode(unit).value();
    Must(log_->Write(home.partition, call_,
                     [&](common::WriteTxn& txn) -> absl::Status {
                       for (int i = 0; i < count; ++i) {
                         const std::string text =
                             "INSERT INTO member (partition_id, member_id, unit_uid, sex, status, join_day, full_day, "
                             "external_source, "
                             "external_id, key_version, wrapped_key, personal, identity_index, version, revision, "
                             "create_us, "
                             "update_us, actor) VALUES (?, ?, ?, 1, 1, 0, 0, '', '', 1, ?, ?, ?, 1, 1, 0, 0, 'test')";
                         const sql::Value blob{sql::Blob{"x"}};
                         const sql::Value args[] = {
                             home.partition.value, txn.NewId(), home.uid.value, blob, blob, blob};
                         RONGHE_RETURN_IF_ERROR(txn.session().Execute({"test", text}, args).status());
                       }
                       txn.Log({.kind = common::ChangeKind::kCreated, .resource = "members/1", .unit = home.uid});
                       return absl::OkStatus();
                     })
             .status());
  }
  std::string MemberOf(const std::string& unit) {
    const TreeUnit home = tree_->FindByCode(unit).value();
    return fmt::format("members/{}",
                       Count(fmt::format("SELECT MIN(member_id) FROM member WHERE unit_uid = {}", home.uid.value)));
  }

  // The alerts in and below a unit, as `code rule`, once the keeper has caught up.
  std::vector<std::string> Alerts(const std::string& unit, const std::string& filter = "", int page_size = 2) {
    Refresh();
    EXPECT_TRUE(keeper_->RunOnce().ok());
    ListAlertsQuery query{"units/" + unit, page_size, "", filter};
    std::vector<std::string> all;
    do {
      const absl::StatusOr<AlertPage> page = query_alerts_->List(call_, query);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const StoredAlert& alert : page->alerts) {
        all.push_back(fmt::format("{} {}", tree_->CodeOf(alert.unit), static_cast<int>(alert.rule)));
      }
      query.page_token = page->next_page_token;
    } while (!query.page_token.empty());
    return all;
  }

  std::optional<SqlPostStore> posts_;
  std::optional<PostApp> app_posts_;
  std::optional<SqlAlertStore> alerts_;
  std::optional<AlertQuery> query_alerts_;
  std::unique_ptr<AlertKeeper> keeper_;
};
INSTANTIATE_ENGINES(AlertKeeperTest);

TEST_P(AlertKeeperTest, FollowsWhatChanges) {
  MakeTree();
  // Too few members, no secretary, no term; most urgent first.
  EXPECT_THAT(Alerts("B1"), ElementsAre("B1 2", "B1 3", "B1 5"));
  AddMembers("B1", 3);
  EXPECT_THAT(Alerts("B1"), ElementsAre("B1 3", "B1 5"));
  app_posts_->CreateTerm(call_, "units/B1", 0, On(Day(2023, 3, 1))).value();
  EXPECT_THAT(Alerts("B1"), ElementsAre("B1 1", "B1 3"));
  const StoredPost post = app_posts_->CreatePost(call_, "units/B1", {1, "", 1}, {}).value();
  app_posts_->CreateAppointment(call_, {NameOf(post.id), MemberOf("B1"), 1, ""}, {}).value();
  EXPECT_THAT(Alerts("B1"), ElementsAre("B1 1"));
  AddMembers("B1", 4);
  EXPECT_THAT(Alerts("B1"), ElementsAre("B1 1", "B1 4"));
  // Since when, and what it is about.
  const AlertPage page = query_alerts_->List(call_, {"units/B1", 10, "", ""}).value();
  EXPECT_EQ(page.alerts[0].since, Day(2026, 3, 1));
  EXPECT_TRUE(page.alerts[0].term);
  EXPECT_EQ(page.alerts[1].since, kToday);
  EXPECT_EQ(page.alerts[1].value, 1);
  EXPECT_EQ(page.alerts[1].limit, 3);
  // Nothing to do, nothing done.
  EXPECT_EQ(keeper_->RunOnce().value(), 0);
}

TEST_P(AlertKeeperTest, SinceStaysWhileTheRuleIsNotKept) {
  MakeTree();
  AddMembers("B1", 1);
  Alerts("B1");
  clock_.Advance(absl::Hours(72));
  AddMembers("B1", 1);
  EXPECT_THAT(Alerts("B1", "rule = FEW_FULL_MEMBERS"), ElementsAre("B1 2"));
  const StoredAlert alert = query_alerts_->List(call_, {"units/B1", 10, "", "rule = FEW_FULL_MEMBERS"})->alerts[0];
  EXPECT_EQ(alert.since, kToday);
  EXPECT_EQ(alert.value, 2);
}

TEST_P(AlertKeeperTest, ABranchCountsItsGroupsAndAGeneralBranchItsBranches) {
  MakeTree();
  Create(Fields("GB", Level::kBranch, UnitKind::kGeneralBranch), "370783104");
  Create(Fields("B3", Level::kBranch, UnitKind::kBranch), "GB");
  Create(Fields("G3", Level::kGroup, UnitKind::kGroup), "B3");
  AddMembers("B3", 1);
  EXPECT_THAT(Alerts("GB", "rule = FEW_FULL_MEMBERS"), ElementsAre("B3 2"));
  AddMembers("G3", 2);
  EXPECT_THAT(Alerts("GB", "rule = FEW_FULL_MEMBERS"), IsEmpty());
  EXPECT_THAT(Alerts("GB", "rule = GENERAL_BRANCH_SIZE"), ElementsAre("GB 7"));
  AddMembers("G3", 60);
  EXPECT_THAT(Alerts("GB", "rule = GENERAL_BRANCH_SIZE"), IsEmpty());
  EXPECT_THAT(Alerts("GB", "rule = BRANCH_TOO_LARGE"), ElementsAre("B3 6"));
  // The branch goes: the general branch is judged again.
  Must(Move("B3", "370783104").status());
  EXPECT_THAT(Alerts("GB", "rule = GENERAL_BRANCH_SIZE"), ElementsAre("GB 7"));
}

TEST_P(AlertKeeperTest, ADissolvedUnitHasNoneAndScopeLimitsTheList) {
  MakeTree();
  EXPECT_THAT(Alerts("370783104", "severity = URGENT AND rule != NO_SECRETARY"), UnorderedElementsAre("B1 2", "B2 2"));
  EXPECT_THAT(Alerts("370784", "rule = NO_TERM"), UnorderedElementsAre("370784 5", "370784101 5"));
  Must(Dissolve("B2").status());
  EXPECT_THAT(Alerts("B2"), IsEmpty());
  common::Call other = call_;
  other.scope = {false, {tree_->FindByCode("370784")->uid}};
  EXPECT_TRUE(absl::IsNotFound(query_alerts_->List(other, {"units/370783", 10, "", ""}).status()));
  EXPECT_EQ(ReasonOf(query_alerts_->List(call_, {"units/37", 10, "", "rule = SOME"}).status()), "UNKNOWN_VALUE");
}

TEST_P(AlertKeeperTest, OtherRulesAreAppliedToEverybody) {
  MakeTree();
  AddMembers("B1", 4);
  EXPECT_THAT(Alerts("B1", "rule = FEW_FULL_MEMBERS"), IsEmpty());
  std::vector<Rules> sets = tests::DefaultRules().sets();
  sets[0].branches.min_full_members = 5;
  sets.push_back(sets[0]);
  sets[1].effective = kToday + 1;
  sets[1].branches.min_full_members = 4;
  const RuleBook stricter = RuleBook::Create("stricter", sets).value();
  keeper_ = NewKeeper(stricter);
  EXPECT_THAT(Alerts("B1", "rule = FEW_FULL_MEMBERS"), ElementsAre("B1 2"));
  // And those of another day on that day, by themselves.
  clock_.Advance(absl::Hours(24));
  EXPECT_THAT(Alerts("B1", "rule = FEW_FULL_MEMBERS"), IsEmpty());
}

// A keeper that has never run finds what one that followed every change has kept.
TEST_P(AlertKeeperTest, FollowingGivesWhatJudgingEverythingGives) {
  MakeTree();
  for (int i = 0; i < 6; ++i) {
    AddMembers(i % 2 == 0 ? "B1" : "B2", i);
    if (i == 2) app_posts_->CreateTerm(call_, "units/B1", 0, On(Day(2024, 1, 1))).value();
    if (i == 4) app_posts_->CreateTerm(call_, "units/370783104", 0, On(Day(2020, 1, 1))).value();
    Alerts("37");
  }
  const std::vector<std::string> followed = Alerts("37", "", 100);
  Must(database_->Write(absl::InfiniteFuture(), [&](sql::Session& session) {
    RONGHE_RETURN_IF_ERROR(session.Execute({"test", "DELETE FROM alert"}).status());
    return session.Execute({"test", "UPDATE alert_progress SET position = 0, rules = ''"}).status();
  }));
  keeper_ = NewKeeper(tests::DefaultRules());
  EXPECT_EQ(Alerts("37", "", 100), followed);
  EXPECT_FALSE(followed.empty());
}

}  // namespace
}  // namespace ronghe::organization
