#include "gateway/overview/summary_client.h"

#include <cctype>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "services/common/serve/codec.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

namespace pb = google::protobuf;

std::string PathOf(const std::string& service) {
  std::string title = service;
  title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return fmt::format("/ronghe.{}.v1.{}Service/", service, title);
}

const pb::Message* PrototypeOf(const std::string& service) {
  const pb::Descriptor* type = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(
      fmt::format("ronghe.{}.v1.BatchGetSummariesResponse", service));
  return type == nullptr ? nullptr : pb::MessageFactory::generated_factory()->GetPrototype(type);
}

// The fields that every service's response has.
SummaryBatch Read(const pb::Message& response, const std::string& only_period) {
  const pb::Descriptor* type = response.GetDescriptor();
  const pb::Reflection* reflection = response.GetReflection();
  const pb::FieldDescriptor* list = type->FindFieldByName("summaries");
  const pb::FieldDescriptor* unit = list->message_type()->FindFieldByName("unit");
  const pb::FieldDescriptor* total = list->message_type()->FindFieldByName("total");
  const pb::FieldDescriptor* period = list->message_type()->FindFieldByName("period");
  SummaryBatch batch;
  batch.place = PlaceOf(
      static_cast<const common::v1::Watermark&>(reflection->GetMessage(response, type->FindFieldByName("watermark"))));
  const int count = reflection->FieldSize(response, list);
  for (int i = 0; i < count; ++i) {
    const pb::Message& summary = reflection->GetRepeatedMessage(response, list, i);
    const pb::Reflection* of = summary.GetReflection();
    std::string of_period = of->GetString(summary, period);
    if (of_period.empty()) of_period = only_period;
    batch.totals.try_emplace({of->GetString(summary, unit), std::move(of_period)},
                             of->GetMessage(summary, total).SerializeAsString());
  }
  return batch;
}

struct AskedPart {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
};

}  // namespace

SummaryClient::SummaryClient(const std::string& service, std::shared_ptr<grpc::Channel> channel,
                             common::ServiceToken& token)
    : path_(PathOf(service)),
      response_(PrototypeOf(service)),
      stub_(std::make_unique<grpc::GenericStub>(std::move(channel))),
      token_(token) {}

void SummaryClient::Ask(const std::string& method, const pb::Message& request, absl::Time deadline,
                        std::function<void(absl::StatusOr<grpc::ByteBuffer>)> done) {
  auto asked = std::make_shared<AskedPart>();
  absl::Status ready = common::PrepareOwn(asked->context, deadline, token_);
  if (ready.ok()) ready = common::Serialize(request, asked->request);
  if (!ready.ok()) {
    done(std::move(ready));
    return;
  }
  AskedPart& a = *asked;
  calls_.Begin();
  stub_->UnaryCall(&a.context, path_ + method, grpc::StubOptions(), &a.request, &a.response,
                   [this, asked, done = std::move(done)](const grpc::Status& status) mutable {
                     absl::StatusOr<grpc::ByteBuffer> answer = std::move(asked->response);
                     if (!status.ok()) answer = common::FromGrpc(status);
                     asked.reset();
                     done(std::move(answer));
                     calls_.End();
                   });
}

void SummaryClient::BatchGet(const common::v1::BatchGetSummariesRequest& request, absl::Time deadline,
                             Done<SummaryBatch> done) {
  if (response_ == nullptr) {
    done(common::Internal("no message for the service's summaries"));
    return;
  }
  const std::string only_period = request.periods_size() == 1 ? request.periods(0) : "";
  Ask("BatchGetSummaries", request, deadline,
      [prototype = response_, only_period, done = std::move(done)](const absl::StatusOr<grpc::ByteBuffer>& bytes) {
        if (!bytes.ok()) {
          done(bytes.status());
          return;
        }
        const std::unique_ptr<pb::Message> response(prototype->New());
        if (!common::Parse(*bytes, *response).ok()) {
          done(common::Internal("summaries that cannot be read"));
          return;
        }
        done(Read(*response, only_period));
      });
}

void SummaryClient::GetDifference(const common::v1::GetStructureDifferenceRequest& request, absl::Time deadline,
                                  Done<common::v1::GetStructureDifferenceResponse> done) {
  Ask("GetStructureDifference", request, deadline,
      [done = std::move(done)](const absl::StatusOr<grpc::ByteBuffer>& bytes) {
        if (!bytes.ok()) {
          done(bytes.status());
          return;
        }
        common::v1::GetStructureDifferenceResponse response;
        if (!common::Parse(*bytes, response).ok()) {
          done(common::Internal("a structure difference that cannot be read"));
          return;
        }
        done(std::move(response));
      });
}

}  // namespace ronghe::gateway
