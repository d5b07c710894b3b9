#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <grpcpp/grpcpp.h>

#include "ronghe/organization/v1/directory_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "tests/service/gateway/stand_in_summaries.h"

namespace ronghe::tests {

// A server that speaks organization's protos and does what a test tells it: for what the real service cannot be made to
// do at will, hang, fail, or break off. It streams a small directory:
//
//   C1 寿光市 (county) ── T1 圣城 (township) ── B1 一支部, B2 dissolved
//                     └─ T2 稻田 (township)
//
// Principals of the given issuer: `li` is officer of everything, `wang` viewer of T1, `zhao` nothing.
class StandInOrganization {
 public:
  struct Organization final : organization::v1::OrganizationService::Service {
    template <typename Request, typename Response>
    using Unary = std::function<grpc::Status(grpc::ServerContext*, const Request*, Response*)>;
    Unary<organization::v1::GetUnitRequest, organization::v1::Unit> get_unit;
    Unary<organization::v1::CreateUnitRequest, organization::v1::Unit> create_unit;
    Unary<organization::v1::UpdateUnitRequest, organization::v1::Unit> update_unit;
    Unary<common::v1::BatchGetSummariesRequest, organization::v1::BatchGetSummariesResponse> summaries;
    std::function<grpc::Status(grpc::ServerContext*, grpc::ServerWriter<organization::v1::ExportUnitsResponse>*)>
        export_units;
    std::function<grpc::Status(grpc::ServerContext*, grpc::ServerReaderWriter<common::v1::ImportProgress,
                                                                              organization::v1::ImportUnitsRequest>*)>
        import_units;
    std::function<grpc::Status(grpc::ServerContext*, const common::v1::WatchRequest*,
                               grpc::ServerWriter<common::v1::WatchResponse>*)>
        watch;

    grpc::Status GetUnit(grpc::ServerContext* context, const organization::v1::GetUnitRequest* request,
                         organization::v1::Unit* response) override;
    grpc::Status CreateUnit(grpc::ServerContext* context, const organization::v1::CreateUnitRequest* request,
                            organization::v1::Unit* response) override;
    grpc::Status UpdateUnit(grpc::ServerContext* context, const organization::v1::UpdateUnitRequest* request,
                            organization::v1::Unit* response) override;
    grpc::Status BatchGetSummaries(grpc::ServerContext* context, const common::v1::BatchGetSummariesRequest* request,
                                   organization::v1::BatchGetSummariesResponse* response) override;
    grpc::Status ExportUnits(grpc::ServerContext* context, const organization::v1::ExportUnitsRequest* request,
                             grpc::ServerWriter<organization::v1::ExportUnitsResponse>* writer) override;
    grpc::Status ImportUnits(
        grpc::ServerContext* context,
        grpc::ServerReaderWriter<common::v1::ImportProgress, organization::v1::ImportUnitsRequest>* stream) override;
    grpc::Status Watch(grpc::ServerContext* context, const common::v1::WatchRequest* request,
                       grpc::ServerWriter<common::v1::WatchResponse>* writer) override;
  };

  explicit StandInOrganization(std::string issuer);
  ~StandInOrganization();

  void Start();  // on the same port again after the first time
  void Stop();   // cancels what is in progress
  std::string address() const;

  // What follows the directory's content, to those who follow it now and later.
  void Send(organization::v1::StreamDirectoryResponse delta);

  Organization organization;
  StandInSummaries totals;  // without a feed until it is told to

 private:
  class Directory;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace ronghe::tests
