#include "ronghe/organization/v1/structure_service.grpc.pb.h"

#include "services/common/directory/directory.h"
#include "services/common/values/clock.h"
#include "tests/service/organization/service_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class StructureServiceTest : public ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    MakeTree();
    channel_ =
        grpc::CreateChannel(fmt::format("127.0.0.1:{}", server_->process().port()), grpc::InsecureChannelCredentials());
    structure_ = v1::StructureService::NewStub(channel_);
  }
  template <typename Request, typename Response>
  absl::StatusOr<Response> Structure(const std::string& subject,
                                     grpc::Status (v1::StructureService::Stub::*method)(grpc::ClientContext*,
                                                                                        const Request&, Response*),
                                     const Request& request) {
    return Call(subject, *structure_, method, request);
  }
  static v1::MergeUnitsRequest Merge(std::vector<std::string> sources, const std::string& successor) {
    v1::MergeUnitsRequest request;
    for (const std::string& source : sources) request.add_sources("units/" + source);
    if (!successor.empty()) request.set_successor("units/" + successor);
    return request;
  }
  // A year from now.
  static void Later(google::type::Date& date) {
    date.set_year(absl::ToCivilYear(common::SystemClock().Now(), absl::UTCTimeZone()).year() + 1);
    date.set_month(7);
    date.set_day(1);
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::StructureService::Stub> structure_;
};

TEST_F(StructureServiceTest, MergesAndTellsWhereUnitsWent) {
  v1::MergeUnitsRequest request = Merge({"B1"}, "B2");
  request.set_title("县委〔2026〕12号");
  request.set_request_id("5d1e3f6e-0000-4000-8000-000000000001");
  request.set_validate_only(true);
  const auto tried = Structure("admin", &v1::StructureService::Stub::MergeUnits, request);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(tried->name(), "");
  EXPECT_EQ(tried->state(), v1::REORGANIZATION_STATE_EFFECTIVE);
  EXPECT_THAT(tried->effects(), SizeIs(1));
  EXPECT_EQ(Get("admin", "B1")->state(), v1::UNIT_STATE_ACTIVE);

  request.set_validate_only(false);
  const auto done = Structure("admin", &v1::StructureService::Stub::MergeUnits, request);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->state(), v1::REORGANIZATION_STATE_EFFECTIVE);
  EXPECT_EQ(done->title(), "县委〔2026〕12号");
  EXPECT_EQ(done->parent(), "units/B2");
  EXPECT_EQ(done->steps(0).merge().sources(0), "units/B1");
  EXPECT_EQ(done->effects(0).kind(), v1::REORGANIZATION_EFFECT_KIND_SUCCEEDED);
  EXPECT_TRUE(done->has_end_time());
  const auto again = Structure("admin", &v1::StructureService::Stub::MergeUnits, request);
  EXPECT_EQ(again->name(), done->name());

  const v1::Unit gone = *Get("admin", "B1");
  EXPECT_EQ(gone.state(), v1::UNIT_STATE_DISSOLVED);
  EXPECT_THAT(gone.successors(), ElementsAre("units/B2"));
  v1::UpdateUnitRequest rename;
  rename.mutable_unit()->set_name("units/B1");
  rename.mutable_unit()->set_title("x");
  const absl::Status refused = Units("admin", &v1::OrganizationService::Stub::UpdateUnit, rename).status();
  EXPECT_EQ(ReasonOf(refused), "UNIT_SUCCEEDED");
  EXPECT_EQ(common::BlockersOf(refused).at(0).subject, "units/B2");
  // The other processes' directory has it, too.
  const common::Directory& directory = server_->process().directory();
  const auto successors = directory.SuccessorsOf(directory.FindByCode("B1")->uid);
  ASSERT_EQ(successors.size(), 1u);
  EXPECT_EQ(successors[0].code, "B2");

  v1::GetReorganizationRequest get;
  get.set_name(done->name());
  get.add_min_revision(done->revision());
  EXPECT_EQ(Structure("admin", &v1::StructureService::Stub::GetReorganization, get)->etag(), done->etag());
}

TEST_F(StructureServiceTest, MergesIntoANewUnit) {
  v1::MergeUnitsRequest request = Merge({"B1", "B2"}, "");
  request.mutable_establish()->set_code("B3");
  request.mutable_establish()->set_title("联合党支部");
  request.mutable_establish()->set_level(v1::LEVEL_BRANCH);
  request.mutable_establish()->set_kind(v1::UNIT_KIND_JOINT_BRANCH);
  const auto done = Structure("admin", &v1::StructureService::Stub::MergeUnits, request);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(Get("admin", "B3")->parent(), "units/370783104");
  EXPECT_THAT(Get("admin", "B2")->successors(), ElementsAre("units/B3"));
  request.set_successor("units/B3");
  request.mutable_establish()->set_code("b");
  std::vector<std::string> fields;
  for (const common::Violation& v :
       common::ViolationsOf(Structure("admin", &v1::StructureService::Stub::MergeUnits, request).status())) {
    fields.push_back(v.field);
  }
  EXPECT_THAT(fields, ::testing::Contains("successor"));
}

TEST_F(StructureServiceTest, ScopesHold) {
  Grant("clerk", common::v1::ROLE_OFFICER, "370783104");
  EXPECT_TRUE(Structure("clerk", &v1::StructureService::Stub::MergeUnits, Merge({"B1"}, "B2")).ok());
  const absl::Status refused =
      Structure("clerk", &v1::StructureService::Stub::MergeUnits, Merge({"370784101"}, "370783104")).status();
  EXPECT_TRUE(absl::IsNotFound(refused)) << refused;
  v1::ReorganizeRequest request;
  request.set_parent("units/370783104");
  request.add_steps()->mutable_move()->set_name("units/B2");
  request.mutable_steps(0)->mutable_move()->set_parent("units/370784101");
  EXPECT_TRUE(absl::IsNotFound(Structure("clerk", &v1::StructureService::Stub::Reorganize, request).status()));
  Grant("viewer", common::v1::ROLE_VIEWER, "370783104");
  EXPECT_TRUE(absl::IsPermissionDenied(
      Structure("viewer", &v1::StructureService::Stub::MergeUnits, Merge({"B2"}, "B1")).status()));
  v1::ListReorganizationsRequest list;
  list.set_parent("units/-");
  EXPECT_THAT(Structure("viewer", &v1::StructureService::Stub::ListReorganizations, list)->reorganizations(),
              SizeIs(1));
  Grant("neighbour", common::v1::ROLE_VIEWER, "370784");
  EXPECT_THAT(Structure("neighbour", &v1::StructureService::Stub::ListReorganizations, list)->reorganizations(),
              IsEmpty());
}

TEST_F(StructureServiceTest, SchedulesListsAndCancels) {
  v1::MoveUnitRequest move;
  move.set_name("units/B1");
  move.set_parent("units/370784101");
  Later(*move.mutable_effective_date());
  const auto moved = Units("admin", &v1::OrganizationService::Stub::MoveUnit, move);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->parent(), "units/370783104");
  EXPECT_THAT(moved->scheduled_change(), StartsWith("reorganizations/"));
  // It survives a restart.
  server_.reset();
  server_ = std::make_unique<Running>(config_);
  structure_ = v1::StructureService::NewStub(
      grpc::CreateChannel(fmt::format("127.0.0.1:{}", server_->process().port()), grpc::InsecureChannelCredentials()));
  v1::ListReorganizationsRequest list;
  list.set_parent("units/370783");
  list.set_filter("state = SCHEDULED");
  const auto listed = Structure("admin", &v1::StructureService::Stub::ListReorganizations, list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_THAT(listed->reorganizations(), SizeIs(1));
  EXPECT_EQ(listed->reorganizations(0).name(), moved->scheduled_change());
  EXPECT_EQ(listed->reorganizations(0).effects(0).other(), "units/370784101");
  v1::CancelReorganizationRequest cancel;
  cancel.set_name(moved->scheduled_change());
  cancel.set_etag(listed->reorganizations(0).etag());
  EXPECT_EQ(Structure("admin", &v1::StructureService::Stub::CancelReorganization, cancel)->state(),
            v1::REORGANIZATION_STATE_CANCELLED);
  cancel.clear_etag();
  EXPECT_EQ(ReasonOf(Structure("admin", &v1::StructureService::Stub::CancelReorganization, cancel).status()),
            "NOT_SCHEDULED");
  EXPECT_THAT(Structure("admin", &v1::StructureService::Stub::ListReorganizations, list)->reorganizations(), IsEmpty());
}

TEST_F(StructureServiceTest, SplitsAndRestores) {
  v1::SplitUnitRequest split;
  split.set_name("units/B1");
  v1::SplitPart& part = *split.add_parts();
  part.mutable_establish()->set_code("B11");
  part.mutable_establish()->set_title("一支部");
  part.mutable_establish()->set_level(v1::LEVEL_BRANCH);
  part.mutable_establish()->set_kind(v1::UNIT_KIND_BRANCH);
  split.add_parts()->set_name("units/B2");
  const auto done = Structure("admin", &v1::StructureService::Stub::SplitUnit, split);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(Get("admin", "B1")->successors(), ElementsAre("units/B11", "units/B2"));
  v1::RestoreUnitRequest restore;
  restore.set_name("units/B1");
  ASSERT_TRUE(Structure("admin", &v1::StructureService::Stub::RestoreUnit, restore).ok());
  EXPECT_EQ(Get("admin", "B1")->state(), v1::UNIT_STATE_ACTIVE);
  EXPECT_THAT(Get("admin", "B1")->successors(), IsEmpty());
}

}  // namespace
}  // namespace ronghe::organization
