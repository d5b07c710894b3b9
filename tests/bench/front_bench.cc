// Figures of the front door, on the processes as they ship, over SQLite:
//   front_bench [--json FILE]
// The same call through gRPC and through HTTP and JSON, in turn, with 64 under way each.

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "ronghe/organization/v1/organization_service.pb.h"
#include "tests/bench/load.h"
#include "tests/bench/report.h"
#include "tests/support/suite.h"

namespace {

using ronghe::bench::LoadClient;
using ronghe::bench::LoadResult;
using ronghe::bench::MakeLoadCall;
using ronghe::bench::Report;
using ronghe::tests::Suite;

constexpr int kConnections = 64;
constexpr int kPairs = 7;
constexpr absl::Duration kEach = absl::Seconds(2);

[[noreturn]] void Fail(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::exit(2);
}

int HttpPort(const Suite& suite) {
  std::ifstream in(suite.File("gateway.port"));
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("http=", 0) == 0) return std::stoi(line.substr(5));
  }
  Fail("the gateway names no port of HTTP");
}

int Connect(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Fail("cannot connect");
  return socket;
}

// One request under way on each connection, closed loop. Every answer is looked at: it must be 200 and hold `wanted`.
class HttpLoad {
 public:
  HttpLoad(int port, std::string request, std::string wanted)
      : request_(std::move(request)), wanted_(std::move(wanted)) {
    for (int i = 0; i < kConnections; ++i) connections_.push_back({Connect(port), {}});
  }
  ~HttpLoad() {
    for (const Connection& connection : connections_) ::close(connection.socket);
  }

  double CallsPerSecond() {
    std::vector<pollfd> polled;
    for (Connection& connection : connections_) {
      Send(connection);
      polled.push_back({connection.socket, POLLIN, 0});
    }
    const absl::Time begin = absl::Now();
    int64_t calls = 0;
    int open = kConnections;
    while (open > 0) {
      if (::poll(polled.data(), polled.size(), 10'000) <= 0) Fail("no answer for ten seconds");
      const bool over = absl::Now() - begin > kEach;
      for (size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].revents == 0 || !Receive(connections_[i])) continue;
        ++calls;
        if (over) {
          polled[i].fd = -1;
          --open;
        } else {
          Send(connections_[i]);
        }
      }
    }
    return static_cast<double>(calls) / absl::ToDoubleSeconds(absl::Now() - begin);
  }

 private:
  struct Connection {
    int socket;
    std::string received;
  };

  void Send(const Connection& connection) const {
    const auto size = static_cast<ssize_t>(request_.size());
    if (::send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL) != size) Fail("cannot send");
  }
  // Whether the answer is whole.
  bool Receive(Connection& connection) const {
    std::array<char, 16384> bytes;
    const ssize_t got = ::recv(connection.socket, bytes.data(), bytes.size(), 0);
    if (got <= 0) Fail("the connection ended");
    connection.received.append(bytes.data(), static_cast<size_t>(got));
    const size_t head = connection.received.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const size_t length = connection.received.find("Content-Length: ");
    if (connection.received.rfind("HTTP/1.1 200 ", 0) != 0 || length == std::string::npos) Fail(connection.received);
    const size_t body = std::strtoul(connection.received.c_str() + length + 16, nullptr, 10);
    if (connection.received.size() < head + 4 + body) return false;
    if (connection.received.find(wanted_, head) == std::string::npos) Fail(connection.received);
    connection.received.clear();
    return true;
  }

  const std::string request_;
  const std::string wanted_;
  std::vector<Connection> connections_;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void RestFigures(Report& report) {
  Suite::Options options;
  options.arguments["gateway"] = {"--http-listen", "127.0.0.1:0", "--http-rate", "0"};
  Suite suite(options);
  const std::string file = suite.File("units.csv");
  std::ofstream(file) << "code,title,level,kind,parent\n370783,寿光市委,LEVEL_COUNTY,UNIT_KIND_COMMITTEE,\n";
  if (suite.Cli({"import", "units", file}).exit_code != 0) Fail("the import failed");
  const std::string token = suite.administrator();
  ronghe::organization::v1::GetUnitRequest request;
  request.set_name("units/370783");
  const auto call =
      MakeLoadCall(suite.gateway(), "/ronghe.organization.v1.OrganizationService/GetUnit", token, request);
  LoadClient grpc(suite.gateway());
  const int port = HttpPort(suite);
  const auto get = [&](const char* target) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", target, token);
  };
  HttpLoad rest(port, get("/v1/units/370783"), "寿光市委");
  std::vector<double> ratios;
  std::vector<double> rest_rates;
  std::vector<double> grpc_rates;
  for (int i = 0; i < kPairs; ++i) {
    rest_rates.push_back(rest.CallsPerSecond());
    const LoadResult direct = grpc.Run(call, kEach);
    if (direct.failures > 0) Fail(direct.first_failure);
    grpc_rates.push_back(direct.calls_per_second);
    ratios.push_back(rest_rates.back() / direct.calls_per_second);
  }
  report.AtLeast("front.rest_ratio", Median(ratios), "x", 0.35);
  report.Note("front.rest_per_second", Median(rest_rates), "calls/s");
  report.Note("front.grpc_per_second", Median(grpc_rates), "calls/s");
  // Beast and the front alone: a page that needs no call.
  HttpLoad page(port, get("/docs"), "Ronghe");
  report.Note("front.page_per_second", page.CallsPerSecond(), "calls/s");
}

}  // namespace

int main(int argc, char** argv) {
  std::string json;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--json") == 0) json = argv[i + 1];
  }
  Report report;
  RestFigures(report);
  return report.Finish(json);
}
