#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/time/time.h>
#include <google/protobuf/message.h>

namespace ronghe::bench {

// A unary call to be repeated: the same bytes each time, so that the client's own cost is the same for every method.
// With several requests they are taken in turn.
struct LoadCall {
  std::string address;
  std::string method;  // `/ronghe.common.v1.EchoService/Echo`
  std::string token;
  std::vector<std::string> requests;  // serialized
};
LoadCall MakeLoadCall(std::string address, std::string method, std::string token,
                      const google::protobuf::Message& request);

struct LoadResult {
  double calls_per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  int64_t failures = 0;
  std::string first_failure;
};

// 16 connections with 4 calls each under way, closed loop, by default: the suite's yardstick. Connections are made once
// and kept for all runs.
class LoadClient {
 public:
  LoadClient(const std::string& address, int connections = 16, int calls_per_connection = 4);
  ~LoadClient();
  LoadResult Run(const LoadCall& call, absl::Duration duration);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs `a` and `b` in turn, `pairs` times, and returns the median of the pairs' ratios of calls per second (a / b), and
// the medians of each.
struct PairResult {
  double ratio = 0;
  double p99_ratio = 0;
  LoadResult a;
  LoadResult b;
};
PairResult RunPairs(const LoadCall& a, const LoadCall& b, int pairs = 7, absl::Duration each = absl::Seconds(2));

}  // namespace ronghe::bench
