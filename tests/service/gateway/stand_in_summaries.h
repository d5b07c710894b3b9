#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "ronghe/common/v1/summary.pb.h"
#include "ronghe/common/v1/summary_feed_service.grpc.pb.h"

namespace ronghe::tests {

// The totals of a service, told what to be: what BatchGetSummaries and SummaryFeedService answer, and how they fail.
// The number of a unit is the first metric of the service's message. Thread-safe.
class StandInSummaries {
 public:
  StandInSummaries();
  ~StandInSummaries();

  // A change to the unit's own figures, which is published, and to the totals of the others.
  void Set(int64_t uid, const std::map<std::string, int64_t>& totals);
  // Published without a unit.
  void Move(int64_t structure_revision, const std::map<std::string, int64_t>& totals = {});
  int64_t position() const;
  int Loads() const { return loads_; }
  std::vector<common::v1::BatchGetSummariesRequest> Asked() const;

  // Off: what a service does that does not have them.
  std::atomic<bool> feed{true};
  std::atomic<bool> stalled{false};  // the stream stays open and says nothing
  std::atomic<bool> head_fails{false};
  std::atomic<int64_t> structure_in_feed{7};
  std::atomic<int64_t> epoch{1};  // of the cache
  // Before each answer, outside all locks; an error is the answer.
  void BeforeAnswer(std::function<grpc::Status(grpc::ServerContext*)> before);
  common::v1::GetStructureDifferenceResponse difference;  // before the first call
  std::string children_until;  // the last month for which it has `children_then`; likewise

  // A BatchGetSummariesResponse of any service.
  grpc::Status Answer(grpc::ServerContext* context, const common::v1::BatchGetSummariesRequest& request,
                      google::protobuf::Message& response);
  grpc::Service* feed_service();
  // Ends the streams.
  void Stop(bool stopped);

 private:
  class Feed;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  int64_t position_ = 42;
  int64_t structure_ = 7;
  std::atomic<int> loads_{0};
  std::map<std::string, int64_t> totals_;
  std::vector<common::v1::FollowSummariesResponse> told_;
  std::vector<common::v1::BatchGetSummariesRequest> asked_;
  std::function<grpc::Status(grpc::ServerContext*)> before_;
  std::unique_ptr<Feed> feed_;
};

// education, rectification or assessment: `totals` behind a port of its own.
class StandInService {
 public:
  explicit StandInService(const std::string& service);
  ~StandInService();
  std::string address() const;
  void Stop();
  void Start();  // on the same port again

  StandInSummaries totals;

 private:
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace ronghe::tests
