#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/service/gateway/fixture.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"

namespace ronghe::tests {

inline bool Holds(const std::function<bool()>& condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    Pause();
  }
  return false;
}

// The front door as it ships, before organization's stand-in.
class RestTest : public GatewayTest {
 protected:
  void Configure(gateway::Config& config) override {
    config.http_listen = "127.0.0.1:0";
    config.http_body_bytes = 100'000;
    config.http_rate = 0;
  }
  std::string Request(std::string_view line, std::string_view headers = "", std::string_view body = "",
                      const std::string& subject = "li") const {
    std::string bytes = fmt::format("{} HTTP/1.1\r\nHost: a\r\n{}", line, headers);
    if (!subject.empty()) bytes += fmt::format("Authorization: {}\r\n", identity_.UserBearer(subject));
    if (!body.empty()) bytes += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    return fmt::format("{}\r\n{}", bytes, body);
  }
  HttpAnswer Ask(std::string_view line, std::string_view headers = "", std::string_view body = "",
                 const std::string& subject = "li") const {
    HttpConnection connection(gateway_->http_port());
    connection.Send(Request(line, headers, body, subject));
    return connection.Read();
  }
  // The fields of all violations, in order.
  static std::vector<std::string> ViolationsOf(const HttpAnswer& answer) {
    std::vector<std::string> all;
    const nlohmann::json body = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    for (const nlohmann::json& detail : body.value("details", nlohmann::json::array())) {
      for (const nlohmann::json& v : detail.value("fieldViolations", nlohmann::json::array()))
        all.push_back(v.value("field", ""));
    }
    return all;
  }
};

}  // namespace ronghe::tests
