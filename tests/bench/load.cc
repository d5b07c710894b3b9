#include "tests/bench/load.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

namespace ronghe::bench {

LoadCall MakeLoadCall(std::string address, std::string method, std::string token,
                      const google::protobuf::Message& request) {
  return {std::move(address), std::move(method), std::move(token), {request.SerializeAsString()}};
}

struct LoadClient::Impl {
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  int calls_per_connection = 4;
};

LoadClient::LoadClient(const std::string& address, int connections, int calls_per_connection)
    : impl_(std::make_unique<Impl>()) {
  impl_->calls_per_connection = calls_per_connection;
  for (int i = 0; i < connections; ++i) {
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), args);
    channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
    impl_->stubs.push_back(std::make_unique<grpc::GenericStub>(channel));
  }
}

LoadClient::~LoadClient() = default;

namespace {

// What all callers of one run share.
struct Shared {
  const LoadCall* call;
  std::vector<grpc::ByteBuffer> requests;
  absl::Time end;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::condition_variable done;
  int running = 0;
  std::vector<double> latencies;
  int64_t failures = 0;
  std::string first_failure;
};

// One of the 64 callers: makes a call, and the next when it is answered.
struct Caller {
  Caller(Shared* all, grpc::GenericStub* its_stub) : shared(all), stub(its_stub) {}

  Shared* shared;
  grpc::GenericStub* stub;
  std::unique_ptr<grpc::ClientContext> context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  absl::Time start;
  std::vector<double> latencies;
  int64_t failures = 0;
  std::string first_failure;

  void Next() {
    start = absl::Now();
    if (start >= shared->end) return Finish();
    context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("authorization", "Bearer " + shared->call->token);
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    request = shared->requests[shared->next.fetch_add(1, std::memory_order_relaxed) % shared->requests.size()];
    response.Clear();
    stub->UnaryCall(context.get(), shared->call->method, {}, &request, &response, [this](grpc::Status status) {
      latencies.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
      if (!status.ok()) {
        if (++failures == 1) first_failure = status.error_message();
      }
      Next();
    });
  }

  void Finish() {
    std::lock_guard lock(shared->mutex);
    shared->latencies.insert(shared->latencies.end(), latencies.begin(), latencies.end());
    shared->failures += failures;
    if (shared->first_failure.empty()) shared->first_failure = first_failure;
    if (--shared->running == 0) shared->done.notify_all();
  }
};

double Quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const size_t n = std::min(values.size() - 1, static_cast<size_t>(q * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n), values.end());
  return values[n];
}

double Median(std::vector<double> values) { return Quantile(values, 0.5); }

}  // namespace

LoadResult LoadClient::Run(const LoadCall& call, absl::Duration duration) {
  Shared shared;
  shared.call = &call;
  for (const std::string& bytes : call.requests) {
    grpc::Slice slice(bytes);
    shared.requests.emplace_back(&slice, 1);
  }
  std::vector<Caller> callers;
  callers.reserve(impl_->stubs.size() * static_cast<size_t>(impl_->calls_per_connection));
  for (auto& stub : impl_->stubs) {
    for (int i = 0; i < impl_->calls_per_connection; ++i) callers.emplace_back(&shared, stub.get());
  }
  shared.running = static_cast<int>(callers.size());
  const absl::Time begin = absl::Now();
  shared.end = begin + duration;
  for (Caller& caller : callers) caller.Next();
  {
    std::unique_lock lock(shared.mutex);
    shared.done.wait(lock, [&] { return shared.running == 0; });
  }
  LoadResult result;
  result.calls_per_second =
      static_cast<double>(shared.latencies.size()) / absl::ToDoubleSeconds(absl::Now() - begin);
  result.p50_ms = Quantile(shared.latencies, 0.5);
  result.p99_ms = Quantile(shared.latencies, 0.99);
  result.failures = shared.failures;
  result.first_failure = shared.first_failure;
  return result;
}

PairResult RunPairs(const LoadCall& a, const LoadCall& b, int pairs, absl::Duration each) {
  LoadClient client_a(a.address);
  LoadClient client_b(b.address);
  client_a.Run(a, each / 2);  // warm-up
  client_b.Run(b, each / 2);
  std::vector<double> ratios, p99_ratios, rates_a, rates_b;
  PairResult result;
  for (int i = 0; i < pairs; ++i) {
    LoadResult ra = client_a.Run(a, each);
    LoadResult rb = client_b.Run(b, each);
    ratios.push_back(ra.calls_per_second / std::max(1.0, rb.calls_per_second));
    p99_ratios.push_back(ra.p99_ms / std::max(1e-6, rb.p99_ms));
    rates_a.push_back(ra.calls_per_second);
    rates_b.push_back(rb.calls_per_second);
    ra.failures += result.a.failures;
    rb.failures += result.b.failures;
    result.a = ra;
    result.b = rb;
  }
  result.ratio = Median(ratios);
  result.p99_ratio = Median(p99_ratios);
  result.a.calls_per_second = Median(rates_a);
  result.b.calls_per_second = Median(rates_b);
  return result;
}

}  // namespace ronghe::bench
