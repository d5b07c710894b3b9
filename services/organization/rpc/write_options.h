#pragma once

#include <string>
#include <string_view>

#include "services/organization/app/record_query.h"
#include "services/organization/app/unit_app.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {

// What a write's request says beside its content: `request_id`, and the etag from wherever the request has it.
template <typename Request>
WriteOptions OptionsOf(const common::Call& call, const Request& request, const std::string& etag) {
  common::Violations violations;
  WriteOptions options;
  options.key = KeyOf(call, request.request_id(), request, violations);
  options.faults = violations.list();
  options.etag = etag;
  return options;
}

// The same for requests with `validate_only`; `day` is the date they are about.
template <typename Request>
WriteOptions DatedOptionsOf(const common::Call& call, const Request& request, const google::type::Date& day,
                            std::string_view field, const std::string& etag) {
  common::Violations violations;
  WriteOptions options;
  options.effective = ReadDate(day, field, violations);
  options.key = KeyOf(call, request.request_id(), request, violations);
  options.etag = etag;
  options.validate_only = request.validate_only();
  options.faults = violations.list();
  return options;
}

// The same for requests that take effect on a day; `violations` is what was already found wrong with the request's
// form.
template <typename Request>
WriteOptions EffectiveOptionsOf(const common::Call& call, const Request& request, common::Violations violations) {
  WriteOptions options;
  options.effective = ReadDate(request.effective_date(), "effective_date", violations);
  options.key = KeyOf(call, request.request_id(), request, violations);
  if constexpr (requires { request.validate_only(); }) options.validate_only = request.validate_only();
  options.faults = violations.list();
  return options;
}

// What the lists of records have in common.
template <typename Request>
ListRecordsQuery RecordsQueryOf(const Request& request) {
  ListRecordsQuery query;
  query.parent = request.parent();
  if constexpr (requires { request.subtree(); }) query.subtree = request.subtree();
  query.page_size = request.page_size();
  query.page_token = request.page_token();
  query.filter = request.filter();
  return query;
}

}  // namespace ronghe::organization
