#pragma once

#include <string>
#include <string_view>

#include "gateway/rest/routes.h"

namespace ronghe::gateway {

// The routes as OpenAPI 3.1, in JSON. Words come from the comments of the protos, which `descriptors` holds: a
// serialized FileDescriptorSet with source info; without them the descriptions are empty.
std::string OpenApi(const RouteTable& table, std::string_view descriptors);

// The set that was built with the program.
std::string_view BuiltDescriptors();

// A page that shows /openapi.json; it asks nobody else for anything.
std::string_view DocsPage();

}  // namespace ronghe::gateway
