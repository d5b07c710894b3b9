#include <chrono>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>

#include "services/common/audit/sql/sql_audit_log.h"
#include "services/common/sql/database.h"
#include "services/organization/app/member_store.h"
#include "tests/service/organization/member_fixture.h"

namespace ronghe::organization {
namespace {

using common::PartitionId;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* kRequestId = "4a1c7a52-2f5b-4a53-9d0b-5a1d3b6f7c11";

TEST_F(MemberServiceTest, RegistersAndAnswersMasked) {
  const v1::Member made = Create(11, "A1");
  EXPECT_THAT(made.name(), ::testing::MatchesRegex("members/[0-9]+"));
  EXPECT_EQ(made.unit(), "units/A1");
  EXPECT_EQ(made.full_name(), "王**");
  EXPECT_EQ(made.identity_number().substr(4, 10), "**********");
  EXPECT_THAT(made.phone(), HasSubstr("****"));
  EXPECT_EQ(made.birth_date().year(), 1960);
  EXPECT_EQ(made.birth_date().month(), 0);
  EXPECT_EQ(made.birth_date().day(), 0);
  EXPECT_EQ(made.join_date().month(), 7);
  EXPECT_FALSE(made.etag().empty());
  EXPECT_FALSE(made.revision().empty());
  EXPECT_GT(made.create_time().seconds(), 0);
  EXPECT_EQ(Get(made.name()).SerializeAsString(), made.SerializeAsString());
}

TEST_F(MemberServiceTest, NamesEveryWrongFieldAtOnce) {
  v1::Member member = Person(11, "A1");
  member.set_sex(v1::SEX_FEMALE);
  member.set_phone("1");
  member.mutable_join_date()->set_month(13);
  member.clear_full_date();
  const Said said = TryCreate(member, nullptr, "administrator", "no uuid");
  EXPECT_EQ(said.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(said.fields, UnorderedElementsAre("request_id", "member.sex", "member.identity_number", "member.phone",
                                                "member.join_date", "member.full_date"));
}

TEST_F(MemberServiceTest, ChecksOnlyWhereThatIsAsked) {
  v1::Member seen;
  EXPECT_TRUE(TryCreate(Person(11, "A1"), &seen, "administrator", "", true).ok());
  EXPECT_EQ(seen.name(), "");
  EXPECT_EQ(seen.full_name(), "王**");
  Create(11, "A1");
  EXPECT_EQ(TryCreate(Person(11, "A1"), nullptr, "administrator", "", true).reason, "DUPLICATE_PERSON");
  EXPECT_EQ(TryCreate(Person(12, "370783"), nullptr, "administrator", "", true).reason, "UNIT_HOLDS_NO_MEMBERS");
}

TEST_F(MemberServiceTest, OnlyBranchesAndGroupsTakeMembers) {
  EXPECT_TRUE(TryCreate(Person(1, "A1-1")).ok());
  const Said said = TryCreate(Person(2, "370783104"));
  EXPECT_EQ(said.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(said.reason, "UNIT_HOLDS_NO_MEMBERS");
  EXPECT_EQ(TryCreate(Person(3, "NOWHERE")).code, grpc::StatusCode::NOT_FOUND);
}

TEST_F(MemberServiceTest, APersonIsRegisteredOnceAndNobodyLearnsWhere) {
  Create(11, "A1");
  Grant("b-officer", common::v1::ROLE_OFFICER, "370784");
  const Said said = TryCreate(Person(11, "B1"), nullptr, "b-officer");
  EXPECT_EQ(said.code, grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(said.reason, "DUPLICATE_PERSON");
  EXPECT_EQ(said.everything.find("A1"), std::string::npos);
  EXPECT_EQ(said.everything.find("370783"), std::string::npos);
}

TEST_F(MemberServiceTest, ARequestIsDoneOnce) {
  v1::Member first;
  v1::Member again;
  ASSERT_TRUE(TryCreate(Person(11, "A1"), &first, "administrator", kRequestId).ok());
  ASSERT_TRUE(TryCreate(Person(11, "A1"), &again, "administrator", kRequestId).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  EXPECT_EQ(TryCreate(Person(12, "A1"), nullptr, "administrator", kRequestId).reason, "REQUEST_ID_REUSED");
}

TEST_F(MemberServiceTest, OutsideTheScopeNothingIsThere) {
  const v1::Member made = Create(11, "A1");
  Grant("b-officer", common::v1::ROLE_OFFICER, "370784");
  Grant("a-viewer", common::v1::ROLE_VIEWER, "370783104");
  v1::GetMemberRequest get;
  get.set_name(made.name());
  v1::Member member;
  EXPECT_EQ(Read(members_->GetMember(As("b-officer").get(), get, &member)).code, grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Read(members_->GetMember(As("a-viewer").get(), get, &member)).ok());
  EXPECT_EQ(member.full_name(), "王**");
  v1::RevealMemberRequest reveal;
  reveal.set_name(made.name());
  reveal.set_purpose("核对身份");
  EXPECT_EQ(Read(members_->RevealMember(As("a-viewer").get(), reveal, &member)).code,
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Read(members_->RevealMember(As("b-officer").get(), reveal, &member)).code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(TryCreate(Person(12, "A1"), nullptr, "b-officer").code, grpc::StatusCode::NOT_FOUND);
}

TEST_F(MemberServiceTest, RevealsInFullWithAPurpose) {
  const v1::Member made = Create(11, "A1");
  v1::RevealMemberRequest request;
  request.set_name(made.name());
  v1::Member member;
  for (const char* bad : {"", "x", "核对 13800000011 的身份", "核对\n身份"}) {
    request.set_purpose(bad);
    EXPECT_THAT(Read(members_->RevealMember(Admin().get(), request, &member)).fields, ElementsAre("purpose")) << bad;
  }
  request.set_purpose("核对身份");
  ASSERT_TRUE(Read(members_->RevealMember(Admin().get(), request, &member)).ok());
  EXPECT_EQ(member.full_name(), tests::Person(11).full_name);
  EXPECT_EQ(member.identity_number(), tests::Person(11).identity_number);
  EXPECT_EQ(member.phone(), tests::Person(11).phone);
  EXPECT_EQ(member.birth_date().day(), tests::Person(11).birth_date.day);
}

TEST_F(MemberServiceTest, EveryReadingIsRecordedBeforeItIsAnswered) {
  const v1::Member made = Create(11, "A1");
  const auto database = common::sql::OpenDatabase(config_.database).value();
  const common::SystemClock clock;
  common::SqlAuditLog audit(*database, clock);
  const PartitionId partition = common::PartitionOf(MemberIdOf(made.name())->value);
  v1::RevealMemberRequest request;
  request.set_name(made.name());
  request.set_purpose("核对身份");
  v1::Member member;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Read(members_->RevealMember(Admin().get(), request, &member)).ok());
  const auto finding = audit.Verify(partition, absl::InfiniteFuture());
  ASSERT_TRUE(finding.ok()) << finding.status();
  EXPECT_TRUE(finding->intact);
  EXPECT_EQ(finding->rows, 3);
  // Where it cannot be recorded there is no answer.
  Must(database->Write(absl::InfiniteFuture(), [](common::sql::Session& session) {
    return session.Execute({"test", "DROP TABLE audit_log"}).status();
  }));
  v1::Member nothing;
  EXPECT_FALSE(Read(members_->RevealMember(Admin().get(), request, &nothing)).ok());
  EXPECT_EQ(nothing.ByteSizeLong(), 0u);
  EXPECT_EQ(Get(made.name()).full_name(), "王**");
}

TEST_F(MemberServiceTest, ChangesWhatTheMaskNames) {
  const v1::Member made = Create(10, "A1");
  v1::UpdateMemberRequest request;
  request.mutable_member()->set_name(made.name());
  request.mutable_member()->set_phone("0536-7654321");
  request.mutable_member()->set_full_name("李四");
  request.mutable_update_mask()->add_paths("phone");
  v1::Member after;
  ASSERT_TRUE(Read(members_->UpdateMember(Admin().get(), request, &after)).ok());
  EXPECT_EQ(after.phone(), "053****4321");
  EXPECT_EQ(after.full_name(), "王**");
  EXPECT_NE(after.etag(), made.etag());

  // The etag read before is out of date now.
  request.mutable_member()->set_etag(made.etag());
  EXPECT_EQ(Read(members_->UpdateMember(Admin().get(), request, &after)).code, grpc::StatusCode::ABORTED);

  // What is set, without a mask.
  v1::UpdateMemberRequest full;
  full.mutable_member()->set_name(made.name());
  full.mutable_member()->set_status(v1::MEMBER_STATUS_FULL);
  EXPECT_THAT(Read(members_->UpdateMember(Admin().get(), full, &after)).fields, ElementsAre("member.full_date"));
  Set({2011, 7, 1}, *full.mutable_member()->mutable_full_date());
  ASSERT_TRUE(Read(members_->UpdateMember(Admin().get(), full, &after)).ok());
  EXPECT_EQ(after.status(), v1::MEMBER_STATUS_FULL);

  // And never back.
  v1::UpdateMemberRequest back;
  back.mutable_member()->set_name(made.name());
  back.mutable_member()->set_status(v1::MEMBER_STATUS_PROBATIONARY);
  back.mutable_update_mask()->add_paths("status");
  back.mutable_update_mask()->add_paths("full_date");
  const Said said = Read(members_->UpdateMember(Admin().get(), back, &after));
  EXPECT_EQ(said.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(said.reason, "STATUS_CHANGE");
}

TEST_F(MemberServiceTest, RefusesUnknownAndFixedPathsByName) {
  const v1::Member made = Create(11, "A1");
  v1::UpdateMemberRequest request;
  request.mutable_member()->set_name(made.name());
  for (const char* path : {"unit", "name", "nonsense", "*"}) request.mutable_update_mask()->add_paths(path);
  v1::Member after;
  const Said said = Read(members_->UpdateMember(Admin().get(), request, &after));
  EXPECT_THAT(said.fields, ElementsAre("update_mask", "update_mask", "update_mask", "update_mask"));
  EXPECT_THAT(said.everything, HasSubstr("nonsense"));
}

TEST_F(MemberServiceTest, AMaskedAnswerWrittenBackIsRefused) {
  v1::UpdateMemberRequest request;
  *request.mutable_member() = Create(11, "A1");
  v1::Member after;
  EXPECT_THAT(Read(members_->UpdateMember(Admin().get(), request, &after)).fields,
              UnorderedElementsAre("member.full_name", "member.birth_date", "member.identity_number", "member.phone"));
}

TEST_F(MemberServiceTest, MovesWithinACountyOnly) {
  const v1::Member made = Create(11, "A1");
  v1::MoveMemberRequest request;
  request.set_name(made.name());
  request.set_unit("units/A2");
  request.set_etag(made.etag());
  request.set_request_id(kRequestId);
  v1::Member after;
  ASSERT_TRUE(Read(members_->MoveMember(Admin().get(), request, &after)).ok());
  EXPECT_EQ(after.unit(), "units/A2");
  // The same request once more: done already.
  ASSERT_TRUE(Read(members_->MoveMember(Admin().get(), request, &after)).ok());
  EXPECT_EQ(after.unit(), "units/A2");

  request.clear_request_id();
  request.clear_etag();
  request.set_unit("units/B1");
  EXPECT_EQ(Read(members_->MoveMember(Admin().get(), request, &after)).reason, "OTHER_COUNTY");
  request.set_unit("units/370783104");
  EXPECT_EQ(Read(members_->MoveMember(Admin().get(), request, &after)).reason, "UNIT_HOLDS_NO_MEMBERS");
  request.set_unit("units/A1");
  request.set_etag(made.etag());
  EXPECT_EQ(Read(members_->MoveMember(Admin().get(), request, &after)).code, grpc::StatusCode::ABORTED);
  EXPECT_EQ(Get(made.name()).unit(), "units/A2");
}

TEST_F(MemberServiceTest, ListsPagesThatAreTiedToTheirQuery) {
  std::set<std::string> expected;
  for (int i = 1; i <= 10; ++i) expected.insert(Create(i, i % 3 == 0 ? "A1-1" : i % 3 == 1 ? "A1" : "A2").name());
  Create(11, "B1");
  v1::ListMembersRequest request;
  request.set_parent("units/370783");
  request.set_subtree(true);
  request.set_page_size(3);
  std::set<std::string> seen;
  std::vector<std::string> units;
  v1::ListMembersResponse page;
  int pages = 0;
  do {
    ASSERT_TRUE(Read(members_->ListMembers(Admin().get(), request, &page)).ok());
    EXPECT_FALSE(page.resume_token().empty());
    for (const v1::Member& member : page.members()) {
      EXPECT_TRUE(seen.insert(member.name()).second);
      EXPECT_EQ(member.full_name(), "王**");
      if (units.empty() || units.back() != member.unit()) units.push_back(member.unit());
    }
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!page.next_page_token().empty() && pages < 10);
  EXPECT_EQ(pages, 4);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(units.size(), 3u);  // all members of a unit together

  request.set_page_token("");
  ASSERT_TRUE(Read(members_->ListMembers(Admin().get(), request, &page)).ok());
  request.set_page_token(page.next_page_token());
  request.set_filter("sex = MALE");
  EXPECT_THAT(Read(members_->ListMembers(Admin().get(), request, &page)).fields, ElementsAre("page_token"));
  request.set_page_token("");
  request.set_filter("status = PROBATIONARY AND sex != FEMALE");
  ASSERT_TRUE(Read(members_->ListMembers(Admin().get(), request, &page)).ok());
  EXPECT_EQ(page.members_size(), 1);
  request.set_filter("full_name = 王");
  request.set_order_by("full_name");
  request.set_page_size(-1);
  EXPECT_THAT(Read(members_->ListMembers(Admin().get(), request, &page)).fields,
              UnorderedElementsAre("filter", "order_by", "page_size"));

  v1::ListMembersRequest direct;
  direct.set_parent("units/A1");
  ASSERT_TRUE(Read(members_->ListMembers(Admin().get(), direct, &page)).ok());
  EXPECT_EQ(page.members_size(), 4);
}

TEST_F(MemberServiceTest, ExportsTheSubtreeMasked) {
  for (int i = 1; i <= 5; ++i) Create(i, i % 2 == 0 ? "A1" : "A2");
  Create(6, "B1");
  v1::ExportMembersRequest request;
  request.set_parent("units/370783");
  const auto context = Admin();
  const auto stream = members_->ExportMembers(context.get(), request);
  v1::ExportMembersResponse response;
  int count = 0;
  while (stream->Read(&response)) {
    for (const v1::Member& member : response.members()) {
      EXPECT_EQ(member.full_name(), "王**");
      ++count;
    }
  }
  EXPECT_TRUE(Read(stream->Finish()).ok());
  EXPECT_EQ(count, 5);
}

TEST_F(MemberServiceTest, CountsAtEveryLevelAndStandsInTheWayOfADissolution) {
  common::v1::BatchGetSummariesRequest request;
  for (int i = 1; i <= 10; ++i) request.add_min_revision(Create(i, i <= 4 ? "A1-1" : "A2").revision());
  for (const char* unit : {"units/3707", "units/370783", "units/A1", "units/B1"}) request.add_units(unit);
  v1::BatchGetSummariesResponse response;
  const Said said = Read(units_->BatchGetSummaries(Admin().get(), request, &response));
  ASSERT_TRUE(said.ok()) << said.everything;
  std::vector<int64_t> totals;
  for (const v1::UnitSummary& summary : response.summaries()) totals.push_back(summary.total().members());
  EXPECT_THAT(totals, ElementsAre(10, 10, 4, 0));
  EXPECT_EQ(response.summaries(0).total().female_members(), 2);
  EXPECT_EQ(response.summaries(0).total().probationary_members(), 1);

  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/A2");
  v1::Unit unit;
  const Said refused = Read(units_->DissolveUnit(Admin().get(), dissolve, &unit));
  EXPECT_EQ(refused.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.everything, HasSubstr("HAS_MEMBERS"));

  dissolve.set_name("units/B1");
  ASSERT_TRUE(Read(units_->DissolveUnit(Admin().get(), dissolve, &unit)).ok());
  EXPECT_EQ(TryCreate(Person(99, "B1")).reason, "UNIT_DISSOLVED");
}

TEST_F(MemberServiceTest, AStartWithoutTheRightKeyIsRefused) {
  Create(11, "A1");
  Stop();
  for (const char* text : {"", "1:AAAA\n", "1:QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n"}) {
    std::ofstream(dir_.File("master.key"), std::ios::trunc) << text;
    common::Process process;
    Must(process.Init(config_.serve));
    Service service(process, config_);
    const absl::Status status = service.Start();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_EQ(status.ToString().find("QUFB"), std::string::npos);
  }
}

// Values that nobody may find outside of an answer to RevealMember.
TEST_F(MemberServiceTest, PersonalValuesAreNowhereInClear) {
  const Member::Fields planted = tests::Person(4242);
  const std::vector<std::string> values = {planted.full_name, planted.identity_number, planted.phone,
                                           tests::Person(4243).identity_number, "0536-1112223"};
  v1::Member made;
  ASSERT_TRUE(TryCreate(Person(4242, "A1"), &made, "administrator", kRequestId).ok());
  EXPECT_FALSE(TryCreate(Person(4242, "A2")).ok());
  v1::Member bad = Person(4242, "A1");
  bad.set_sex(v1::SEX_FEMALE);
  EXPECT_FALSE(TryCreate(bad).ok());
  v1::UpdateMemberRequest update;
  *update.mutable_member() = Person(4243, "A1");
  update.mutable_member()->set_name(made.name());
  update.mutable_member()->set_full_name(planted.full_name);
  update.mutable_member()->set_phone("0536-1112223");
  v1::Member after;
  ASSERT_TRUE(Read(members_->UpdateMember(Admin().get(), update, &after)).ok());
  update.mutable_member()->set_phone("0536-1112223x");
  EXPECT_FALSE(Read(members_->UpdateMember(Admin().get(), update, &after)).ok());
  v1::RevealMemberRequest reveal;
  reveal.set_name(made.name());
  reveal.set_purpose("核对身份");
  ASSERT_TRUE(Read(members_->RevealMember(Admin().get(), reveal, &after)).ok());
  EXPECT_EQ(after.full_name(), planted.full_name);
  // What is searched for is as personal as what is found; so is a guess.
  std::string tokens;
  const auto search = [&](auto field, const std::string& text) {
    v1::SearchMembersRequest request;
    request.set_parent("units/3707");
    request.set_purpose("核对身份");
    request.set_page_size(1);
    *(request.*field)() = text;
    v1::SearchMembersResponse found;
    const Said said = Read(members_->SearchMembers(Admin().get(), request, &found));
    tokens += found.next_page_token();
    return said.ok() ? found.members_size() : -1;
  };
  const auto by_number = &v1::SearchMembersRequest::mutable_identity_number;
  const auto by_phone = &v1::SearchMembersRequest::mutable_phone;
  const auto by_name = &v1::SearchMembersRequest::mutable_full_name;
  EXPECT_EQ(search(by_number, tests::Person(4243).identity_number), 1);
  EXPECT_EQ(search(by_number, planted.identity_number), 0);
  EXPECT_EQ(search(by_number, planted.identity_number + "1"), -1);
  EXPECT_EQ(search(by_phone, "0536-1112223"), 1);
  EXPECT_EQ(search(by_name, planted.full_name), 1);
  EXPECT_EQ(search(by_name, planted.full_name + std::string(200, 'x')), -1);
  v1::LeaveMemberRequest leave;
  leave.set_name(made.name());
  leave.set_reason(v1::LEAVE_REASON_RESIGNED);
  ASSERT_TRUE(Read(members_->LeaveMember(Admin().get(), leave, &after)).ok());
  EXPECT_FALSE(Read(members_->LeaveMember(Admin().get(), leave, &after)).ok());
  v1::ListMemberHistoryRequest history;
  history.set_parent(made.name());
  v1::ListMemberHistoryResponse versions;
  ASSERT_TRUE(Read(members_->ListMemberHistory(Admin().get(), history, &versions)).ok());
  v1::ListAuditEntriesRequest readings;
  readings.set_parent("units/3707");
  v1::ListAuditEntriesResponse entries;
  ASSERT_TRUE(Read(access_->ListAuditEntries(Admin().get(), readings, &entries)).ok());
  EXPECT_GE(entries.entries_size(), 5);
  const std::string told = tokens + versions.SerializeAsString() + entries.SerializeAsString();

  // The feed, from its beginning.
  common::v1::WatchRequest watch;
  watch.add_kinds("members");
  const auto context = Admin();
  const auto stream = units_->Watch(context.get(), watch);
  common::v1::WatchResponse response;
  std::string feed;
  int changes = 0;
  while (changes < 2 && stream->Read(&response)) {
    changes += response.changes_size();
    feed += response.SerializeAsString();
  }
  context->TryCancel();
  stream->Finish();
  EXPECT_THAT(feed, HasSubstr(made.name()));

  // The files as they are while it runs, with what is only in the log of the database yet; and after its end.
  std::vector<std::pair<std::string, std::string>> places;
  const auto read_files = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      places.emplace_back(entry.path().filename(), tests::ReadFile(entry.path()));
    }
  };
  read_files();
  EXPECT_THAT(places, Contains(::testing::Pair("organization.db-wal", HasSubstr(made.name()))));
  Stop();
  read_files();
  common::FlushLog();
  std::string logged;
  {
    common::MutexLock lock(log_mutex_);
    logged = log_;
  }
  EXPECT_THAT(logged, HasSubstr("CreateMember"));
  places.insert(places.end(), {{"feed", feed}, {"log", logged}, {"errors", errors_}, {"told", told}});
  EXPECT_THAT(places, Contains(::testing::Pair("organization.db", HasSubstr(made.name()))));
  for (const auto& [place, content] : places) {
    for (const std::string& value : values) {
      EXPECT_EQ(content.find(value), std::string::npos) << place << " holds a planted value: " << value;
    }
  }
}

}  // namespace
}  // namespace ronghe::organization
