#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "gateway/rest/gzip.h"
#include "services/common/serve/codec.h"
#include "services/common/values/status.h"
#include "tests/service/gateway/rest_fixture.h"

namespace ronghe::tests {
namespace {

using nlohmann::json;
using organization::v1::CreateUnitRequest;
using organization::v1::GetUnitRequest;
using organization::v1::Unit;
using organization::v1::UpdateUnitRequest;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST_F(RestTest, AUnitIsReadByItsName) {
  organization_.organization.get_unit = [](grpc::ServerContext* context, const GetUnitRequest* request, Unit* unit) {
    EXPECT_EQ(request->as_of().year(), 2026);
    EXPECT_EQ(request->as_of().day(), 23);
    EXPECT_EQ(context->client_metadata().count("x-ronghe-service"), 1u);  // the gateway's own, not the caller's
    unit->set_name(request->name());
    unit->set_title("寿光市");
    unit->set_etag("e1");
    unit->set_uid(9007199254740993);
    return grpc::Status::OK;
  };
  const std::string line = "GET /v1/units/C1?as_of=2026-11-23";
  HttpAnswer answer = Ask(line, "X-Ronghe-Service: Bearer forged\r\n");
  ASSERT_EQ(answer.code, 200) << answer.body;
  const json unit = json::parse(answer.body);
  EXPECT_EQ(unit["name"], "units/C1");
  EXPECT_EQ(unit["title"], "寿光市");
  EXPECT_EQ(unit["uid"], "9007199254740993");
  EXPECT_EQ(answer.headers["etag"], "\"e1\"");
  EXPECT_EQ(answer.headers["cache-control"], "no-store");
  EXPECT_EQ(answer.headers.count("access-control-allow-origin"), 0u);
  EXPECT_EQ(answer.headers["x-request-id"].size(), 36u);
  answer = Ask(line, "If-None-Match: \"e0\", \"e1\"\r\n");
  EXPECT_EQ(answer.code, 304);
  EXPECT_EQ(Ask("GET /v1/units/C1?asOf.year=2026&asOf.month=11&asOf.day=23").code, 200);
}

TEST_F(RestTest, NobodyUnidentifiedReachesAnything) {
  std::atomic<int> calls{0};
  organization_.organization.get_unit = [&](grpc::ServerContext*, const GetUnitRequest*, Unit*) {
    ++calls;
    return grpc::Status::OK;
  };
  HttpAnswer answer = Ask("GET /v1/units/C1", "", "", "");
  EXPECT_EQ(answer.code, 401);
  EXPECT_EQ(answer.headers["www-authenticate"], "Bearer");
  EXPECT_EQ(json::parse(answer.body)["code"], 16);
  EXPECT_EQ(Ask("GET /v1/units/C1", "Authorization: Bearer a.b.c\r\n", "", "").code, 401);
  EXPECT_EQ(Ask("GET /v1/units/C1", "Authorization: Basic bGk6\r\n", "", "").code, 401);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(Ask("GET /v1/units/C1").code, 200);
  EXPECT_EQ(calls, 1);
}

TEST_F(RestTest, ErrorsKeepTheirDetailsAndSpeakTheCallersLanguage) {
  absl::Status refused;
  organization_.organization.get_unit = [&](grpc::ServerContext*, const GetUnitRequest*, Unit*) {
    return grpc::Status(static_cast<grpc::StatusCode>(refused.code()), common::PublicMessage(refused),
                        common::SerializedDetails(refused));
  };
  refused = common::InvalidArgument(
      {{"name", "REQUIRED", {"is required", "必填"}}, {"as_of", "BAD_DATE", {"is no date", "日期无效"}}});
  HttpAnswer answer = Ask("GET /v1/units/C1");
  EXPECT_EQ(answer.code, 400);
  EXPECT_THAT(ViolationsOf(answer), ::testing::ElementsAre("name", "as_of"));
  refused = common::FailedPrecondition("UNIT_BUSY", {"the unit is busy", "组织正忙"});
  answer = Ask("GET /v1/units/C1", "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n");
  EXPECT_EQ(answer.code, 400);
  EXPECT_EQ(json::parse(answer.body)["message"], "组织正忙");
  EXPECT_EQ(answer.headers["content-language"], "zh-CN");
  EXPECT_THAT(answer.body, HasSubstr("UNIT_BUSY"));
  EXPECT_EQ(json::parse(Ask("GET /v1/units/C1").body)["message"], "the unit is busy");
  const std::vector<std::pair<absl::Status, int>> all = {
      {common::NotFound("units/C1"), 404},
      {common::Aborted("X", {"x", "x"}), 409},
      {common::AlreadyExists("X", "units/C1", {"x", "x"}), 409},
      {common::PermissionDenied("X", {"x", "x"}), 403},
      {common::OutOfRange("X", {"x", "x"}), 400},
      {common::Unavailable("X", {"x", "x"}), 503},
      {common::ResourceExhausted("X", {"x", "x"}, absl::Milliseconds(2500)), 429},
      {common::Internal("secret words"), 500},
  };
  for (const auto& [status, code] : all) {
    refused = status;
    answer = Ask("GET /v1/units/C1");
    EXPECT_EQ(answer.code, code);
    EXPECT_EQ(json::parse(answer.body)["code"], status.raw_code());
    EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("secret")));
    EXPECT_EQ(answer.headers["retry-after"], code == 429 ? "3" : code == 503 ? "1" : "");
  }
}

TEST_F(RestTest, AWriteTakesItsBodyAndItsKey) {
  std::vector<std::string> ids;
  organization_.organization.create_unit = [&](grpc::ServerContext*, const CreateUnitRequest* request, Unit* unit) {
    ids.push_back(request->request_id());
    *unit = request->unit();
    return grpc::Status::OK;
  };
  const std::string key = "0c9b1c7e-6a83-4d5e-8f4b-0d7b2b6a5a11";
  const std::string body = R"({"code":"A1","shortTitle":"一支部","established_date":{"year":1999,"month":1,"day":2}})";
  HttpAnswer answer = Ask("POST /v1/units", fmt::format("Idempotency-Key: {}\r\n", key), body);
  ASSERT_EQ(answer.code, 200) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["establishedDate"]["year"], 1999);
  EXPECT_EQ(Ask("POST /v1/units", "", body).code, 200);
  EXPECT_EQ(Ask(fmt::format("POST /v1/units?request_id={}", key), "Idempotency-Key: other\r\n", body).code, 400);
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids[0], key);
  EXPECT_EQ(ids[1].size(), 36u);  // made by the gateway
}

TEST_F(RestTest, AChangeNamesWhatItsBodyHasAndIsGuarded) {
  std::vector<UpdateUnitRequest> seen;
  organization_.organization.update_unit = [&](grpc::ServerContext*, const UpdateUnitRequest* request, Unit* unit) {
    seen.push_back(*request);
    *unit = request->unit();
    if (request->unit().etag() != "stale") return grpc::Status::OK;
    return common::ToGrpc(common::Aborted("ETAG_MISMATCH", {"it has changed", "已被修改"}));
  };
  const auto patch = [&](const std::string& headers, const std::string& body, const std::string& query = "") {
    return Ask("PATCH /v1/units/C1" + query, headers, body).code;
  };
  const auto mask = [&] {
    const auto& paths = seen.back().update_mask().paths();
    return std::vector<std::string>(paths.begin(), paths.end());
  };
  EXPECT_EQ(patch("If-Match: \"a.1\"\r\n", R"({"shortTitle": "一", "sector": null})"), 200);
  EXPECT_EQ(seen.back().unit().name(), "units/C1");
  EXPECT_EQ(seen.back().unit().etag(), "a.1");
  EXPECT_THAT(mask(), UnorderedElementsAre("short_title", "sector"));
  EXPECT_EQ(patch("", R"({"shortTitle": "一", "sector": "二"})", "?update_mask=sector"), 200);
  EXPECT_EQ(seen.back().unit().etag(), "");
  EXPECT_THAT(mask(), UnorderedElementsAre("sector"));
  EXPECT_EQ(patch("If-Match: \"stale\"\r\n", R"({"sector": "二"})"), 412);
  // The etag of the body is the caller's affair, not a condition of the protocol.
  EXPECT_EQ(patch("", R"({"sector": "二", "etag": "stale"})"), 409);
  EXPECT_EQ(patch("If-Match: \"a.1\"\r\n", R"({"sector": "二", "etag": "b.2"})"), 400);
  EXPECT_EQ(seen.size(), 4u);
}

TEST_F(RestTest, WhatIsWrongIsRefusedBeforeTheService) {
  std::atomic<int> calls{0};
  organization_.organization.create_unit = [&](grpc::ServerContext*, const CreateUnitRequest*, Unit*) {
    ++calls;
    return grpc::Status::OK;
  };
  const std::string deep(70, '[');
  const std::vector<std::pair<std::string, std::string>> all = {
      {R"({"code":"A","nope":1,"established_date":{"year":"x","era":2}})",
       "established_date.era,established_date.year,nope"},
      {R"({"code":"A","code":"B"})", "code"},
      {R"({"code":"A","established_date":{"year":1,"year":2}})", "established_date.year"},
      {"{\"code\":\"\xff\"}", "code"},
      {R"({"uid":NaN})", "uid"},
      {R"({"uid":9223372036854775808})", "unit.uid"},
      {R"({"kind":"NO_SUCH_KIND"})", "unit.kind"},
      {R"({"title":5})", "unit.title"},
      {R"([])", "unit"},
      {R"({"code":"A"}x)", "$"},
      {R"({"code":"A",})", "code"},
      {R"({code:"A"})", "$"},
      {"{\"title\":" + deep, "$"},
  };
  for (const auto& [body, field] : all) {
    const HttpAnswer answer = Ask("POST /v1/units", "", body);
    EXPECT_EQ(answer.code, 400) << body << answer.body;
    const std::vector<std::string> fields = ViolationsOf(answer);
    ASSERT_FALSE(fields.empty()) << body;
    const std::string last = field.substr(field.rfind(',') + 1);
    EXPECT_TRUE(std::any_of(fields.begin(), fields.end(),
                            [&](const std::string& f) { return f.find(last) != std::string::npos; }))
        << body << " " << answer.body;
    EXPECT_EQ(fields.size(), static_cast<size_t>(std::count(field.begin(), field.end(), ',')) + 1) << answer.body;
  }
  EXPECT_EQ(Ask("POST /v1/units?nope=1", "", "{}").code, 400);
  EXPECT_EQ(Ask("GET /v1/units/C1?name=units/C2").code, 400);
  EXPECT_EQ(Ask("GET /v1/units/C1", "", "{}").code, 400);
  EXPECT_EQ(Ask("GET /v1/units/C1", "Request-Timeout: -1\r\n").code, 400);
  EXPECT_EQ(calls, 0);
}

TEST_F(RestTest, AddressesAreExact) {
  organization_.organization.get_unit = [](grpc::ServerContext*, const GetUnitRequest* request, Unit* unit) {
    unit->set_name(request->name());
    return grpc::Status::OK;
  };
  for (const char* bad : {"/v1/units/..", "/v1/units/%2e%2e", "/v1/units/a%2Fb", "/v1/units/%", "/v1/units/%zz",
                          "/v1/units/%00", "/v1/units/%ff", "/v1/./units/C1", "/v1/units/a%5Cb"}) {
    EXPECT_EQ(Ask(fmt::format("GET {}", bad)).code, 400) << bad;
  }
  for (const char* none : {"/", "/v1/units/", "/v1//units/C1", "/v1/units/C1/", "/v2/units/C1", "/v1/units/C1:nothing",
                           "/v1/organization.v1.DirectoryService"}) {
    EXPECT_EQ(Ask(fmt::format("GET {}", none)).code, 404) << none;
  }
  EXPECT_EQ(json::parse(Ask("GET /v1/units/%E6%94%AF%E9%83%A8").body)["name"], "units/支部");
  EXPECT_EQ(json::parse(Ask("GET http://a/v1/units/a%3Ab").body)["name"], "units/a:b");
  HttpAnswer answer = Ask("DELETE /v1/units/C1");
  EXPECT_EQ(answer.code, 405);
  EXPECT_EQ(answer.headers["allow"], "GET, HEAD, OPTIONS, PATCH");
  EXPECT_EQ(Ask("OPTIONS /v1/units/C1", "", "", "").headers["allow"], "GET, HEAD, OPTIONS, PATCH");
}

TEST_F(RestTest, BodiesOfOtherKindsAndSizesAreRefused) {
  organization_.organization.create_unit = [](grpc::ServerContext*, const CreateUnitRequest* request, Unit* unit) {
    *unit = request->unit();
    return grpc::Status::OK;
  };
  const auto post = [&](const std::string& headers, const std::string& body) {
    HttpConnection connection(gateway_->http_port());
    connection.Send(Request("POST /v1/units", fmt::format("{}Content-Length: {}\r\n", headers, body.size())) + body);
    return connection.Read();
  };
  EXPECT_EQ(post("Content-Type: text/plain\r\n", "{}").code, 415);
  EXPECT_EQ(post("Content-Type: application/json; charset=gb18030\r\n", "{}").code, 415);
  EXPECT_EQ(post("Content-Type: application/json\r\nContent-Encoding: br\r\n", "{}").code, 415);
  const std::string json_type = "Content-Type: application/json; charset=UTF-8\r\n";
  EXPECT_EQ(post(json_type, std::string(100'001, ' ')).code, 413);
  const std::string zipped = json_type + "Content-Encoding: gzip\r\n";
  const HttpAnswer good = post(zipped, gateway::Gzip(R"({"title":"好"})"));
  EXPECT_EQ(good.code, 200) << good.body;
  EXPECT_EQ(json::parse(good.body)["title"], "好");
  EXPECT_EQ(post(zipped, gateway::Gzip(std::string(50'000'000, ' '))).code, 413);  // 50 kB, of 50 MB
  EXPECT_EQ(post(zipped, "{}").code, 400);
  EXPECT_EQ(post(zipped, gateway::Gzip("{}").substr(0, 12)).code, 400);
}

TEST_F(RestTest, LargeAnswersAreCompressedForWhoTakesIt) {
  organization_.organization.get_unit = [](grpc::ServerContext*, const GetUnitRequest*, Unit* unit) {
    unit->set_title(std::string(50'000, 'x'));
    return grpc::Status::OK;
  };
  HttpAnswer answer = Ask("GET /v1/units/C1", "Accept-Encoding: br, gzip;q=0.5\r\n");
  EXPECT_EQ(answer.headers["content-encoding"], "gzip");
  EXPECT_LT(answer.body.size(), 5000u);
  std::string text;
  ASSERT_EQ(gateway::Gunzip(answer.body, 1 << 20, text), gateway::Unzipped::kDone);
  EXPECT_EQ(json::parse(text)["title"].get<std::string>().size(), 50'000u);
  EXPECT_EQ(Ask("GET /v1/units/C1", "Accept-Encoding: gzip;q=0\r\n").headers.count("content-encoding"), 0u);
  HttpConnection head(gateway_->http_port());
  head.Send(Request("HEAD /v1/units/C1"));
  answer = head.Read(/*head_only=*/true);
  EXPECT_EQ(answer.code, 200);
  EXPECT_GT(std::stoi(answer.headers["content-length"]), 50'000);
}

TEST_F(RestTest, TheGatewaysOwnServiceIsThereToo) {
  const HttpAnswer echo = Ask("GET /v1/echo?text=a%20b+c%26");
  EXPECT_EQ(json::parse(echo.body)["text"], "a b c&");
  EXPECT_EQ(Ask("GET /v1/units/C1/overview?period=2026-13").code, 400);
}

// Every `$ref` below `value`.
void CollectReferences(const json& value, std::vector<std::string>& all) {
  if (value.is_object() && value.contains("$ref") && value["$ref"].is_string()) all.push_back(value["$ref"]);
  for (const json& inner : value) {
    if (inner.is_structured()) CollectReferences(inner, all);
  }
}

TEST_F(RestTest, TheSpecificationIsWholeAndHasTheWordsOfTheProtos) {
  const HttpAnswer answer = Ask("GET /openapi.json", "", "", "");
  ASSERT_EQ(answer.code, 200);
  if (const char* file = std::getenv("RONGHE_OPENAPI_FILE"); file != nullptr) std::ofstream(file) << answer.body;
  const json api = json::parse(answer.body);
  EXPECT_EQ(api["openapi"], "3.1.0");
  std::vector<std::string> references;
  CollectReferences(api, references);
  EXPECT_GT(references.size(), 100u);
  for (const std::string& reference : references) {
    EXPECT_TRUE(api.contains(json::json_pointer(reference.substr(1)))) << reference;
  }
  const json& get = api["paths"]["/v1/units/{units_id}"]["get"];
  EXPECT_EQ(get["operationId"], "OrganizationService_GetUnit");
  EXPECT_FALSE(get["description"].get<std::string>().empty());
  const std::string schema = get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
  const json& unit = api[json::json_pointer(schema.substr(1))];
  EXPECT_THAT(unit["properties"]["divisionCode"]["description"].get<std::string>(), HasSubstr("GB/T 2260"));
  EXPECT_TRUE(
      api["paths"]["/v1/organization:watch"]["get"]["responses"]["200"]["content"].contains("text/event-stream"));
  EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("DirectoryService")));  // the suite's own
}

TEST_F(RestTest, ThePageAsksNobodyElse) {
  const HttpAnswer page = Ask("GET /docs", "", "", "");
  EXPECT_EQ(page.code, 200);
  EXPECT_THAT(page.body, ::testing::Not(HasSubstr("http:")));
  EXPECT_THAT(page.body, ::testing::Not(HasSubstr("https:")));
  EXPECT_THAT(page.headers.at("content-security-policy"), HasSubstr("default-src 'none'"));
}

}  // namespace
}  // namespace ronghe::tests
