#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/grpcpp.h>

#include "services/common/rpc/channel.h"
#include "services/common/values/call.h"

namespace ronghe::gateway {

// The figures of one unit in one service, unit and subtree together: a message `…Metrics`. Shared, never changed.
using Figures = std::shared_ptr<const google::protobuf::Message>;

// Where a service's figures come from in its feed.
struct FeedPlace {
  int64_t position = 0;
  google::protobuf::Timestamp time;
};

// What a service answered.
struct PartAnswer {
  FeedPlace place;
  absl::flat_hash_map<std::string, Figures> figures;  // by the unit's name
};
struct PartRequest {
  std::vector<std::string> units;  // names, at most 100
  bool include_children = false;
  std::vector<std::string> min_revision;
};

// One service's contribution to overviews. Thread-safe.
class OverviewPart {
 public:
  using Done = std::function<void(absl::StatusOr<PartAnswer>)>;
  virtual ~OverviewPart() = default;
  // `organization`; also the name of the field of Overview that takes its figures.
  virtual std::string_view service() const = 0;
  // Asks on behalf of the caller. `done` is called once, at the deadline at the latest, from another thread or this
  // one.
  virtual void Fetch(const common::Call& call, absl::Time deadline, const PartRequest& request, Done done) = 0;
};

// A service that answers BatchGetSummaries in the form all services give it. With it a service is one entry in a table:
// `std::make_unique<SummaryPart<Service, Request, Response>>("organization", channel, token)`.
template <typename Service, typename Request, typename Response>
class SummaryPart final : public OverviewPart {
 public:
  // `token` outlives it, and it outlives its calls.
  SummaryPart(std::string service, const std::shared_ptr<grpc::Channel>& channel, common::ServiceToken& token)
      : service_(std::move(service)), stub_(Service::NewStub(channel)), token_(token) {}

  std::string_view service() const override { return service_; }

  void Fetch(const common::Call& call, absl::Time deadline, const PartRequest& request, Done done) override {
    auto asked = std::make_shared<Asked>();
    common::Call limited = call;
    limited.deadline = deadline;
    if (absl::Status status = common::Prepare(asked->context, limited, token_); !status.ok()) {
      done(std::move(status));
      return;
    }
    asked->request.mutable_units()->Add(request.units.begin(), request.units.end());
    asked->request.set_include_children(request.include_children);
    asked->request.mutable_min_revision()->Add(request.min_revision.begin(), request.min_revision.end());
    Asked& a = *asked;
    stub_->async()->BatchGetSummaries(&a.context, &a.request, &a.response,
                                      [asked, done = std::move(done)](const grpc::Status& status) {
                                        if (!status.ok()) {
                                          done(common::FromGrpc(status));
                                        } else {
                                          done(Read(asked));
                                        }
                                      });
  }

 private:
  struct Asked {
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  static PartAnswer Read(const std::shared_ptr<Asked>& asked) {
    PartAnswer answer;
    answer.place.position = asked->response.watermark().position();
    answer.place.time = asked->response.watermark().time();
    for (const auto& summary : asked->response.summaries()) {
      // By value: what is remembered for minutes must not hold the whole answer.
      using Metrics = std::decay_t<decltype(summary.total())>;
      answer.figures.try_emplace(summary.unit(), std::make_shared<const Metrics>(summary.total()));
    }
    return answer;
  }

  const std::string service_;
  const std::unique_ptr<typename Service::Stub> stub_;
  common::ServiceToken& token_;
};

}  // namespace ronghe::gateway
