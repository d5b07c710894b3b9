#pragma once

#include <utility>

#include "ronghe/common/v1/import.pb.h"

#include "services/common/import/import_app.h"
#include "services/common/import/rpc/import_codec.h"
#include "services/common/serve/binding.h"
#include "services/common/values/pages.h"
#include "services/common/values/wire.h"

namespace ronghe::common {

// What every service answers about its imports: reading, listing, refused rows, taking back. `Messages` names the
// service's own requests and responses: Get, List, ListResponse, Errors, ErrorsResponse, Revert. To be called by the
// binding that has the methods, under the names it gives.
template <typename Messages>
class ImportHandlers {
 public:
  // It outlives this.
  explicit ImportHandlers(ImportApp& app) : app_(app) {}

  absl::StatusOr<v1::Import> Get(const Call& call, const typename Messages::Get& request) const {
    RONGHE_ASSIGN_OR_RETURN(const int64_t id, app_.IdOf(request.name()));
    RONGHE_ASSIGN_OR_RETURN(const Import import, app_.Get(call, id));
    return ToProto(import, app_);
  }

  absl::StatusOr<typename Messages::ListResponse> List(const Call& call, const typename Messages::List& request) const {
    RONGHE_ASSIGN_OR_RETURN(Page<Import> page,
                            app_.List(call, request.parent(), request.page_size(), request.page_token()));
    typename Messages::ListResponse response;
    for (const Import& import : page.items) *response.add_imports() = ToProto(import, app_);
    response.set_next_page_token(std::move(page.next));
    return response;
  }

  absl::StatusOr<typename Messages::ErrorsResponse> Errors(const Call& call,
                                                           const typename Messages::Errors& request) const {
    RONGHE_ASSIGN_OR_RETURN(const int64_t id, app_.IdOf(request.name()));
    RONGHE_ASSIGN_OR_RETURN(Page<RowIssue> page, app_.RowIssues(call, id, request.page_size(), request.page_token()));
    typename Messages::ErrorsResponse response;
    for (const RowIssue& issue : page.items) *response.add_row_errors() = ToProto(issue);
    response.set_next_page_token(std::move(page.next));
    return response;
  }

  absl::StatusOr<v1::Import> Revert(const Call& call, const typename Messages::Revert& request) const {
    Violations violations;
    const RequestKey key = KeyOf(call, request.request_id(), request, violations);
    const absl::StatusOr<int64_t> id = app_.IdOf(request.name());
    violations.AddAll(id.status());
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    RONGHE_ASSIGN_OR_RETURN(const Import import, app_.Revert(call, *id, key));
    return ToProto(import, app_);
  }

 private:
  ImportApp& app_;
};

}  // namespace ronghe::common
