// A county's yearly reorganization: what one request that merges units takes, over the wire, until it is durable.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "ronghe/organization/v1/member_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "ronghe/organization/v1/post_service.grpc.pb.h"
#include "ronghe/organization/v1/structure_service.grpc.pb.h"
#include "tests/bench/organization.h"
#include "tests/support/people.h"
#include "tests/support/suite.h"

namespace ronghe::bench {
namespace {

namespace v1 = organization::v1;

constexpr int kBranches = 20;  // of each township
constexpr int kMembers = 40;   // of each branch

std::string Township(int number) {
  return fmt::format("11{:04}{:03}", 1, number);
}
std::string Branch(int township, int number) {
  return fmt::format("{}{:03}", Township(township), number);
}

class County {
 public:
  County() {
    suite_.Start("organization");
    suite_.WaitReady("organization");
    const auto channel = grpc::CreateChannel(suite_.Address("organization"), grpc::InsecureChannelCredentials());
    units_ = v1::OrganizationService::NewStub(channel);
    members_ = v1::MemberService::NewStub(channel);
    posts_ = v1::PostService::NewStub(channel);
    structure_ = v1::StructureService::NewStub(channel);
    token_ = suite_.administrator();
    Import();
  }

  template <typename Stub, typename Request, typename Response>
  Response Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token_);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) Fail(request.GetTypeName(), status.error_message());
    return response;
  }

  // A secretary in every branch, in a running term.
  void FillPosts() {
    for (int t = 1; t <= 2; ++t) {
      for (int b = 1; b <= kBranches; ++b) {
        const std::string unit = "units/" + Branch(t, b);
        v1::CreateTermRequest term;
        term.mutable_term()->set_unit(unit);
        google::type::Date& start = *term.mutable_term()->mutable_start_date();
        start.set_year(2025);
        start.set_month(1);
        start.set_day(1);
        Call(*posts_, &v1::PostService::Stub::CreateTerm, term);
        v1::CreatePostRequest post;
        post.mutable_post()->set_unit(unit);
        post.mutable_post()->set_kind(v1::POST_KIND_SECRETARY);
        post.mutable_post()->set_seats(1);
        const v1::Post made = Call(*posts_, &v1::PostService::Stub::CreatePost, post);
        v1::ListMembersRequest list;
        list.set_parent(unit);
        list.set_page_size(1);
        v1::CreateAppointmentRequest appointment;
        appointment.mutable_appointment()->set_post(made.name());
        appointment.mutable_appointment()->set_basis(v1::APPOINTMENT_BASIS_ELECTED);
        appointment.mutable_appointment()->set_member(
            Call(*members_, &v1::MemberService::Stub::ListMembers, list).members(0).name());
        revision_ = Call(*posts_, &v1::PostService::Stub::CreateAppointment, appointment).revision();
      }
    }
  }

  // Of every branch of the townships, a member on the way to a branch of another township.
  void OpenTransfers() {
    for (int t = 1; t <= 3; ++t) {
      for (int b = 1; b <= kBranches; ++b) {
        v1::ListMembersRequest list;
        list.set_parent("units/" + Branch(t, b));
        list.set_page_size(2);
        v1::CreateTransferRequest request;
        request.mutable_transfer()->set_member(
            Call(*members_, &v1::MemberService::Stub::ListMembers, list).members(1).name());
        request.mutable_transfer()->set_target_unit("units/" + Branch(t % 3 + 1, b));
        revision_ = Call(*members_, &v1::MemberService::Stub::CreateTransfer, request).revision();
      }
    }
  }

  // Milliseconds of one request; its revision is kept.
  double Merge(const v1::MergeUnitsRequest& request) {
    const absl::Time begin = absl::Now();
    revision_ = Call(*structure_, &v1::StructureService::Stub::MergeUnits, request).revision();
    return absl::ToDoubleMilliseconds(absl::Now() - begin);
  }

  // What the county counts that a merger must leave as it is.
  v1::OrganizationMetrics Totals() {
    common::v1::BatchGetSummariesRequest request;
    request.add_units("units/110001");
    request.set_totals_only(true);
    if (!revision_.empty()) request.add_min_revision(revision_);
    return Call(*units_, &v1::OrganizationService::Stub::BatchGetSummaries, request).summaries(0).total();
  }

  [[noreturn]] static void Fail(const std::string& what, const std::string& why) {
    fmt::print(stderr, "{}: {}\n", what, why);
    std::exit(2);
  }

 private:
  void Import() {
    const std::string units = suite_.File("units.csv");
    {
      std::ofstream out(units);
      out << "code,title,level,kind,parent\n11,unit 11,LEVEL_PROVINCE,UNIT_KIND_COMMITTEE,\n"
          << "110001,unit 110001,LEVEL_COUNTY,UNIT_KIND_COMMITTEE,11\n";
      for (int t = 1; t <= 3; ++t) {
        out << fmt::format("{0},unit {0},LEVEL_TOWNSHIP,UNIT_KIND_COMMITTEE,110001\n", Township(t));
        for (int b = 1; b <= kBranches; ++b) {
          out << fmt::format("{0},unit {0},LEVEL_BRANCH,UNIT_KIND_BRANCH,{1}\n", Branch(t, b), Township(t));
        }
      }
    }
    const std::string members = suite_.File("members.csv");
    {
      std::ofstream out(members);
      out << "unit,full_name,sex,birth_date,identity_number,status,join_date,full_date\n";
      int64_t number = 0;
      for (int t = 1; t <= 3; ++t) {
        for (int b = 1; b <= kBranches; ++b) {
          for (int m = 0; m < kMembers; ++m) {
            const organization::Member::Fields person = tests::Person(++number);
            out << fmt::format("{},{},{},{:04}-{:02}-{:02},{},MEMBER_STATUS_FULL,2015-07-01,2016-07-01\n", Branch(t, b),
                               person.full_name, person.sex == 1 ? "SEX_MALE" : "SEX_FEMALE", person.birth_date.year,
                               person.birth_date.month, person.birth_date.day, person.identity_number);
          }
        }
      }
    }
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"import", "units", units},
          std::vector<std::string>{"import", "members", members, "--parent", "110001"}}) {
      std::vector<std::string> words = suite_.CliCommand(command);
      for (std::string& word : words) {
        if (word == suite_.gateway()) word = suite_.Address("organization");
      }
      const tests::CommandResult result = suite_.Run(words);
      if (result.exit_code != 0) Fail(command[1], result.out + result.err);
    }
  }

  tests::Suite suite_{{.database = {}, .arguments = {}, .start = false, .more = {}}};
  std::unique_ptr<v1::OrganizationService::Stub> units_;
  std::unique_ptr<v1::MemberService::Stub> members_;
  std::unique_ptr<v1::PostService::Stub> posts_;
  std::unique_ptr<v1::StructureService::Stub> structure_;
  std::string token_;
  std::string revision_;
};

}  // namespace

void StructureFigures(Report& report) {
  County county;
  county.FillPosts();
  county.OpenTransfers();
  const v1::OrganizationMetrics before = county.Totals();
  v1::MergeUnitsRequest townships;
  for (int t = 1; t <= 2; ++t) townships.add_sources("units/" + Township(t));
  townships.mutable_establish()->set_code(Township(9));
  townships.mutable_establish()->set_title("the merged township");
  townships.mutable_establish()->set_level(v1::LEVEL_TOWNSHIP);
  townships.mutable_establish()->set_kind(v1::UNIT_KIND_COMMITTEE);
  const double merged = county.Merge(townships);
  const v1::OrganizationMetrics after = county.Totals();
  if (after.full_members() != before.full_members() || after.posts_vacant() != before.posts_vacant() ||
      after.transfers_in_flight() != before.transfers_in_flight()) {
    County::Fail("the merger", fmt::format("the county was\n{}and is\n{}", before.DebugString(), after.DebugString()));
  }
  report.Note("organization.merge_members", static_cast<double>(before.full_members()), "members of the county");
  report.AtMost("organization.merge_ms", merged,
                "ms, 40 branches of 2 townships under 1, a transfer open from each and to each", 2000);

  // Every branch of the third township into the first of them: all members get another unit.
  v1::MergeUnitsRequest branches;
  for (int b = 2; b <= kBranches; ++b) branches.add_sources("units/" + Branch(3, b));
  branches.set_successor("units/" + Branch(3, 1));
  const double handed_over = county.Merge(branches);
  if (county.Totals().full_members() != before.full_members())
    County::Fail("the merger of branches", "members were lost");
  report.Note("organization.merge_branches_ms", handed_over, "ms, 20 branches with 800 members into 1");
}

}  // namespace ronghe::bench
