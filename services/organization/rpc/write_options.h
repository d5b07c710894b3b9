#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "services/organization/app/record_query.h"
#include "services/organization/app/unit_app.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {

// common::WriteOptionsOf for requests about a date, `day`.
template <typename Request>
WriteOptions DatedOptionsOf(const common::Call& call, const Request& request, const google::type::Date& day,
                            std::string_view field, const std::string& etag) {
  common::Violations violations;
  const std::optional<absl::CivilDay> effective = ReadDate(day, field, violations);
  WriteOptions options = common::WriteOptionsOf(call, request, etag, std::move(violations));
  options.effective = effective;
  return options;
}

// common::WriteOptionsOf for requests that take effect on a day.
template <typename Request>
WriteOptions EffectiveOptionsOf(const common::Call& call, const Request& request, common::Violations violations) {
  const std::optional<absl::CivilDay> effective = ReadDate(request.effective_date(), "effective_date", violations);
  WriteOptions options = common::WriteOptionsOf(call, request, "", std::move(violations));
  options.effective = effective;
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
