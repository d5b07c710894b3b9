#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>

namespace ronghe::gateway {

// The services of the package `ronghe.{service}.v1` that callers outside the suite may reach, by name: all that are
// linked in, except those whose every method is for processes of the suite only.
std::vector<const google::protobuf::ServiceDescriptor*> PublicServices(std::string_view service);

// Whether only processes of the suite hold the method's permission.
bool IsForSuiteOnly(const google::protobuf::MethodDescriptor* method);

}  // namespace ronghe::gateway
