// Every method × every role × every scope, against the real processes, through the gateway and straight at the
// services. What each role may call is also written down in tests/golden/access.txt, so that a change of the protos'
// policies is seen by a person: `tests/run -k access_walk` prints the new text when it differs.

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "ronghe/common/v1/access.pb.h"
#include "ronghe/organization/v1/access_service.pb.h"
#include "ronghe/organization/v1/import_service.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/structure_service.pb.h"
#include "services/common/values/clock.h"
#include "tests/support/rpc_client.h"
#include "tests/support/suite.h"
#include "tests/system/access_calls.h"
#include "tests/system/access_records.h"

namespace ronghe {
namespace {

namespace pb = google::protobuf;
using common::v1::Role;
using tests::AllServices;
using tests::CollectionOf;
using tests::Outcome;
using tests::Served;
using tests::SetPath;

class AccessWalk : public testing::Test {
 protected:
  // 370783 with township 370783001 and branch 370783001001 is "inside"; 370784 with the same below it "outside".
  static void SetUpTestSuite() {
    suite_ = new tests::Suite();
    const std::string file = suite_->directory() + "/units.csv";
    std::ofstream(file) << "code,title,level,kind,parent\n"
                           "370783,A,LEVEL_COUNTY,UNIT_KIND_COMMITTEE,\n"
                           "370783001,A1,LEVEL_TOWNSHIP,UNIT_KIND_COMMITTEE,370783\n"
                           "370783001001,A11,LEVEL_BRANCH,UNIT_KIND_BRANCH,370783001\n"
                           "370784,B,LEVEL_COUNTY,UNIT_KIND_COMMITTEE,\n"
                           "370784001,B1,LEVEL_TOWNSHIP,UNIT_KIND_COMMITTEE,370784\n"
                           "370784001001,B11,LEVEL_BRANCH,UNIT_KIND_BRANCH,370784001\n";
    const tests::CommandResult imported = suite_->Cli({"import", "units", file});
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
    for (const char* side : {"inside", "outside"}) MakeResources(side);
    for (int role = Role::ROLE_VIEWER; role < Role::ROLE_SERVICE; ++role) {
      for (const char* where : {"inside", "outside", "everything", "none"})
        MakePrincipal(static_cast<Role>(role), where);
    }
  }

  static void TearDownTestSuite() {
    delete suite_;
    suite_ = nullptr;
  }

  template <typename Response>
  static Response Must(const std::string& service, const std::string& method, const pb::Message& request,
                       const std::string& token) {
    return tests::RpcClient(suite_->gateway(), token)
        .Must<Response>(fmt::format("ronghe.organization.v1.{}/{}", service, method), request);
  }

  // One of everything on each side, by the collection of their names.
  // A ledger of one problem.
  static void ImportLedger(const std::string& county, std::map<std::string, std::string>& names) {
    const std::string file = suite_->directory() + "/ledger.csv";
    std::ofstream(file) << fmt::format(
        "unit,source,category,problem_class,description,external_id,register_date\n"
        "{}001001,INSPECTION,other,LONG_TERM,x,{},2025-01-01\n",
        county, county);
    const tests::CommandResult imported =
        suite_->Cli({"--json", "import", "problems", file, "--parent", county + "001"});
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
    const size_t at = imported.out.find("problemImports/");
    ASSERT_NE(at, std::string::npos) << imported.out;
    names["problemImports"] = imported.out.substr(at, imported.out.find('"', at) - at);
  }

  // Learning records of one row.
  static void ImportLearning(const std::string& county, std::map<std::string, std::string>& names) {
    const std::string file = suite_->directory() + "/learning.csv";
    std::ofstream(file) << fmt::format(
        "member,source,platform,external_id,date,credit_deci_hours\n{},ONLINE_PLATFORM,x,2,2025-03-02,10\n",
        names["members"]);
    const tests::CommandResult imported =
        suite_->Cli({"--json", "import", "learning", file, "--parent", county + "001"});
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
    const size_t at = imported.out.find("learningImports/");
    ASSERT_NE(at, std::string::npos) << imported.out;
    names["learningImports"] = imported.out.substr(at, imported.out.find('"', at) - at);
  }

  static void MakeResources(const std::string& side) {
    const bool inside = side == "inside";
    const std::string county = inside ? "370783" : "370784";
    auto& names = resources_[side];
    const std::string token = suite_->administrator();
    const std::string file = suite_->directory() + "/more.csv";
    std::ofstream(file) << fmt::format(
        "code,title,level,kind,parent\n{0}001002,X,LEVEL_BRANCH,UNIT_KIND_BRANCH,{0}001\n", county);
    const tests::CommandResult imported = suite_->Cli({"--json", "import", "units", file, "--parent", county + "001"});
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
    names = tests::MakeRecords(*suite_, "units/" + county + "001001", "units/" + county + "001002",
                               inside ? "990101196203160038" : "990101196810090190");
    names["units"] = "units/" + county + "001";
    ImportLedger(county, names);
    ImportLearning(county, names);
    organization::v1::CreatePrincipalRequest principal;
    principal.mutable_principal()->set_issuer("ronghe-local");
    principal.mutable_principal()->set_subject("holder-" + side);
    const std::string holder =
        Must<organization::v1::Principal>("AccessService", "CreatePrincipal", principal, token).name();
    organization::v1::CreateGrantRequest grant;
    grant.mutable_grant()->set_principal(holder);
    grant.mutable_grant()->set_role(Role::ROLE_VIEWER);
    grant.mutable_grant()->set_unit(names["units"]);
    names["grants"] = Must<organization::v1::Grant>("AccessService", "CreateGrant", grant, token).name();
    organization::v1::ListImportsRequest list;
    list.set_parent("units/" + county + "001");
    const auto imports = Must<organization::v1::ListImportsResponse>("ImportService", "ListImports", list, token);
    ASSERT_EQ(imports.imports_size(), 1);
    names["imports"] = imports.imports(0).name();
    organization::v1::ReorganizeRequest reorganize;
    reorganize.set_parent(names["units"]);
    organization::v1::Unit& renamed = *reorganize.add_steps()->mutable_update()->mutable_unit();
    renamed.set_name(names["units"]);
    renamed.set_title("to come");
    reorganize.mutable_effective_date()->set_year(
        absl::ToCivilYear(common::SystemClock().Now(), absl::UTCTimeZone()).year() + 1);
    reorganize.mutable_effective_date()->set_month(1);
    reorganize.mutable_effective_date()->set_day(1);
    names["reorganizations"] =
        Must<organization::v1::Reorganization>("StructureService", "Reorganize", reorganize, token).name();
  }

  static std::string Subject(Role role, const std::string& where) {
    return fmt::format("{}-{}", common::v1::Role_Name(role), where);
  }

  static void MakePrincipal(Role role, const std::string& where) {
    organization::v1::CreatePrincipalRequest principal;
    principal.mutable_principal()->set_issuer("ronghe-local");
    principal.mutable_principal()->set_subject(Subject(role, where));
    if (role == Role::ROLE_MEMBER) principal.mutable_principal()->set_member(resources_["inside"]["members"]);
    const std::string token = suite_->administrator();
    const std::string name =
        Must<organization::v1::Principal>("AccessService", "CreatePrincipal", principal, token).name();
    if (where == "none") return;
    organization::v1::CreateGrantRequest grant;
    grant.mutable_grant()->set_principal(name);
    grant.mutable_grant()->set_role(role);
    grant.mutable_grant()->set_unit(where == "everything" ? "units/-" : resources_[where]["units"]);
    Must<organization::v1::Grant>("AccessService", "CreateGrant", grant, token);
  }

  // A request whose unit fields lie inside, and which is otherwise not valid for writes: an unknown request id form
  // makes them fail after they were let in.
  static std::string RequestFor(const pb::MethodDescriptor* method) {
    std::unique_ptr<pb::Message> request(
        pb::MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
    const auto& policy = method->options().GetExtension(common::v1::policy);
    for (const std::string& path : policy.unit_fields()) {
      SetPath(*request, path, resources_["inside"][CollectionOf(method, path)]);
    }
    if (policy.effect() == common::v1::EFFECT_WRITE) {
      if (const auto* field = method->input_type()->FindFieldByName("request_id")) {
        request->GetReflection()->SetString(request.get(), field, "no-uuid");
      } else {
        SetPath(*request, "start.request_id", "no-uuid");
      }
    }
    return request->SerializeAsString();
  }

  static bool Holds(const common::v1::MethodPolicy& policy, Role role) {
    const auto* value = common::v1::Permission_descriptor()->FindValueByNumber(policy.permission());
    const auto& held = value->options().GetExtension(common::v1::held_by);
    return std::find(held.roles().begin(), held.roles().end(), role) != held.roles().end();
  }

  static inline tests::Suite* suite_ = nullptr;
  static inline std::map<std::string, std::map<std::string, std::string>> resources_;
};

// Let in: answered, or refused for what the request says, not for who the caller is.
bool LetIn(const Outcome& outcome) {
  return outcome.code != grpc::StatusCode::UNAUTHENTICATED && outcome.code != grpc::StatusCode::PERMISSION_DENIED &&
         outcome.code != grpc::StatusCode::NOT_FOUND && outcome.code != grpc::StatusCode::UNAVAILABLE &&
         outcome.code != grpc::StatusCode::UNIMPLEMENTED && outcome.code != grpc::StatusCode::INTERNAL &&
         outcome.code != grpc::StatusCode::DEADLINE_EXCEEDED;
}

TEST_F(AccessWalk, MethodsTimesRolesTimesScopes) {
  std::map<std::string, std::unique_ptr<tests::AnyMethodClient>> clients;
  for (const std::string& service : tests::Suite::Services()) {
    clients[service] = std::make_unique<tests::AnyMethodClient>(suite_->Address(service));
  }
  int calls = 0;
  for (const Served& served : AllServices()) {
    for (int i = 0; i < served.service->method_count(); ++i) {
      const pb::MethodDescriptor* method = served.service->method(i);
      const auto& policy = method->options().GetExtension(common::v1::policy);
      const std::string bytes = RequestFor(method);
      // What is the suite's own the gateway does not pass on.
      std::vector<std::string> ways = {served.process};
      const bool suites_own = policy.permission() == common::v1::PERMISSION_DIRECTORY_READ ||
                              policy.permission() == common::v1::PERMISSION_SUMMARIES_FOLLOW;
      if (!suites_own && served.process != "gateway") ways.push_back("gateway");
      for (const std::string& way : ways) {
        EXPECT_EQ(clients[way]->Call(method, bytes, "").code, grpc::StatusCode::UNAUTHENTICATED) << method->full_name();
        EXPECT_EQ(clients[way]->Call(method, bytes, "x.y.z").code, grpc::StatusCode::UNAUTHENTICATED)
            << method->full_name();
        for (int r = Role::ROLE_VIEWER; r < Role::ROLE_SERVICE; ++r) {
          const Role role = static_cast<Role>(r);
          for (const std::string where : {"inside", "outside", "everything", "none"}) {
            const Outcome outcome = clients[way]->Call(method, bytes, suite_->Token(Subject(role, where)));
            ++calls;
            const bool holds = Holds(policy, role) && where != "none";
            const std::string what =
                fmt::format("{} by {} with a grant on {} through {}: {} {}", method->full_name(),
                            common::v1::Role_Name(role), where, way, static_cast<int>(outcome.code), outcome.text);
            switch (policy.scope()) {
              case common::v1::SCOPE_CALLER:
                EXPECT_EQ(LetIn(outcome), !suites_own) << what;
                break;
              case common::v1::SCOPE_ANY:
                EXPECT_EQ(LetIn(outcome), holds) << what;
                break;
              case common::v1::SCOPE_ALL:
                EXPECT_EQ(LetIn(outcome), holds && where == "everything") << what;
                break;
              default:
                EXPECT_EQ(LetIn(outcome), holds && where != "outside") << what;
                // Outside the scope is invisible, not forbidden.
                if (!holds) {
                  EXPECT_EQ(outcome.code, grpc::StatusCode::PERMISSION_DENIED) << what;
                } else if (where == "outside") {
                  EXPECT_EQ(outcome.code, grpc::StatusCode::NOT_FOUND) << what;
                }
            }
          }
        }
      }
    }
  }
  EXPECT_GT(calls, 1000);
}

// A transfer has two sides, which no field of a request names: its methods look for themselves.
TEST_F(AccessWalk, TransfersAreThereForTheirTwoSidesOnly) {
  const auto bytes_of = [](const pb::MethodDescriptor* method) {
    std::unique_ptr<pb::Message> request(
        pb::MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
    auto& names = resources_["inside"];
    if (method->name() == "CreateTransfer") {
      SetPath(*request, "transfer.member", names["members"]);
      SetPath(*request, "transfer.target_unit", names["units"] + "002");
    } else {
      SetPath(*request, "name", names["transfers"]);
    }
    const pb::FieldDescriptor* reason = method->input_type()->FindFieldByName("reason");
    if (reason != nullptr && reason->enum_type() != nullptr)
      request->GetReflection()->SetEnumValue(request.get(), reason, 1);
    // Nothing happens: the etag is no transfer's, and there is one transfer already.
    if (method->input_type()->FindFieldByName("etag") != nullptr) SetPath(*request, "etag", "t0");
    return request->SerializeAsString();
  };
  const pb::ServiceDescriptor* service =
      organization::v1::CreateMemberRequest::descriptor()->file()->FindServiceByName("MemberService");
  tests::AnyMethodClient gateway(suite_->gateway());
  int walked = 0;
  for (int i = 0; i < service->method_count(); ++i) {
    const pb::MethodDescriptor* method = service->method(i);
    const auto& policy = method->options().GetExtension(common::v1::policy);
    if (policy.scope() != common::v1::SCOPE_ANY) continue;
    ++walked;
    for (int r = Role::ROLE_VIEWER; r < Role::ROLE_SERVICE; ++r) {
      const Role role = static_cast<Role>(r);
      for (const std::string where : {"inside", "outside", "everything", "none"}) {
        const Outcome outcome = gateway.Call(method, bytes_of(method), suite_->Token(Subject(role, where)));
        const std::string what =
            fmt::format("{} by {} with a grant on {}: {} {}", method->name(), common::v1::Role_Name(role), where,
                        static_cast<int>(outcome.code), outcome.text);
        if (!Holds(policy, role) || where == "none") {
          EXPECT_EQ(outcome.code, grpc::StatusCode::PERMISSION_DENIED) << what;
        } else if (where == "outside") {
          EXPECT_EQ(outcome.code, grpc::StatusCode::NOT_FOUND) << what;
        } else if (policy.effect() == common::v1::EFFECT_READ) {
          EXPECT_EQ(outcome.code, grpc::StatusCode::OK) << what;
        } else {
          const bool creates = method->name() == "CreateTransfer";
          EXPECT_EQ(outcome.code, creates ? grpc::StatusCode::FAILED_PRECONDITION : grpc::StatusCode::ABORTED) << what;
        }
      }
    }
  }
  EXPECT_EQ(walked, 6);
}

// Nobody forgets one above.
TEST_F(AccessWalk, EveryServiceOfTheProtosIsWalked) {
  std::set<std::string> walked;
  for (const Served& served : AllServices()) walked.insert(served.service->file()->name());
  const std::filesystem::path protos = tests::Suite::SourceFile("proto");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(protos)) {
    const std::string name = std::filesystem::relative(entry.path(), protos).string();
    if (name.ends_with("_service.proto")) {
      EXPECT_THAT(walked, testing::Contains(name));
    }
  }
}

// A process of the suite on its own behalf may call only what names it; beside a user's token it adds nothing.
TEST_F(AccessWalk, ServicesCallOnlyWhatNamesThem) {
  tests::AnyMethodClient organization(suite_->Address("organization"));
  for (const Served& served : AllServices()) {
    if (served.process != "organization") continue;
    for (int i = 0; i < served.service->method_count(); ++i) {
      const pb::MethodDescriptor* method = served.service->method(i);
      const auto& policy = method->options().GetExtension(common::v1::policy);
      if (policy.scope() == common::v1::SCOPE_CALLER && policy.services_size() == 0) continue;
      for (const std::string& service : tests::Suite::Services()) {
        const bool named =
            std::find(policy.services().begin(), policy.services().end(), service) != policy.services().end();
        const Outcome own = organization.Call(method, RequestFor(method), suite_->ServiceToken(service));
        EXPECT_EQ(LetIn(own), named) << method->full_name() << " by " << service << ": " << own.text;
      }
      const Outcome behind =
          organization.Call(method, RequestFor(method), suite_->Token(Subject(Role::ROLE_OFFICER, "none")),
                            suite_->ServiceToken("gateway"));
      EXPECT_FALSE(LetIn(behind)) << method->full_name() << ": " << behind.text;
    }
  }
}

TEST_F(AccessWalk, GoldenTableOfRolesAndMethods) {
  std::ostringstream table;
  for (const Served& served : AllServices()) {
    for (int i = 0; i < served.service->method_count(); ++i) {
      const pb::MethodDescriptor* method = served.service->method(i);
      const auto& policy = method->options().GetExtension(common::v1::policy);
      table << fmt::format("{} {} {}:", method->full_name(), common::v1::Scope_Name(policy.scope()),
                           common::v1::Effect_Name(policy.effect()));
      for (int r = Role::ROLE_VIEWER; r < Role::ROLE_SERVICE; ++r) {
        if (Holds(policy, static_cast<Role>(r))) table << " " << common::v1::Role_Name(static_cast<Role>(r)).substr(5);
      }
      for (const std::string& service : policy.services()) table << " (" << service << ")";
      table << "\n";
    }
  }
  std::ifstream golden(tests::Suite::SourceFile("tests/golden/access.txt"));
  std::stringstream kept;
  kept << golden.rdbuf();
  EXPECT_EQ(kept.str(), table.str());
}

}  // namespace
}  // namespace ronghe
