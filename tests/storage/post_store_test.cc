// Posts, terms and appointments as they are kept, on every engine: what is refused, what the clock does, what it adds
// up to.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "services/common/rollup/change.h"
#include "services/common/timer/timer.h"
#include "services/organization/app/post_app.h"
#include "services/organization/app/post_query.h"
#include "services/organization/storage/post_rows.h"
#include "services/organization/storage/sql_post_store.h"
#include "services/organization/storage/sql_post_txn.h"
#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Day = absl::CivilDay;

class PostStoreTest : public UnitTestBase {
 protected:
  void SetUp() override {
    UnitTestBase::SetUp();
    MakeTree();
    Refresh();
    posts_.emplace(*database_, *log_, zone_);
    app_posts_.emplace(*posts_, *tree_, calendar(), tests::DefaultRules());
    list_.emplace(*posts_, *tree_, signer_);
    timers_ = std::make_unique<common::TimerLoop>(*database_, *log_, clock_,
                                                  common::TimerLoop::Options{.server_clock = false});
    timers_->Handle(std::string(kTermTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
      SqlPostTxn in_txn(txn, zone_);
      return app_posts_->TermDue(in_txn, TermId(timer.record), timer.due);
    });
    timers_->Handle(std::string(kUnitPostsTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
      SqlPostTxn in_txn(txn, zone_);
      return app_posts_->UnitEnded(in_txn, UnitUid(timer.record));
    });
  }

  TreeUnit At(const std::string& code) { return tree_->FindByCode(code).value(); }

  // A member of a unit, with an id of the unit's partition.
  std::string AddMember(int number, const std::string& unit, bool full = true) {
    const TreeUnit home = At(unit);
    const int64_t id = common::MakeId(1000 + number, home.partition);
    Must(database_->Write(absl::InfiniteFuture(), [&](sql::Session& session) {
      const std::string text =
          "INSERT INTO member (partition_id, member_id, unit_uid, sex, status, join_day, full_day, external_source, "
          "external_id, key_version, wrapped_key, personal, identity_index, version, revision, create_us, update_us, "
          "actor) VALUES (?, ?, ?, 1, ?, 0, ?, '', '', 1, ?, ?, ?, 1, 1, 0, 0, 'test')";
      const sql::Value none{sql::Null{}};
      const sql::Value blob{sql::Blob{"x"}};
      const sql::Value full_day{int64_t{common::DayNumber(Day(2011, 7, 1))}};
      const sql::Value args[] = {home.partition.value,   id,   home.uid.value, int64_t{full ? 1 : 2},
                                 full ? full_day : none, blob, blob,           blob};
      return session.Execute({"test", text}, args).status();
    }));
    return MemberName(MemberId(id));
  }

  StoredPost Post(const std::string& unit, PostKind kind, int seats = 1) {
    const absl::StatusOr<StoredPost> post =
        app_posts_->CreatePost(call_, "units/" + unit, {static_cast<int>(kind), "", seats}, On(Day(2020, 1, 1)));
    EXPECT_TRUE(post.ok()) << post.status();
    return post.value_or(StoredPost());
  }
  StoredTerm Term(const std::string& unit, Day start) {
    const absl::StatusOr<StoredTerm> term = app_posts_->CreateTerm(call_, "units/" + unit, 0, On(start));
    EXPECT_TRUE(term.ok()) << term.status();
    return term.value_or(StoredTerm());
  }
  absl::StatusOr<StoredAppointment> Appoint(const StoredPost& post, const std::string& member, Day from,
                                            AppointmentBasis basis = AppointmentBasis::kElected) {
    return app_posts_->CreateAppointment(call_, {NameOf(post.id), member, static_cast<int>(basis), ""}, On(from));
  }
  StoredTerm Term(TermId id) { return posts_->Find(id, absl::InfiniteFuture()).value().value(); }
  StoredPost Post(PostId id) { return posts_->Find(id, absl::InfiniteFuture()).value().value(); }
  StoredAppointment Appointment(AppointmentId id) { return posts_->Find(id, absl::InfiniteFuture()).value().value(); }

  // The reasons of a refusal, in order.
  static std::vector<std::string> Reasons(const absl::Status& status) {
    std::vector<std::string> reasons;
    for (const common::Blocker& blocker : common::BlockersOf(status)) {
      reasons.push_back(blocker.reason);
      EXPECT_FALSE(blocker.text.zh.empty());
    }
    for (const common::Violation& violation : common::ViolationsOf(status)) {
      reasons.push_back(violation.field + " " + violation.reason);
    }
    return reasons;
  }

  // What was logged, added up, and what the records count: `expiring overdue vacant` of everything.
  std::string Logged() {
    std::map<std::string, int64_t> sums;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"test", "SELECT rollup FROM change_log"}, {}, [&](const sql::Row& row) {
        const auto change = common::DecodeRollup(row.Text(0));
        if (!change) return absl::OkStatus();
        for (const auto& amount : change->amounts) {
          for (const auto& [name, value] : amount.metrics) sums[name] += value;
        }
        return absl::OkStatus();
      });
    }));
    return fmt::format("{} {} {}", sums["terms_expiring"], sums["terms_overdue"], sums["posts_vacant"]);
  }
  std::string Recounted() {
    PostCounts sums;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return CountPosts(session, [&](UnitUid, const PostCounts& counts) {
        sums.terms_expiring += counts.terms_expiring;
        sums.terms_overdue += counts.terms_overdue;
        sums.posts_vacant += counts.posts_vacant;
      });
    }));
    return fmt::format("{} {} {}", sums.terms_expiring, sums.terms_overdue, sums.posts_vacant);
  }
  void ExpectCounts(const std::string& expected) {
    EXPECT_EQ(Logged(), expected);
    EXPECT_EQ(Recounted(), expected);
  }
  void GoTo(Day day) { clock_.Set(absl::FromCivil(day, zone_)); }

  std::optional<SqlPostStore> posts_;
  std::optional<PostApp> app_posts_;
  std::optional<PostQuery> list_;
  std::unique_ptr<common::TimerLoop> timers_;
};
INSTANTIATE_ENGINES(PostStoreTest);

TEST_P(PostStoreTest, AVacancyIsASeatThatNobodyHolds) {
  Term("B1", Day(2025, 3, 1));
  const StoredPost secretary = Post("B1", PostKind::kSecretary);
  const StoredPost members = Post("B1", PostKind::kCommitteeMember, 3);
  ExpectCounts("0 0 4");
  const std::string wang = AddMember(1, "B1");
  const std::string li = AddMember(2, "B1");
  const StoredAppointment first = Appoint(secretary, wang, Day(2025, 3, 1)).value();
  EXPECT_EQ(first.kind, PostKind::kSecretary);
  EXPECT_TRUE(first.term);
  Appoint(members, li, Day(2025, 3, 1)).value();
  ExpectCounts("0 0 2");
  EXPECT_EQ(Post(members.id).filled, 1);
  EXPECT_EQ(Post(members.id).vacant(), 2);

  app_posts_->UpdatePost(call_, NameOf(members.id), {{0, "", 5}, {"seats"}}, {}).value();
  ExpectCounts("0 0 4");
  EXPECT_THAT(Reasons(app_posts_->AbolishPost(call_, NameOf(secretary.id), {}).status()),
              ElementsAre("HAS_APPOINTMENTS"));
  const StoredAppointment ended =
      app_posts_->EndAppointment(call_, NameOf(first.id), static_cast<int>(EndReason::kResigned), {}).value();
  EXPECT_EQ(ended.state, AppointmentState::kEnded);
  EXPECT_EQ(ended.days.until, kToday);
  ExpectCounts("0 0 5");
  EXPECT_EQ(
      common::ReasonOf(
          app_posts_->EndAppointment(call_, NameOf(first.id), static_cast<int>(EndReason::kResigned), {}).status()),
      "APPOINTMENT_ENDED");
  app_posts_->AbolishPost(call_, NameOf(secretary.id), {}).value();
  ExpectCounts("0 0 4");
  EXPECT_EQ(common::ReasonOf(app_posts_->AbolishPost(call_, NameOf(secretary.id), {}).status()), "POST_ABOLISHED");
  // A new one may take its place, one only.
  Post("B1", PostKind::kSecretary);
  EXPECT_THAT(Reasons(app_posts_->CreatePost(call_, "units/B1", {1, "", 1}, {}).status()),
              ElementsAre("SECRETARY_EXISTS"));
}

TEST_P(PostStoreTest, WhatOverlapsIsRefusedWithEveryReason) {
  Term("B1", Day(2025, 3, 1));
  Term("B2", Day(2025, 3, 1));
  const StoredPost one = Post("B1", PostKind::kSecretary);
  const StoredPost deputy = Post("B1", PostKind::kDeputySecretary);
  const StoredPost two = Post("B2", PostKind::kSecretary);
  const std::string wang = AddMember(1, "B1");
  const std::string li = AddMember(2, "B2", /*full=*/false);
  const std::string far = AddMember(3, "370784101");
  Appoint(one, wang, Day(2025, 6, 1)).value();
  EXPECT_THAT(Reasons(Appoint(deputy, wang, Day(2025, 7, 1)).status()), ElementsAre("HOLDS_POST_HERE"));
  EXPECT_THAT(Reasons(Appoint(one, li, Day(2025, 4, 1)).status()),
              ElementsAre("NOT_FULL_MEMBER", "NOT_OF_UNIT", "POST_FULL"));
  EXPECT_THAT(Reasons(Appoint(two, wang, Day(2025, 4, 1)).status()), ElementsAre("NOT_OF_UNIT", "SECRETARY_ELSEWHERE"));
  EXPECT_THAT(Reasons(Appoint(two, wang, Day(2025, 4, 1), AppointmentBasis::kAppointed).status()),
              ElementsAre("SECRETARY_ELSEWHERE"));
  EXPECT_THAT(Reasons(Appoint(deputy, far, kToday, AppointmentBasis::kAppointed).status()),
              ElementsAre("OTHER_COUNTY"));
  EXPECT_THAT(Reasons(Appoint(deputy, AddMember(4, "B1"), Day(2019, 1, 1)).status()),
              ElementsAre("BEFORE_POST", "BEFORE_TERM"));
  EXPECT_THAT(Reasons(Appoint(deputy, wang, kToday + 1).status()), ElementsAre("appointment.start_date IN_FUTURE"));
  // Nothing of it has happened.
  ExpectCounts("0 0 2");
  EXPECT_EQ(Count("SELECT COUNT(*) FROM appointment"), 1);
  // Somebody sent from above may belong elsewhere in the county, and a seat that was free in between can be given.
  Appoint(deputy, AddMember(5, "B2"), Day(2025, 4, 1), AppointmentBasis::kAppointed).value();
  ExpectCounts("0 0 1");
}

TEST_P(PostStoreTest, ASeatIsCountedOnEveryDay) {
  Term("B1", Day(2025, 1, 1));
  const StoredPost post = Post("B1", PostKind::kCommitteeMember, 2);
  std::vector<std::string> people;
  for (int i = 0; i < 4; ++i) people.push_back(AddMember(i, "B1"));
  const auto end = [&](const StoredAppointment& one, Day day) {
    app_posts_->EndAppointment(call_, NameOf(one.id), static_cast<int>(EndReason::kRemoved), On(day)).value();
  };
  end(Appoint(post, people[0], Day(2025, 1, 1)).value(), Day(2025, 6, 1));
  Appoint(post, people[1], Day(2025, 6, 1)).value();
  // Never more than one at the same time until now: the second seat is free all along.
  const StoredAppointment second = Appoint(post, people[2], Day(2025, 2, 1)).value();
  EXPECT_THAT(Reasons(Appoint(post, people[3], Day(2025, 1, 1)).status()),
              ElementsAre("POST_FULL", "POST_FULL", "POST_FULL"));
  // Recorded by mistake: never has been.
  app_posts_->EndAppointment(call_, NameOf(second.id), static_cast<int>(EndReason::kCorrected), {}).value();
  EXPECT_TRUE(Appointment(second.id).days.empty());
  EXPECT_TRUE(Appoint(post, people[3], Day(2025, 1, 1)).ok());
}

TEST_P(PostStoreTest, TheClockMakesATermExpireExactlyOnce) {
  const StoredTerm term = Term("B1", Day(2025, 3, 1));  // until 2028-02-29
  Term("B2", Day(2020, 1, 1));                          // overdue from the beginning
  EXPECT_EQ(term.state, TermState::kCurrent);
  ExpectCounts("0 1 0");
  GoTo(Day(2027, 8, 29));
  EXPECT_EQ(timers_->FireDue().value(), 0);
  GoTo(Day(2027, 8, 30));
  EXPECT_EQ(timers_->FireDue().value(), 1);
  EXPECT_EQ(timers_->FireDue().value(), 0);
  EXPECT_EQ(Term(term.id).state, TermState::kExpiring);
  ExpectCounts("1 1 0");
  GoTo(Day(2028, 3, 1));
  EXPECT_EQ(timers_->FireDue().value(), 1);
  EXPECT_EQ(Term(term.id).state, TermState::kOverdue);
  ExpectCounts("0 2 0");
  GoTo(Day(2031, 3, 1));
  EXPECT_EQ(timers_->FireDue().value(), 0);
  ExpectCounts("0 2 0");
}

TEST_P(PostStoreTest, ATermIsOverdueAlsoWhereTheClockWasNotLookedAtForYears) {
  const StoredTerm term = Term("B1", Day(2025, 3, 1));
  GoTo(Day(2031, 1, 1));
  EXPECT_EQ(timers_->FireDue().value(), 1);
  EXPECT_EQ(timers_->FireDue().value(), 1);
  EXPECT_EQ(timers_->FireDue().value(), 0);
  EXPECT_EQ(Term(term.id).state, TermState::kOverdue);
  ExpectCounts("0 1 0");
}

TEST_P(PostStoreTest, AnExtensionNeedsAUnitAboveAndGoesNoFurtherThanTheRules) {
  const StoredTerm term = Term("B1", Day(2023, 3, 1));  // until 2026-02-28: overdue
  ExpectCounts("0 1 0");
  const auto extend = [&](const std::string& approver, Day due) {
    return app_posts_->ExtendTerm(call_, NameOf(term.id), {"units/" + approver, 2, "某委〔2026〕3号"}, On(due));
  };
  EXPECT_THAT(Reasons(extend("370784", Day(2028, 1, 1)).status()),
              ElementsAre("due_date TOO_LONG", "approver NOT_ABOVE"));
  EXPECT_THAT(Reasons(extend("B1", Day(2026, 1, 1)).status()), ElementsAre("due_date NOT_LATER", "approver NOT_ABOVE"));
  EXPECT_THAT(Reasons(app_posts_->ExtendTerm(call_, NameOf(term.id), {"units/370783104", 0, ""}, {}).status()),
              ElementsAre("due_date REQUIRED", "reason REQUIRED", "document REQUIRED"));
  const StoredTerm extended = extend("370783104", Day(2027, 2, 1)).value();
  EXPECT_EQ(extended.state, TermState::kExpiring);
  EXPECT_EQ(extended.dates.original_due, Day(2026, 2, 28));
  ExpectCounts("1 0 0");
  GoTo(Day(2027, 2, 2));
  EXPECT_EQ(timers_->FireDue().value(), 1);
  ExpectCounts("0 1 0");
}

TEST_P(PostStoreTest, AnElectionEndsTheTermAndBeginsTheNextWithThoseElected) {
  const StoredTerm term = Term("B1", Day(2023, 3, 1));
  const StoredPost secretary = Post("B1", PostKind::kSecretary);
  const StoredPost members = Post("B1", PostKind::kCommitteeMember, 2);
  const std::string wang = AddMember(1, "B1");
  const std::string li = AddMember(2, "B1");
  const std::string sent = AddMember(3, "B2");
  const StoredAppointment old = Appoint(secretary, wang, Day(2023, 3, 1)).value();
  const StoredAppointment kept = Appoint(members, sent, Day(2024, 3, 1), AppointmentBasis::kAppointed).value();
  ExpectCounts("0 1 1");

  const StoredTerm planned = app_posts_->PlanElection(call_, NameOf(term.id), On(kToday + 10)).value();
  EXPECT_EQ(planned.election, ElectionState::kPlanned);
  const auto failed = app_posts_->RecordElection(call_, NameOf(term.id), {false, {}, ""}, On(kToday - 1)).value();
  EXPECT_EQ(failed.term.election, ElectionState::kFailed);
  EXPECT_EQ(failed.term.state, TermState::kOverdue);

  // All or nothing, with every reason.
  const auto refused = app_posts_->RecordElection(
      call_, NameOf(term.id),
      {true, {{NameOf(secretary.id), li}, {NameOf(secretary.id), wang}, {NameOf(members.id), sent}}, ""}, {});
  EXPECT_THAT(Reasons(refused.status()), ElementsAre("POST_FULL", "NOT_OF_UNIT", "HOLDS_POST_HERE"));
  EXPECT_EQ(Term(term.id).state, TermState::kOverdue);
  ExpectCounts("0 1 1");

  WriteOptions options = On(kToday);
  options.key = {"caller", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "digest"};
  const PostApp::Election election{true, {{NameOf(secretary.id), li}, {NameOf(members.id), wang}}, "某委〔2026〕9号"};
  const auto outcome = app_posts_->RecordElection(call_, NameOf(term.id), election, options).value();
  EXPECT_EQ(outcome.term.state, TermState::kEnded);
  EXPECT_EQ(outcome.term.end, kToday);
  ASSERT_TRUE(outcome.next.has_value());
  EXPECT_EQ(outcome.next->number, 2);
  EXPECT_EQ(outcome.next->dates.due, Day(2029, 11, 15));
  ASSERT_EQ(outcome.appointments.size(), 2u);
  EXPECT_EQ(outcome.appointments[0].term, outcome.next->id);
  EXPECT_EQ(Appointment(old.id).end_reason, EndReason::kTermEnded);
  EXPECT_EQ(Appointment(kept.id).state, AppointmentState::kActive);
  ExpectCounts("0 0 0");
  // Once, however often it is sent.
  const auto again = app_posts_->RecordElection(call_, NameOf(term.id), election, options).value();
  EXPECT_EQ(again.next->id, outcome.next->id);
  ASSERT_EQ(again.appointments.size(), 2u);
  EXPECT_EQ(again.appointments[1].id, outcome.appointments[1].id);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM term"), 2);
  EXPECT_EQ(common::ReasonOf(app_posts_->RecordElection(call_, NameOf(term.id), election, {}).status()), "TERM_STATE");
}

TEST_P(PostStoreTest, WhoGoesLeavesWhatWasHeldByElection) {
  Term("B1", Day(2025, 3, 1));
  Term("370783104", Day(2025, 3, 1));
  const StoredPost secretary = Post("B1", PostKind::kSecretary);
  const StoredPost township = Post("370783104", PostKind::kCommitteeMember, 3);
  const StoredPost sent = Post("B2", PostKind::kDeputySecretary);
  const std::string wang = AddMember(1, "B1");
  const StoredAppointment branch = Appoint(secretary, wang, Day(2025, 3, 1)).value();
  const StoredAppointment above = Appoint(township, wang, Day(2025, 3, 1)).value();
  const StoredAppointment deputy = Appoint(sent, wang, Day(2025, 3, 1), AppointmentBasis::kAppointed).value();
  const MemberId id = *MemberIdOf(wang);
  const auto go = [&](UnitUid to) {
    Must(posts_->Write(At("B1").partition, call_, [&](PostTxn& txn) { return EndPostsOfMember(txn, id, to, kToday); }));
  };
  ExpectCounts("0 0 2");
  go(At("B2").uid);  // in the same township
  EXPECT_EQ(Appointment(branch.id).end_reason, EndReason::kMemberLeft);
  EXPECT_EQ(Appointment(branch.id).days.until, kToday);
  EXPECT_EQ(Appointment(above.id).state, AppointmentState::kActive);
  EXPECT_EQ(Appointment(deputy.id).state, AppointmentState::kActive);
  ExpectCounts("0 0 3");
  go({});  // away altogether
  EXPECT_EQ(Appointment(above.id).end_reason, EndReason::kMemberLeft);
  EXPECT_EQ(Appointment(deputy.id).end_reason, EndReason::kMemberLeft);
  ExpectCounts("0 0 5");
}

TEST_P(PostStoreTest, WithAUnitEndsWhatItHad) {
  const StoredTerm term = Term("B1", Day(2023, 3, 1));
  const StoredPost secretary = Post("B1", PostKind::kSecretary);
  const StoredPost vacant = Post("B1", PostKind::kDeputySecretary);
  const StoredAppointment held = Appoint(secretary, AddMember(1, "B1"), Day(2023, 3, 1)).value();
  ExpectCounts("0 1 1");
  Must(Dissolve("B1", kToday).status());
  EXPECT_EQ(timers_->FireDue().value(), 1);
  EXPECT_EQ(Term(term.id).state, TermState::kEnded);
  EXPECT_EQ(Term(term.id).end, kToday);
  EXPECT_EQ(Post(vacant.id).state, PostState::kAbolished);
  EXPECT_EQ(Appointment(held.id).end_reason, EndReason::kUnitDissolved);
  ExpectCounts("0 0 0");
  EXPECT_EQ(timers_->FireDue().value(), 0);
  EXPECT_THAT(Reasons(app_posts_->CreatePost(call_, "units/B1", {1, "", 1}, {}).status()),
              ElementsAre("UNIT_DISSOLVED"));
}

TEST_P(PostStoreTest, RefusedTermsNameEveryReason) {
  Term("B1", Day(2023, 3, 1));
  EXPECT_THAT(Reasons(app_posts_->CreateTerm(call_, "units/B1", 1, On(kToday)).status()),
              ElementsAre("HAS_TERM", "NUMBER_USED"));
  Create(Fields("G1", Level::kGroup, UnitKind::kGroup), "B1");
  EXPECT_THAT(Reasons(app_posts_->CreateTerm(call_, "units/G1", 0, On(kToday)).status()), ElementsAre("NO_TERMS"));
  EXPECT_THAT(Reasons(app_posts_->CreateTerm(call_, "units/B2", 2000, {}).status()),
              ElementsAre("term.start_date REQUIRED", "term.number OUT_OF_RANGE"));
}

TEST_P(PostStoreTest, TriedIsNotDoneAndAnEtagGuards) {
  WriteOptions only_try;
  only_try.validate_only = true;
  const StoredPost tried = app_posts_->CreatePost(call_, "units/B1", {1, "", 1}, only_try).value();
  EXPECT_EQ(tried.info.revision, 0);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM post"), 0);
  const StoredPost post = Post("B1", PostKind::kCommitteeMember, 3);
  WriteOptions stale;
  stale.etag = EtagOf(post.info);
  app_posts_->UpdatePost(call_, NameOf(post.id), {{0, "组织委员", 0}, {}}, {}).value();
  EXPECT_EQ(common::ReasonOf(app_posts_->UpdatePost(call_, NameOf(post.id), {{0, "x", 0}, {}}, stale).status()),
            "ETAG_MISMATCH");
  EXPECT_EQ(Post(post.id).title, "组织委员");
  EXPECT_EQ(Post(post.id).seats, 3);
  // Another's post is not there.
  common::Call other = call_;
  other.scope = {false, {At("370784").uid}};
  EXPECT_TRUE(absl::IsNotFound(app_posts_->GetPost(other, NameOf(post.id)).status()));
  EXPECT_TRUE(absl::IsNotFound(app_posts_->AbolishPost(other, NameOf(post.id), {}).status()));
}

TEST_P(PostStoreTest, ListsGoOverPagesAndPartitions) {
  for (const char* unit : {"B1", "B2", "370783104", "370784101", "37"}) {
    Post(unit, PostKind::kSecretary);
    Post(unit, PostKind::kCommitteeMember, 3);
  }
  Term("B1", Day(2020, 1, 1));
  Term("B2", Day(2025, 1, 1));
  auto posts = [&](const std::string& parent, bool subtree, const std::string& filter, int page_size) {
    ListRecordsQuery query;
    query.parent = "units/" + parent;
    query.subtree = subtree;
    query.filter = filter;
    query.page_size = page_size;
    std::vector<PostId> ids;
    do {
      const auto page = list_->ListPosts(call_, query).value();
      EXPECT_LE(page.records.size(), static_cast<size_t>(page_size));
      for (const StoredPost& post : page.records) ids.push_back(post.id);
      query.page_token = page.next_page_token;
    } while (!query.page_token.empty());
    const std::set<PostId> once(ids.begin(), ids.end());
    EXPECT_EQ(once.size(), ids.size());
    return ids.size();
  };
  EXPECT_EQ(posts("37", true, "", 3), 10u);
  EXPECT_EQ(posts("37", false, "", 3), 2u);
  EXPECT_EQ(posts("370783", true, "kind = SECRETARY", 2), 3u);
  EXPECT_EQ(posts("370783", true, "vacant = FALSE", 2), 0u);
  EXPECT_EQ(posts("370783", true, "kind != SECRETARY AND vacant = TRUE", 1), 3u);
  ListRecordsQuery terms;
  terms.parent = "units/37";
  terms.subtree = true;
  terms.filter = "state = OVERDUE";
  EXPECT_EQ(list_->ListTerms(call_, terms)->records.size(), 1u);
  terms.filter = "";
  EXPECT_EQ(list_->ListTerms(call_, terms)->records.size(), 2u);
  terms.filter = "state = SOON";
  EXPECT_THAT(Reasons(list_->ListTerms(call_, terms).status()), ElementsAre("filter UNKNOWN_VALUE"));
}

TEST_P(PostStoreTest, AppointmentsAsOfADayAndOfOnePerson) {
  Term("B1", Day(2024, 1, 1));
  const StoredPost post = Post("B1", PostKind::kCommitteeMember, 2);
  const std::string wang = AddMember(1, "B1");
  const StoredAppointment first = Appoint(post, wang, Day(2024, 1, 1)).value();
  app_posts_->EndAppointment(call_, NameOf(first.id), static_cast<int>(EndReason::kRemoved), On(Day(2025, 1, 1)))
      .value();
  Appoint(post, AddMember(2, "B1"), Day(2025, 6, 1)).value();
  ListRecordsQuery query;
  query.parent = "units/B1";
  auto count = [&] { return list_->ListAppointments(call_, query)->records.size(); };
  EXPECT_EQ(count(), 1u);
  query.as_of = Day(2024, 12, 31);
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(list_->ListAppointments(call_, query)->records[0].id, first.id);
  query.as_of = Day(2025, 3, 1);
  EXPECT_EQ(count(), 0u);
  query.as_of.reset();
  query.member = wang;
  EXPECT_EQ(count(), 0u);
  query.filter = "state = ENDED";
  EXPECT_EQ(count(), 1u);
}

TEST_P(PostStoreTest, OfManyWhoRaceForASeatOneGetsIt) {
  constexpr int kThreads = 6;
  Term("B1", Day(2025, 1, 1));
  const StoredPost post = Post("B1", PostKind::kSecretary);
  std::vector<std::string> people;
  for (int i = 0; i < kThreads; ++i) people.push_back(AddMember(i, "B1"));
  std::atomic<int> taken = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const absl::Status status = Appoint(post, people[i], Day(2025, 6, 1)).status();
      ++(status.ok() ? taken : refused);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(refused, kThreads - 1);
  ExpectCounts("0 0 0");
}

}  // namespace
}  // namespace ronghe::organization
