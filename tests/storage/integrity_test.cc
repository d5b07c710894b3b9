// A register that is sound, and one with faults that no write could have brought about, on every engine.
#include "services/organization/app/post_app.h"
#include "services/organization/storage/sql_integrity.h"
#include "services/organization/storage/sql_post_store.h"
#include "tests/storage/unit_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Day = absl::CivilDay;

class IntegrityTest : public UnitTestBase {
 protected:
  void SetUp() override {
    UnitTestBase::SetUp();
    MakeTree();
    posts_.emplace(*database_, *log_, zone_);
    post_app_.emplace(*posts_, *tree_, calendar(), tests::DefaultRules());
    integrity_.emplace(*database_, divisions_);
  }

  int64_t Uid(const std::string& code) { return tree_->FindByCode(code)->uid.value; }
  int64_t PartitionOf(const std::string& code) { return tree_->FindByCode(code)->partition.value; }
  void Plant(const std::string& text, std::vector<sql::Value> args = {}) {
    Must(database_->Write(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Execute({"test", text}, std::span<const sql::Value>(args)).status();
    }));
  }
  // Ids carry their partition.
  int64_t IdOf(int64_t number, const std::string& unit) { return number * 65536 + PartitionOf(unit); }
  // A registered member.
  std::string Member(int64_t number, const std::string& unit, const std::string& identity) {
    const int64_t id = IdOf(number, unit);
    Plant(
        "INSERT INTO member (partition_id, member_id, unit_uid, sex, status, join_day, full_day, external_source, "
        "external_id, key_version, wrapped_key, personal, identity_index, version, revision, create_us, update_us, "
        "actor) "
        "VALUES (?, ?, ?, 1, 1, 0, 0, '', '', 1, ?, ?, ?, 1, 1, 0, 0, 'test')",
        {PartitionOf(unit), id, Uid(unit), sql::Blob{"x"}, sql::Blob{"x"}, sql::Blob{identity}});
    Register(id, identity);
    return fmt::format("members/{}", id);
  }
  void Register(int64_t id, const std::string& identity) {
    Plant("INSERT INTO registry_person (partition_id, identity_index, member_id) VALUES (9000, ?, ?)",
          {sql::Blob{identity}, id});
  }
  StoredPost Post(const std::string& unit) {
    return post_app_->CreatePost(call_, "units/" + unit, {1, "", 1}, {}).value();
  }
  StoredAppointment Appoint(const StoredPost& post, const std::string& member) {
    return post_app_->CreateAppointment(call_, {NameOf(post.id), member, 1, ""}, {}).value();
  }

  IntegrityReport Check(int listed = 100) {
    return integrity_->Check(RulesToday(), calendar().Today(), listed, absl::InfiniteFuture()).value();
  }
  // `check resource related…`
  std::vector<std::string> Findings() {
    std::vector<std::string> all;
    const IntegrityReport report = Check();
    for (const IntegrityFinding& finding : report.findings()) {
      std::string line = fmt::format("{} {}", static_cast<int>(finding.check), finding.resource);
      for (const std::string& name : finding.related) line += " " + name;
      all.push_back(std::move(line));
    }
    return all;
  }

  const DivisionMap divisions_ =
      DivisionMap::Create("v1", {{"370786", "昌邑市", {"370783", "370787"}, Day(2026, 11, 1), "x"},
                                 {"370785", "高密市", {"370785", "370788"}, Day(2026, 11, 1), "x"},
                                 {"370784", "安丘市", {"370789"}, Day(2199, 1, 1), "x"}})
          .value();
  std::optional<SqlPostStore> posts_;
  std::optional<PostApp> post_app_;
  std::optional<SqlIntegrity> integrity_;
};
INSTANTIATE_ENGINES(IntegrityTest);

TEST_P(IntegrityTest, FindsNothingInWhatWritesMake) {
  const std::string member = Member(11, "B1", "a");
  Member(12, "370784101", "b");
  post_app_->CreateTerm(call_, "units/B1", 0, On(Day(2025, 3, 1))).value();
  Appoint(Post("B1"), member);
  Must(Rename("B1", "another name").status());
  Must(Move("B2", "370784101").status());
  Must(Dissolve("B2").status());
  EXPECT_THAT(Findings(), IsEmpty());
  const IntegrityReport report = Check();
  EXPECT_EQ(report.count(IntegrityCheck::kUnitOrphaned).examined, 8);
  EXPECT_EQ(report.count(IntegrityCheck::kUnitPlacement).examined, 7);  // one is dissolved
  EXPECT_EQ(report.count(IntegrityCheck::kUnitHistory).examined, 8);
  EXPECT_EQ(report.count(IntegrityCheck::kMemberUnit).examined, 2);
  EXPECT_EQ(report.count(IntegrityCheck::kPersonTwice).examined, 2);
  EXPECT_EQ(report.count(IntegrityCheck::kPostUnit).examined, 3);
  EXPECT_EQ(report.count(IntegrityCheck::kPostFilled).examined, 1);
  EXPECT_EQ(report.count(IntegrityCheck::kAppointmentOpen).examined, 1);
  EXPECT_EQ(report.count(IntegrityCheck::kTermOverlap).examined, 1);
}

TEST_P(IntegrityTest, FindsDivisionCodesThatHaveEnded) {
  const auto code = [&](const std::string& unit, const std::string& division) {
    Plant("UPDATE unit SET division_code = ? WHERE partition_id = 0 AND code = ?", {division, unit});
  };
  code("B1", "370784");         // ends later
  code("370784101", "370785");  // a part kept it
  code("370783", "370783");
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(Check().count(IntegrityCheck::kDivisionEnded).examined, 3);
  code("B1", "370786104");  // of a county that has ended
  code("B2", "370786");
  EXPECT_THAT(Findings(), ElementsAre("18 units/B1 370783 370787", "18 units/B2 370783 370787"));
  Must(Dissolve("B2").status());
  EXPECT_THAT(Findings(), ElementsAre("18 units/B1 370783 370787"));
}

TEST_P(IntegrityTest, FindsHomesElsewhereThatAreNotListed) {
  const std::string member = Member(11, "B1", "a");
  const int64_t id = IdOf(11, "B1");
  Plant("UPDATE member SET unit_uid = ? WHERE member_id = ?", {Uid("370784101"), id});
  EXPECT_THAT(Findings(), ElementsAre("6 " + member + " units/370784101"));
  const auto list = [&](const std::string& unit, const std::string& partition_of) {
    Plant("INSERT INTO member_affiliation (partition_id, unit_uid, kind, member_id, since_us) VALUES (?, ?, 1, ?, 0)",
          {PartitionOf(partition_of), Uid(unit), id});
  };
  list("370784101", "370784101");
  EXPECT_THAT(Findings(), IsEmpty());
  // Twice, where it is not; and in its own partition.
  list("370784", "370784");
  list("B2", "B2");
  EXPECT_THAT(Findings(), UnorderedElementsAre("6 " + member + " units/370784", "6 " + member + " units/B2"));
}

TEST_P(IntegrityTest, FindsOrphansCyclesAndWrongPlaces) {
  // Both the row and its version, so that nothing but the place is wrong.
  const auto put = [&](const std::string& unit, int64_t parent) {
    Plant("UPDATE unit SET parent_uid = ? WHERE uid = ?", {parent, Uid(unit)});
    Plant("UPDATE unit_version SET parent_uid = ? WHERE uid = ?", {parent, Uid(unit)});
  };
  put("B1", 424242);
  EXPECT_THAT(Findings(), ElementsAre("1 units/B1"));
  put("B1", Uid("370783104"));
  put("370783", Uid("370783104"));
  // What hangs below a cycle is no part of it.
  EXPECT_THAT(Findings(), UnorderedElementsAre("2 units/370783 units/370783104", "2 units/370783104 units/370783",
                                               "3 units/370783 units/370783104"));
  put("370783", Uid("3707"));
  put("370784", Uid("B2"));
  EXPECT_THAT(Findings(), ElementsAre("3 units/370784 units/B2"));
}

TEST_P(IntegrityTest, FindsAUnitBelowOneThatEnded) {
  Must(Dissolve("B2").status());
  Plant("UPDATE unit SET state = 1 WHERE uid = ?", {Uid("B2")});
  EXPECT_THAT(Findings(), ElementsAre("4 units/B2"));
  Plant("UPDATE unit_version SET state = 1 WHERE uid = ? AND state = 2", {Uid("B2")});
  EXPECT_THAT(Findings(), IsEmpty());
  for (const char* table : {"unit", "unit_version"}) {
    Plant(fmt::format("UPDATE {} SET state = 2 WHERE uid = ?", table), {Uid("370784")});
  }
  EXPECT_THAT(Findings(), ElementsAre("1 units/370784101 units/370784"));
}

TEST_P(IntegrityTest, FindsHistoriesWithGapsAndWrongSuccessors) {
  Must(Rename("B1", "from tomorrow", kToday).status());
  Must(Rename("370784", "another", kToday).status());
  Plant("UPDATE unit_version SET until_day = until_day - 1 WHERE uid = ?", {Uid("B1")});
  Plant("DELETE FROM unit_version WHERE uid = ?", {Uid("B2")});
  EXPECT_THAT(Findings(), ElementsAre("4 units/B1", "4 units/B2"));
  Plant(
      "INSERT INTO unit_successor (partition_id, uid, since_us, position, successor_uid, from_day, ended_us) "
      "VALUES (0, ?, 1, 0, ?, 1, 9223372036854775807)",
      {Uid("370784101"), Uid("370783104")});
  EXPECT_THAT(Findings(), ElementsAre("4 units/B1", "4 units/B2", "5 units/370784101 units/370783104"));
}

TEST_P(IntegrityTest, FindsMembersWithoutAUnitAndWrongFloating) {
  const std::string one = Member(11, "B1", "a");
  const std::string two = Member(12, "B2", "b");
  const int64_t id = IdOf(12, "B2");
  Plant("UPDATE member SET unit_uid = 424242 WHERE member_id <> ?", {id});
  EXPECT_THAT(Findings(), ElementsAre("6 " + one));
  // Whoever has left may have been anywhere.
  Plant("UPDATE member SET status = 3 WHERE member_id <> ?", {id});
  EXPECT_THAT(Findings(), IsEmpty());
  Plant("UPDATE member SET floating = 1, floating_uid = ? WHERE member_id = ?", {Uid("B1"), id});
  EXPECT_THAT(Findings(), ElementsAre(fmt::format("7 {} units/B1", two)));
  Plant("INSERT INTO member_affiliation (partition_id, unit_uid, kind, member_id, since_us) VALUES (?, ?, 2, ?, 1)",
        {PartitionOf("B1"), Uid("B1"), id});
  EXPECT_THAT(Findings(), IsEmpty());
  Plant("UPDATE member SET floating = 0, floating_uid = 0 WHERE member_id = ?", {id});
  EXPECT_THAT(Findings(), ElementsAre(fmt::format("7 {} units/B1", two)));
}

TEST_P(IntegrityTest, FindsPersonsRegisteredTwiceOrNotAtAll) {
  const std::string one = Member(11, "B1", "a");
  const std::string two = Member(12, "370784101", "b");
  const int64_t id = IdOf(12, "370784101");
  Plant("UPDATE member SET identity_index = ? WHERE member_id = ?", {sql::Blob{"a"}, id});
  EXPECT_THAT(Findings(), UnorderedElementsAre(fmt::format("8 {} {}", two, one), "8 " + two));
  Plant("UPDATE member SET identity_index = ? WHERE member_id = ?", {sql::Blob{"b"}, id});
  EXPECT_THAT(Findings(), IsEmpty());
  Plant("DELETE FROM registry_person WHERE member_id <> ?", {id});
  EXPECT_THAT(Findings(), ElementsAre("8 " + one));
}

TEST_P(IntegrityTest, FindsPostsAndAppointmentsThatGoOnAlone) {
  const std::string member = Member(11, "B1", "a");
  post_app_->CreateTerm(call_, "units/B1", 0, On(Day(2025, 3, 1))).value();
  const StoredPost post = Post("B1");
  const StoredAppointment appointment = Appoint(post, member);
  Plant("UPDATE post SET filled = 0");
  EXPECT_THAT(Findings(), ElementsAre("10 " + NameOf(post.id)));
  Plant("UPDATE post SET filled = 1, state = 2");
  EXPECT_THAT(Findings(), ElementsAre(fmt::format("11 {} {}", NameOf(appointment.id), NameOf(post.id))));
  Plant("UPDATE post SET state = 1");
  Plant("UPDATE member SET status = 5");
  EXPECT_THAT(Findings(), ElementsAre(fmt::format("11 {} {}", NameOf(appointment.id), member)));
  Plant("UPDATE member SET status = 1");
  Plant("UPDATE appointment SET unit_uid = 424242");
  EXPECT_THAT(Findings(), ElementsAre("9 " + NameOf(appointment.id)));
}

TEST_P(IntegrityTest, FindsWhatOverlaps) {
  const std::string member = Member(11, "B1", "a");
  const StoredTerm term = post_app_->CreateTerm(call_, "units/B1", 0, On(Day(2025, 3, 1))).value();
  const StoredPost post = Post("B1");
  const StoredAppointment one = Appoint(post, member);
  const auto copy = [&](int64_t id, const std::string& until) {
    Plant(fmt::format(
              "INSERT INTO appointment (partition_id, appointment_id, unit_uid, post_id, kind, member_id, term_id, "
              "basis, document, from_day, until_day, state, end_reason, version, revision, create_us, update_us) "
              "SELECT partition_id, {}, unit_uid, post_id, kind, member_id, term_id, basis, document, from_day - 90, "
              "{}, 2, 1, 1, 1, 0, 0 FROM appointment WHERE appointment_id = ?",
              id, until),
          {one.id.value});
  };
  copy(one.id.value + 1, "from_day");  // until the day before the other begins
  EXPECT_THAT(Findings(), IsEmpty());
  copy(one.id.value + 2, "from_day + 1");
  EXPECT_THAT(Findings(),
              UnorderedElementsAre(fmt::format("12 {} {}", NameOf(one.id), NameOf(AppointmentId(one.id.value + 2))),
                                   fmt::format("12 {} {}", NameOf(AppointmentId(one.id.value + 1)),
                                               NameOf(AppointmentId(one.id.value + 2)))));
  Plant("DELETE FROM appointment WHERE appointment_id > ?", {one.id.value});
  Plant(
      "INSERT INTO term (partition_id, term_id, unit_uid, number, start_day, original_due_day, due_day, expiring_day, "
      "state, election, extension_reason, extension_approver, extension_document, version, revision, create_us, "
      "update_us) SELECT partition_id, term_id + 1, unit_uid, number + 1, start_day + 1, original_due_day, due_day, "
      "expiring_day, 1, 0, 0, 0, '', 1, 1, 0, 0 FROM term");
  EXPECT_THAT(Findings(), ElementsAre(fmt::format("13 {} {}", NameOf(term.id), NameOf(TermId(term.id.value + 1)))));
}

TEST_P(IntegrityTest, FindsWorkplacesAndDutiesThatGoOnAlone) {
  const std::string member = Member(11, "B1", "a");
  const int64_t partition = PartitionOf("B1");
  Plant(
      "INSERT INTO workplace (partition_id, workplace_id, unit_uid, kind, title, credit_code, external_id, from_day, "
      "state, "
      "covering, version, revision, create_us, update_us) VALUES (?, 7, ?, 1, '', '', '', 0, 1, 1, 1, 1, 0, 0)",
      {partition, Uid("B1")});
  EXPECT_THAT(Findings(), ElementsAre("15 workplaces/7"));
  Plant(
      "INSERT INTO cover (partition_id, cover_id, unit_uid, workplace_id, from_day, state, end_reason, counts, "
      "version, "
      "revision, create_us, update_us) VALUES (?, 8, ?, 7, 0, 1, 0, 1, 1, 1, 0, 0)",
      {partition, Uid("B2")});
  Plant(
      "INSERT INTO duty (partition_id, duty_id, unit_uid, kind, title, scope_text, from_day, objective, state, "
      "end_reason, "
      "due_through, version, revision, create_us, update_us) VALUES (?, 9, ?, 6, '', '', 0, '', 2, '', 0, 1, 1, 0, 0)",
      {partition, Uid("B1")});
  Plant(
      "INSERT INTO duty_part (partition_id, duty_id, part, role, member_id, party_unit, outside, description, "
      "from_day, "
      "end_reason) VALUES (?, 9, 1, 1, ?, 0, 0, '', 0, 0)",
      {partition, IdOf(11, "B1")});
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(Check().count(IntegrityCheck::kRecordUnit).examined, 3);
  EXPECT_EQ(Check().count(IntegrityCheck::kDutyPart).examined, 1);
  Plant("UPDATE member SET status = 3");
  EXPECT_THAT(Findings(), ElementsAre("16 duties/9 " + member));
  // What has ended may have lain anywhere.
  Plant("UPDATE duty SET state = 3, unit_uid = 424242");
  EXPECT_THAT(Findings(), IsEmpty());
  Plant("UPDATE duty SET state = 1");
  Plant("UPDATE cover SET unit_uid = 424242");
  Plant("UPDATE workplace SET unit_uid = 424242");
  EXPECT_THAT(Findings(), ElementsAre("14 workplaces/7", "14 covers/8", "14 duties/9", "16 duties/9 " + member));
}

TEST_P(IntegrityTest, FindsTransfersThatDoNotHoldTheirMember) {
  const std::string member = Member(11, "B1", "a");
  Plant(
      "INSERT INTO transfer (partition_id, transfer_id, direction, state, member_id, source_uid, target_uid, "
      "owner_uid, "
      "outside, letter_number, reason, version, revision, revision_partition, create_us, update_us) "
      "VALUES (?, 5, 1, 1, ?, ?, ?, ?, '', '', 0, 1, 1, 1, 0, 0)",
      {PartitionOf("B1"), IdOf(11, "B1"), Uid("B1"), Uid("B2"), Uid("B1")});
  EXPECT_THAT(Findings(), ElementsAre("17 transfers/5 " + member));
  Plant("UPDATE member SET transfer_id = 5");
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(Check().count(IntegrityCheck::kTransferOpen).examined, 1);
  Plant("UPDATE transfer SET state = 3");
  EXPECT_THAT(Findings(), ElementsAre(fmt::format("17 {} transfers/5", member)));
}

TEST_P(IntegrityTest, ListsSoManyAndCountsAll) {
  for (int64_t i = 1; i <= 5; ++i) Member(i, "B1", std::to_string(i));
  Plant("UPDATE member SET unit_uid = 424242");
  const IntegrityReport report = Check(2);
  EXPECT_EQ(report.findings().size(), 2u);
  EXPECT_EQ(report.count(IntegrityCheck::kMemberUnit).found, 5);
}

}  // namespace
}  // namespace ronghe::organization
