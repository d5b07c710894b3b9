#include "tests/service/gateway/stand_in_summaries.h"

#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ronghe/assessment/v1/assessment_service.grpc.pb.h"
#include "ronghe/education/v1/education_service.grpc.pb.h"
#include "ronghe/rectification/v1/rectification_service.grpc.pb.h"

namespace ronghe::tests {
namespace {

namespace pb = google::protobuf;
constexpr char kIncarnation[] = "stand-in";

template <typename Service, typename Response>
class Served final : public Service {
 public:
  explicit Served(StandInSummaries& totals) : totals_(totals) {}
  grpc::Status BatchGetSummaries(grpc::ServerContext* context, const common::v1::BatchGetSummariesRequest* request,
                                 Response* response) override {
    return totals_.Answer(context, *request, *response);
  }
  grpc::Status GetStructureDifference(grpc::ServerContext*, const common::v1::GetStructureDifferenceRequest* request,
                                      common::v1::GetStructureDifferenceResponse* response) override {
    *response = totals_.difference;
    if (request->children_only()) response->clear_differences();
    if (!totals_.children_until.empty() && request->period() > totals_.children_until) response->clear_children_then();
    return grpc::Status::OK;
  }

 private:
  StandInSummaries& totals_;
};

std::unique_ptr<grpc::Service> ServiceOf(const std::string& name, StandInSummaries& totals) {
  if (name == "education") {
    return std::make_unique<Served<education::v1::EducationService::Service, education::v1::BatchGetSummariesResponse>>(
        totals);
  }
  if (name == "rectification") {
    return std::make_unique<
        Served<rectification::v1::RectificationService::Service, rectification::v1::BatchGetSummariesResponse>>(totals);
  }
  return std::make_unique<
      Served<assessment::v1::AssessmentService::Service, assessment::v1::BatchGetSummariesResponse>>(totals);
}

}  // namespace

class StandInSummaries::Feed final : public common::v1::SummaryFeedService::Service {
 public:
  explicit Feed(StandInSummaries& of) : of_(of) {}

  grpc::Status FollowSummaries(grpc::ServerContext* context, const common::v1::FollowSummariesRequest* request,
                               grpc::ServerWriter<common::v1::FollowSummariesResponse>* writer) override {
    if (!of_.feed) return {grpc::StatusCode::UNIMPLEMENTED, "no feed"};
    bool reset = request->incarnation() != kIncarnation || request->position() == 0;
    std::unique_lock lock(of_.mutex_);
    size_t next = 0;
    while (next < of_.told_.size() && of_.told_[next].position() <= (reset ? of_.position_ : request->position()))
      ++next;
    while (!of_.stopped_ && !context->IsCancelled()) {
      std::vector<common::v1::FollowSummariesResponse> messages(of_.told_.begin() + static_cast<std::ptrdiff_t>(next),
                                                                of_.told_.end());
      if (messages.empty()) {
        common::v1::FollowSummariesResponse heartbeat;
        heartbeat.set_position(of_.position_);
        messages.push_back(heartbeat);
      } else {
        next = of_.told_.size();
      }
      if (of_.stalled) {
        next -= messages[0].unit_uids_size() > 0 || messages[0].structure_changed() ? messages.size() : 0;
      } else {
        lock.unlock();
        for (common::v1::FollowSummariesResponse& message : messages) {
          message.set_reset(std::exchange(reset, false));
          message.set_incarnation(kIncarnation);
          message.set_cache_epoch(of_.epoch);
          message.set_structure_revision(of_.structure_in_feed);
          writer->Write(message);
        }
        lock.lock();
      }
      if (next == of_.told_.size() || of_.stalled) of_.changed_.wait_for(lock, std::chrono::milliseconds(50));
    }
    return grpc::Status::OK;
  }
  grpc::Status GetSummaryHead(grpc::ServerContext*, const common::v1::GetSummaryHeadRequest*,
                              common::v1::SummaryHead* head) override {
    if (!of_.feed || of_.head_fails) return {grpc::StatusCode::INTERNAL, "no head"};
    const std::unique_lock lock(of_.mutex_);
    head->set_incarnation(kIncarnation);
    head->set_position(of_.position_);
    head->set_cache_epoch(of_.epoch);
    return grpc::Status::OK;
  }
  grpc::Status AdvanceCacheEpoch(grpc::ServerContext* context, const common::v1::AdvanceCacheEpochRequest* request,
                                 common::v1::SummaryHead* head) override {
    int64_t ended = request->cache_epoch();
    of_.epoch.compare_exchange_strong(ended, ended + 1);
    return GetSummaryHead(context, nullptr, head);
  }

 private:
  StandInSummaries& of_;
};

StandInSummaries::StandInSummaries() : feed_(std::make_unique<Feed>(*this)) {}
StandInSummaries::~StandInSummaries() = default;

void StandInSummaries::Set(int64_t uid, const std::map<std::string, int64_t>& totals) {
  const std::unique_lock lock(mutex_);
  ++position_;
  for (const auto& [unit, value] : totals) totals_[unit] = value;
  told_.emplace_back().set_position(position_);
  told_.back().add_unit_uids(uid);
  changed_.notify_all();
}

void StandInSummaries::Move(int64_t structure_revision, const std::map<std::string, int64_t>& totals) {
  const std::unique_lock lock(mutex_);
  ++position_;
  structure_ = structure_revision;
  structure_in_feed = structure_revision;
  for (const auto& [unit, value] : totals) totals_[unit] = value;
  told_.emplace_back().set_position(position_);
  told_.back().set_structure_changed(true);
  changed_.notify_all();
}

int64_t StandInSummaries::position() const {
  const std::unique_lock lock(mutex_);
  return position_;
}

std::vector<common::v1::BatchGetSummariesRequest> StandInSummaries::Asked() const {
  const std::unique_lock lock(mutex_);
  return asked_;
}

void StandInSummaries::BeforeAnswer(std::function<grpc::Status(grpc::ServerContext*)> before) {
  const std::unique_lock lock(mutex_);
  before_ = std::move(before);
}

grpc::Status StandInSummaries::Answer(grpc::ServerContext* context, const common::v1::BatchGetSummariesRequest& request,
                                      pb::Message& response) {
  ++loads_;
  std::function<grpc::Status(grpc::ServerContext*)> before;
  {
    const std::unique_lock lock(mutex_);
    asked_.push_back(request);
    before = before_;
  }
  if (before) {
    if (grpc::Status status = before(context); !status.ok()) return status;
  }
  const pb::Reflection* reflection = response.GetReflection();
  const pb::Descriptor* type = response.GetDescriptor();
  const std::unique_lock lock(mutex_);
  std::vector<std::string> units(request.units().begin(), request.units().end());
  if (request.include_children()) {
    for (const char* child : {"units/T1", "units/T2"}) units.push_back(child);
  }
  for (const std::string& unit : units) {
    for (const std::string& period : request.periods()) {
      pb::Message* summary = reflection->AddMessage(&response, type->FindFieldByName("summaries"));
      const auto field = [&](const char* name) { return summary->GetDescriptor()->FindFieldByName(name); };
      summary->GetReflection()->SetString(summary, field("unit"), unit);
      summary->GetReflection()->SetString(summary, field("period"), period);
      pb::Message* total = summary->GetReflection()->MutableMessage(summary, field("total"));
      const auto found = totals_.find(unit);
      total->GetReflection()->SetInt64(total, total->GetDescriptor()->field(0),
                                       found == totals_.end() ? 0 : found->second);
    }
  }
  auto* mark =
      static_cast<common::v1::Watermark*>(reflection->MutableMessage(&response, type->FindFieldByName("watermark")));
  mark->set_incarnation(kIncarnation);
  mark->set_position(position_);
  mark->set_structure_revision(structure_);
  mark->mutable_time()->set_seconds(1'790'000'000);
  return grpc::Status::OK;
}

grpc::Service* StandInSummaries::feed_service() {
  return feed_.get();
}

void StandInSummaries::Stop(bool stopped) {
  const std::unique_lock lock(mutex_);
  stopped_ = stopped;
  changed_.notify_all();
}

StandInService::StandInService(const std::string& service) : service_(ServiceOf(service, totals)) {
  Start();
}

StandInService::~StandInService() {
  Stop();
}

void StandInService::Start() {
  totals.Stop(false);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(fmt::format("127.0.0.1:{}", port_), grpc::InsecureServerCredentials(), &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(service_.get());
  builder.RegisterService(totals.feed_service());
  server_ = builder.BuildAndStart();
  ASSERT_NE(server_, nullptr);
}

void StandInService::Stop() {
  if (server_ == nullptr) return;
  totals.Stop(true);
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

std::string StandInService::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

}  // namespace ronghe::tests
