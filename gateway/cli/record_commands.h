#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/resources.h"

// What the commands on records of units have in common; for their sources only.
namespace ronghe::gateway::cli {

// The name of a record that was given by its name or its id.
inline std::string Named(std::string_view collection, const std::string& name) {
  return name.find('/') == std::string::npos ? fmt::format("{}/{}", collection, name) : name;
}

// Sends a request and hands over the answer. `Service` is the generated class.
template <typename Service, typename Request, typename Response>
absl::StatusOr<Response> Send(Context& context,
                              grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = Service::NewStub(session->channel());
  return session->Call<typename Service::Stub, Request, Response>(*stub, method, request);
}

// Sends a request and shows the answer, one record.
template <typename Service, typename Request, typename Record>
absl::Status ShowRecord(Context& context,
                        grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Record*),
                        const Request& request) {
  RONGHE_ASSIGN_OR_RETURN(Record record, (Send<Service, Request, Record>(context, method, request)));
  PrintResource(context, record);
  return absl::OkStatus();
}

// Shows all pages of a list.
template <typename Service, typename Record, typename Request, typename Response>
absl::Status ShowRecords(Context& context,
                         grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                         Request request, google::protobuf::RepeatedPtrField<Record>* (Response::*records)(),
                         const std::vector<std::string_view>& columns) {
  request.set_page_size(1000);
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = Service::NewStub(session->channel());
  std::vector<Record> all;
  RONGHE_RETURN_IF_ERROR(
      (session->CallPages<typename Service::Stub, Request, Response>(*stub, method, request, [&](Response& response) {
        for (Record& record : *(response.*records)()) all.push_back(std::move(record));
      })));
  PrintList(context, all, columns);
  return absl::OkStatus();
}

// A write's request, with what all of them have. `Options` has `request_id` and `validate_only`.
template <typename Request, typename Options>
Request WriteOf(const Options& options, Context& context) {
  Request request;
  request.set_request_id(options.request_id.empty() ? context.environment.random.Uuid() : options.request_id);
  request.set_validate_only(options.validate_only);
  return request;
}

// A custom method's request: the name, the etag.
template <typename Request, typename Options>
Request EventOf(const Options& options, Context& context, std::string_view collection) {
  auto request = WriteOf<Request>(options, context);
  request.set_name(Named(collection, options.name));
  request.set_etag(options.etag);
  return request;
}
// The same with the day.
template <typename Request, typename Options>
absl::StatusOr<Request> EventOf(const Options& options, Context& context, std::string_view collection,
                                const char* day) {
  auto request = EventOf<Request>(options, context, collection);
  common::Violations violations;
  SetDateText(request, day, options.date, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return request;
}

}  // namespace ronghe::gateway::cli
