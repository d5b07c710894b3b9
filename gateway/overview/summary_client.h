#pragma once

#include <memory>
#include <string>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "gateway/overview/calls_under_way.h"
#include "gateway/overview/summary_source.h"
#include "services/common/rpc/channel.h"

namespace ronghe::gateway {

// A service of the suite that answers BatchGetSummaries and GetStructureDifference in the form all services give them:
// found by descriptor, so that a service is a name and an address.
class SummaryClient final : public SummarySource {
 public:
  // `service`: `education`, for ronghe.education.v1.EducationService. `token` outlives it.
  SummaryClient(const std::string& service, std::shared_ptr<grpc::Channel> channel, common::ServiceToken& token);

  void BatchGet(const common::v1::BatchGetSummariesRequest& request, absl::Time deadline,
                Done<SummaryBatch> done) override;
  void GetDifference(const common::v1::GetStructureDifferenceRequest& request, absl::Time deadline,
                     Done<common::v1::GetStructureDifferenceResponse> done) override;

 private:
  void Ask(const std::string& method, const google::protobuf::Message& request, absl::Time deadline,
           std::function<void(absl::StatusOr<grpc::ByteBuffer>)> done);

  const std::string path_;                               // `/ronghe.education.v1.EducationService/`
  const google::protobuf::Message* response_ = nullptr;  // prototype of BatchGetSummariesResponse
  const std::unique_ptr<grpc::GenericStub> stub_;
  common::ServiceToken& token_;
  CallsUnderWay calls_;  // last: the end waits for them
};

}  // namespace ronghe::gateway
