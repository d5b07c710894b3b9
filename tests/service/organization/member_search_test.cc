#include <gmock/gmock.h>

#include "services/common/sql/database.h"
#include "tests/service/organization/member_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class MemberSearchTest : public MemberServiceTest {
 protected:
  enum class By { kIdentityNumber, kPhone, kFullName };
  static v1::SearchMembersRequest Request(const std::string& parent, By by, const std::string& text) {
    v1::SearchMembersRequest request;
    request.set_parent("units/" + parent);
    request.set_purpose("核对身份");
    if (by == By::kIdentityNumber) request.set_identity_number(text);
    if (by == By::kPhone) request.set_phone(text);
    if (by == By::kFullName) request.set_full_name(text);
    return request;
  }
  Said Search(v1::SearchMembersRequest request, const std::string& subject = "administrator") {
    found_.clear();
    pages_ = 0;
    Said said;
    do {
      v1::SearchMembersResponse page;
      said = Read(members_->SearchMembers(As(subject).get(), request, &page));
      for (const v1::Member& member : page.members()) found_.push_back(member.name());
      for (const v1::Member& member : page.members()) EXPECT_THAT(member.full_name(), HasSubstr("**"));
      request.set_page_token(page.next_page_token());
      ++pages_;
    } while (said.ok() && !request.page_token().empty() && pages_ < 50);
    return said;
  }
  v1::Member Named(int64_t number, const std::string& name, const std::string& unit) {
    v1::Member member = Person(number, unit);
    member.set_full_name(name);
    v1::Member made;
    const Said said = TryCreate(member, &made);
    EXPECT_TRUE(said.ok()) << said.everything;
    return made;
  }
  std::vector<v1::AuditEntry> Readings(const std::string& parent, const std::string& subject = "administrator") {
    v1::ListAuditEntriesRequest request;
    request.set_parent("units/" + parent);
    request.set_page_size(2);
    std::vector<v1::AuditEntry> entries;
    v1::ListAuditEntriesResponse page;
    do {
      const Said said = Read(access_->ListAuditEntries(As(subject).get(), request, &page));
      EXPECT_TRUE(said.ok()) << said.everything;
      if (!said.ok()) break;
      entries.insert(entries.end(), page.entries().begin(), page.entries().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return entries;
  }
  void Reveal(const v1::Member& member) {
    v1::RevealMemberRequest request;
    request.set_name(member.name());
    request.set_purpose("核对身份");
    v1::Member full;
    const Said said = Read(members_->RevealMember(Admin().get(), request, &full));
    EXPECT_TRUE(said.ok()) << said.everything;
  }
  v1::VerifyAuditLogResponse Verify(const std::string& parent, const v1::VerifyAuditLogResponse& known = {},
                                    const std::string& subject = "auditor") {
    v1::VerifyAuditLogRequest request;
    request.set_parent("units/" + parent);
    for (const v1::AuditChain& chain : known.chains()) *request.add_known_heads() = chain.head();
    v1::VerifyAuditLogResponse response;
    const Said said = Read(access_->VerifyAuditLog(As(subject).get(), request, &response));
    EXPECT_TRUE(said.ok()) << said.everything;
    return response;
  }

  std::vector<std::string> found_;
  int pages_ = 0;
};

TEST_F(MemberSearchTest, FindsByWhatIdentifiesSomebody) {
  const v1::Member first = Create(11, "A1");
  const v1::Member second = Create(12, "B1");
  ASSERT_TRUE(Search(Request("3707", By::kIdentityNumber, tests::Person(11).identity_number)).ok());
  EXPECT_THAT(found_, ElementsAre(first.name()));
  ASSERT_TRUE(Search(Request("370784", By::kIdentityNumber, tests::Person(11).identity_number)).ok());
  EXPECT_THAT(found_, IsEmpty());
  ASSERT_TRUE(Search(Request("3707", By::kPhone, "138-0000 0012")).ok());
  EXPECT_THAT(found_, ElementsAre(second.name()));
  ASSERT_TRUE(Search(Request("A1", By::kPhone, "13800000012")).ok());
  EXPECT_THAT(found_, IsEmpty());
}

TEST_F(MemberSearchTest, FindsByTheBeginningOfTheName) {
  const v1::Member a = Named(1, "王小明", "A1");
  const v1::Member b = Named(2, "王小明明", "B1");
  const v1::Member c = Named(3, "王小明", "A2");
  const v1::Member d = Named(4, "王小刚", "A1-1");
  const v1::Member e = Named(5, "王大", "A1");
  Named(6, "李小明", "A1");
  struct Case {
    const char* parent;
    const char* text;
    std::vector<std::string> found;
  };
  const Case cases[] = {
      {"3707", "王", {a.name(), b.name(), c.name(), d.name(), e.name()}},
      {"3707", "王小", {a.name(), b.name(), c.name(), d.name()}},
      {"3707", "王小明", {a.name(), b.name(), c.name()}},
      {"3707", "王小明明", {b.name()}},
      {"3707", "小明", {}},
      {"370783", "王小明", {a.name(), c.name()}},
      {"A1", "王", {a.name(), d.name(), e.name()}},
      {"A2", "王小", {c.name()}},
      {"370784", " 王 小 ", {b.name()}},
  };
  for (const Case& one : cases) {
    for (int page_size : {0, 1, 2}) {
      v1::SearchMembersRequest request = Request(one.parent, By::kFullName, one.text);
      request.set_page_size(page_size);
      ASSERT_TRUE(Search(request).ok());
      EXPECT_THAT(found_, ::testing::UnorderedElementsAreArray(one.found)) << one.parent << " " << one.text;
    }
  }
  // Exactly this name first.
  ASSERT_TRUE(Search(Request("3707", By::kFullName, "王小明")).ok());
  EXPECT_EQ(found_.back(), b.name());
}

TEST_F(MemberSearchTest, WhoLeftIsFoundWhenAskedFor) {
  const v1::Member made = Create(11, "A1");
  v1::LeaveMemberRequest leave;
  leave.set_name(made.name());
  leave.set_reason(v1::LEAVE_REASON_RESIGNED);
  v1::Member after;
  ASSERT_TRUE(Read(members_->LeaveMember(Admin().get(), leave, &after)).ok());
  for (By by : {By::kIdentityNumber, By::kPhone, By::kFullName}) {
    const Member::Fields person = tests::Person(11);
    v1::SearchMembersRequest request = Request("3707", by,
                                               by == By::kPhone      ? person.phone
                                               : by == By::kFullName ? person.full_name
                                                                     : person.identity_number);
    ASSERT_TRUE(Search(request).ok());
    EXPECT_THAT(found_, IsEmpty());
    request.set_show_ended(true);
    ASSERT_TRUE(Search(request).ok());
    EXPECT_THAT(found_, ElementsAre(made.name()));
  }
}

// Whoever may not see somebody cannot tell from the answer whether there is anybody.
TEST_F(MemberSearchTest, SomebodyElsewhereIsLikeNobody) {
  Create(11, "A1");
  Grant("b-officer", common::v1::ROLE_OFFICER, "370784");
  Grant("b-viewer", common::v1::ROLE_VIEWER, "370784");
  const Member::Fields there = tests::Person(11);
  const Member::Fields nobody = tests::Person(77);
  for (By by : {By::kIdentityNumber, By::kPhone, By::kFullName}) {
    std::vector<std::string> answers;
    for (const Member::Fields& person : {there, nobody}) {
      const auto request = Request("370784", by,
                                   by == By::kPhone      ? person.phone
                                   : by == By::kFullName ? person.full_name
                                                         : person.identity_number);
      v1::SearchMembersResponse response;
      ASSERT_TRUE(Read(members_->SearchMembers(As("b-officer").get(), request, &response)).ok());
      answers.push_back(response.SerializeAsString());
      EXPECT_EQ(Read(members_->SearchMembers(As("b-viewer").get(), request, &response)).code,
                grpc::StatusCode::PERMISSION_DENIED);
    }
    EXPECT_EQ(answers[0], answers[1]);
  }
  EXPECT_EQ(Search(Request("370783", By::kPhone, there.phone), "b-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Search(Request("3707", By::kPhone, there.phone), "b-officer").code, grpc::StatusCode::NOT_FOUND);
}

TEST_F(MemberSearchTest, NamesWhatIsWrongWithoutRepeatingIt) {
  v1::SearchMembersRequest request = Request("3707", By::kIdentityNumber, "370783198005171");
  request.set_purpose("");
  request.set_page_size(-1);
  EXPECT_THAT(Search(request).fields, UnorderedElementsAre("identity_number", "purpose", "page_size"));
  EXPECT_THAT(errors_, Not(HasSubstr("370783198005171")));
  EXPECT_THAT(Search(Request("3707", By::kPhone, "1-2")).fields, ElementsAre("phone"));
  EXPECT_THAT(Search(Request("3707", By::kFullName, " 　")).fields, ElementsAre("full_name"));
  v1::SearchMembersRequest none;
  none.set_parent("units/3707");
  none.set_purpose("核对身份");
  EXPECT_THAT(Search(none).fields, ElementsAre("query"));
  // A token of one search does not go on with another.
  Create(11, "A1");
  Create(12, "A1");
  v1::SearchMembersRequest names = Request("3707", By::kFullName, "王");
  names.set_page_size(1);
  v1::SearchMembersResponse page;
  ASSERT_TRUE(Read(members_->SearchMembers(Admin().get(), names, &page)).ok());
  names.set_full_name("王测");
  names.set_page_token(page.next_page_token());
  EXPECT_THAT(Read(members_->SearchMembers(Admin().get(), names, &page)).fields, ElementsAre("page_token"));
}

TEST_F(MemberSearchTest, EverySearchIsInTheAuditLogAndNotWhatWasSearchedFor) {
  const v1::Member made = Create(11, "A1");
  const Member::Fields person = tests::Person(11);
  ASSERT_TRUE(Search(Request("370783", By::kIdentityNumber, person.identity_number)).ok());
  ASSERT_TRUE(Search(Request("370783", By::kPhone, person.phone)).ok());
  ASSERT_TRUE(Search(Request("A1", By::kFullName, person.full_name)).ok());
  Reveal(made);
  Grant("auditor", common::v1::ROLE_AUDITOR, "370783");
  const std::vector<v1::AuditEntry> entries = Readings("370783", "auditor");
  std::vector<std::string> actions;
  for (const v1::AuditEntry& entry : entries) {
    actions.push_back(entry.action() + " " + entry.resource() + " " + entry.unit());
    EXPECT_THAT(entry.actor(), HasSubstr("administrator"));
    EXPECT_EQ(entry.purpose(), "核对身份");
    EXPECT_THAT(entry.DebugString() + entry.SerializeAsString(), Not(HasSubstr(person.identity_number)));
    EXPECT_THAT(entry.SerializeAsString(), Not(HasSubstr(person.phone)));
    EXPECT_THAT(entry.SerializeAsString(), Not(HasSubstr(person.full_name)));
  }
  EXPECT_THAT(actions,
              ElementsAre("members.reveal " + made.name() + " units/A1", "members.search.full_name units/A1 units/A1",
                          "members.search.phone units/370783 units/370783",
                          "members.search.identity_number units/370783 units/370783"));
}

TEST_F(MemberSearchTest, AuditorsSeeTheReadingsOfTheirPartOnly) {
  const v1::Member a = Create(11, "A1");
  const v1::Member b = Create(12, "B1");
  const v1::Member c = Create(13, "A2");
  for (const v1::Member& member : {a, b, c, a}) Reveal(member);
  Grant("auditor", common::v1::ROLE_AUDITOR, "A1");
  Grant("officer", common::v1::ROLE_OFFICER, "3707");
  const auto resources = [](const std::vector<v1::AuditEntry>& entries) {
    std::vector<std::string> names;
    for (const v1::AuditEntry& entry : entries) names.push_back(entry.resource());
    return names;
  };
  EXPECT_THAT(resources(Readings("A1", "auditor")), ElementsAre(a.name(), a.name()));
  EXPECT_THAT(resources(Readings("370784")), ElementsAre(b.name()));
  EXPECT_THAT(resources(Readings("3707")), UnorderedElementsAre(a.name(), b.name(), c.name(), a.name()));
  v1::ListAuditEntriesRequest request;
  request.set_parent("units/370783");
  v1::ListAuditEntriesResponse page;
  EXPECT_EQ(Read(access_->ListAuditEntries(As("auditor").get(), request, &page)).code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Read(access_->ListAuditEntries(As("officer").get(), request, &page)).code,
            grpc::StatusCode::PERMISSION_DENIED);
  v1::VerifyAuditLogRequest verify;
  verify.set_parent("units/370783");
  v1::VerifyAuditLogResponse verified;
  EXPECT_EQ(Read(access_->VerifyAuditLog(As("auditor").get(), verify, &verified)).code, grpc::StatusCode::NOT_FOUND);
  request.set_parent("units/3707");
  request.set_resource(a.name());
  ASSERT_TRUE(Read(access_->ListAuditEntries(Admin().get(), request, &page)).ok());
  EXPECT_EQ(page.entries_size(), 2);
  request.set_actor("nobody");
  ASSERT_TRUE(Read(access_->ListAuditEntries(Admin().get(), request, &page)).ok());
  EXPECT_EQ(page.entries_size(), 0);
  request.clear_actor();
  request.mutable_end_time()->set_seconds(1);
  ASSERT_TRUE(Read(access_->ListAuditEntries(Admin().get(), request, &page)).ok());
  EXPECT_EQ(page.entries_size(), 0);
}

TEST_F(MemberSearchTest, AnAuditorVerifiesTheChains) {
  const v1::Member a = Create(11, "A1");
  const v1::Member b = Create(12, "B1");
  for (const v1::Member& member : {a, b, a, a}) Reveal(member);
  Grant("auditor", common::v1::ROLE_AUDITOR, "3707");
  const v1::VerifyAuditLogResponse before = Verify("3707");
  EXPECT_TRUE(before.intact());
  ASSERT_EQ(before.chains_size(), 2);
  EXPECT_EQ(before.chains(0).head().sequence() + before.chains(1).head().sequence(), 4);
  EXPECT_EQ(Verify("B1").chains_size(), 1);
  Reveal(a);
  EXPECT_TRUE(Verify("3707", before).intact());

  const auto database = common::sql::OpenDatabase(config_.database).value();
  const auto execute = [&](const char* text) {
    Must(database->Write(absl::InfiniteFuture(), [&](common::sql::Session& session) {
      return session.Execute({"test", text}).status();
    }));
  };
  // The last entry is cut off, then the head made to fit: only a head that somebody kept tells.
  execute("DELETE FROM audit_log WHERE seq = 4");
  v1::VerifyAuditLogResponse after = Verify("3707");
  EXPECT_FALSE(after.intact());
  const auto broken = [&] { return after.chains(after.chains(0).intact() ? 1 : 0); };
  EXPECT_EQ(broken().fault(), v1::AUDIT_FAULT_CUT_OFF);
  EXPECT_EQ(broken().fault_sequence(), 4);
  execute("UPDATE audit_log SET purpose = '核查' WHERE seq = 2");
  after = Verify("3707");
  EXPECT_EQ(broken().fault(), v1::AUDIT_FAULT_CHANGED);
  EXPECT_EQ(broken().fault_sequence(), 2);
  execute("DELETE FROM audit_log");
  execute("DELETE FROM audit_head");
  EXPECT_TRUE(Verify("3707").intact());
  // A chain that is gone altogether is missed where its head was kept.
  after = Verify("3707", before);
  EXPECT_FALSE(after.intact());
  EXPECT_EQ(broken().fault(), v1::AUDIT_FAULT_KNOWN_HEAD);
}

}  // namespace
}  // namespace ronghe::organization
