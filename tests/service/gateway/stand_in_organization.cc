#include "tests/service/gateway/stand_in_organization.h"

#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ronghe::tests {
namespace {

using organization::v1::StreamDirectoryResponse;

grpc::Status NotToldWhatToDo() {
  return {grpc::StatusCode::UNIMPLEMENTED, "the test has not said what to do"};
}

void AddUnit(StreamDirectoryResponse& all, int64_t uid, int64_t parent, const std::string& code,
             const std::string& title, organization::v1::Level level, organization::v1::UnitKind kind) {
  auto* unit = all.add_units();
  unit->set_uid(uid);
  unit->set_parent_uid(parent);
  unit->set_partition(2);
  unit->set_code(code);
  unit->set_title(title);
  unit->set_level(level);
  unit->set_kind(kind);
  unit->set_state(organization::v1::UNIT_STATE_ACTIVE);
}

void AddPrincipal(StreamDirectoryResponse& all, int64_t id, const std::string& issuer, const std::string& subject) {
  auto* principal = all.add_principals();
  principal->set_id(id);
  principal->set_issuer(issuer);
  principal->set_subject(subject);
}

void AddGrant(StreamDirectoryResponse& all, int64_t id, int64_t principal, common::v1::Role role, int64_t unit) {
  auto* grant = all.add_grants();
  grant->set_id(id);
  grant->set_principal_id(principal);
  grant->set_role(role);
  grant->set_unit_uid(unit);
}

StreamDirectoryResponse Everything(const std::string& issuer) {
  using namespace organization::v1;
  StreamDirectoryResponse all;
  all.set_reset(true);
  all.set_complete(true);
  all.set_incarnation("stand-in");
  all.set_position(7);
  all.set_structure_revision(9);  // the grants came after the units
  all.set_place_revision(7);
  AddUnit(all, 1, 0, "C1", "寿光市", LEVEL_COUNTY, UNIT_KIND_COMMITTEE);
  AddUnit(all, 2, 1, "T1", "圣城", LEVEL_TOWNSHIP, UNIT_KIND_COMMITTEE);
  AddUnit(all, 3, 1, "T2", "稻田", LEVEL_TOWNSHIP, UNIT_KIND_COMMITTEE);
  AddUnit(all, 4, 2, "B1", "一支部", LEVEL_BRANCH, UNIT_KIND_BRANCH);
  AddUnit(all, 5, 2, "B2", "二支部", LEVEL_BRANCH, UNIT_KIND_BRANCH);
  all.mutable_units(4)->set_state(UNIT_STATE_DISSOLVED);
  AddPrincipal(all, 1, issuer, "li");
  AddPrincipal(all, 2, issuer, "wang");
  AddGrant(all, 1, 1, common::v1::ROLE_OFFICER, 0);
  AddGrant(all, 2, 2, common::v1::ROLE_VIEWER, 2);
  return all;
}

}  // namespace

class StandInOrganization::Directory final : public organization::v1::DirectoryService::Service {
 public:
  explicit Directory(std::string issuer) : issuer_(std::move(issuer)) {}

  grpc::Status StreamDirectory(grpc::ServerContext* context, const organization::v1::StreamDirectoryRequest*,
                               grpc::ServerWriter<StreamDirectoryResponse>* writer) override {
    StreamDirectoryResponse last = Everything(issuer_);
    writer->Write(last);
    size_t sent = 0;
    std::unique_lock lock(mutex_);
    while (!stopped_ && !context->IsCancelled()) {
      for (; sent < deltas_.size(); ++sent) writer->Write(last = deltas_[sent]);
      wake_.wait_for(lock, std::chrono::milliseconds(100));
      if (sent < deltas_.size()) continue;
      StreamDirectoryResponse heartbeat;
      heartbeat.set_complete(true);
      heartbeat.set_incarnation("stand-in");
      heartbeat.set_position(last.position());
      heartbeat.set_structure_revision(last.structure_revision());
      if (!writer->Write(heartbeat)) break;
    }
    return grpc::Status::OK;
  }
  void Send(StreamDirectoryResponse delta) {
    const std::lock_guard lock(mutex_);
    deltas_.push_back(std::move(delta));
    wake_.notify_all();
  }
  void Set(bool stopped) {
    const std::lock_guard lock(mutex_);
    stopped_ = stopped;
    wake_.notify_all();
  }

 private:
  const std::string issuer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::vector<StreamDirectoryResponse> deltas_;
};

StandInOrganization::StandInOrganization(std::string issuer)
    : directory_(std::make_unique<Directory>(std::move(issuer))) {
  totals.feed = false;
  Start();
}

StandInOrganization::~StandInOrganization() {
  Stop();
}

void StandInOrganization::Start() {
  directory_->Set(false);
  totals.Stop(false);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(fmt::format("127.0.0.1:{}", port_), grpc::InsecureServerCredentials(), &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.SetMaxReceiveMessageSize(64 << 20);
  builder.RegisterService(&organization);
  builder.RegisterService(directory_.get());
  builder.RegisterService(totals.feed_service());
  server_ = builder.BuildAndStart();
  ASSERT_NE(server_, nullptr);
}

void StandInOrganization::Stop() {
  if (server_ == nullptr) return;
  directory_->Set(true);
  totals.Stop(true);
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

void StandInOrganization::Send(StreamDirectoryResponse delta) {
  directory_->Send(std::move(delta));
}

std::string StandInOrganization::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

grpc::Status StandInOrganization::Organization::GetUnit(grpc::ServerContext* context,
                                                        const organization::v1::GetUnitRequest* request,
                                                        organization::v1::Unit* response) {
  return get_unit ? get_unit(context, request, response) : NotToldWhatToDo();
}
grpc::Status StandInOrganization::Organization::CreateUnit(grpc::ServerContext* context,
                                                           const organization::v1::CreateUnitRequest* request,
                                                           organization::v1::Unit* response) {
  return create_unit ? create_unit(context, request, response) : NotToldWhatToDo();
}
grpc::Status StandInOrganization::Organization::UpdateUnit(grpc::ServerContext* context,
                                                           const organization::v1::UpdateUnitRequest* request,
                                                           organization::v1::Unit* response) {
  return update_unit ? update_unit(context, request, response) : NotToldWhatToDo();
}
grpc::Status StandInOrganization::Organization::BatchGetSummaries(
    grpc::ServerContext* context, const common::v1::BatchGetSummariesRequest* request,
    organization::v1::BatchGetSummariesResponse* response) {
  return summaries ? summaries(context, request, response) : NotToldWhatToDo();
}
grpc::Status StandInOrganization::Organization::ExportUnits(
    grpc::ServerContext* context, const organization::v1::ExportUnitsRequest*,
    grpc::ServerWriter<organization::v1::ExportUnitsResponse>* writer) {
  return export_units ? export_units(context, writer) : NotToldWhatToDo();
}
grpc::Status StandInOrganization::Organization::ImportUnits(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<common::v1::ImportProgress, organization::v1::ImportUnitsRequest>* stream) {
  return import_units ? import_units(context, stream) : NotToldWhatToDo();
}
grpc::Status StandInOrganization::Organization::Watch(grpc::ServerContext* context,
                                                      const common::v1::WatchRequest* request,
                                                      grpc::ServerWriter<common::v1::WatchResponse>* writer) {
  return watch ? watch(context, request, writer) : NotToldWhatToDo();
}

}  // namespace ronghe::tests
