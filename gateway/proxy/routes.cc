#include "gateway/proxy/routes.h"

#include <algorithm>

#include <fmt/format.h>
#include <google/protobuf/descriptor_database.h>

#include "ronghe/common/v1/access.pb.h"

namespace ronghe::gateway {
namespace pb = google::protobuf;

bool IsForSuiteOnly(const pb::MethodDescriptor* method) {
  if (!method->options().HasExtension(common::v1::policy)) return false;
  const common::v1::MethodPolicy& policy = method->options().GetExtension(common::v1::policy);
  const pb::EnumValueDescriptor* permission =
      pb::GetEnumDescriptor<common::v1::Permission>()->FindValueByNumber(policy.permission());
  if (permission == nullptr) return false;
  const common::v1::RoleSet& holders = permission->options().GetExtension(common::v1::held_by);
  return holders.roles_size() == 1 && holders.roles(0) == common::v1::ROLE_SERVICE;
}

std::vector<const pb::ServiceDescriptor*> PublicServices(std::string_view service) {
  std::vector<std::string> files;
  pb::DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  const std::string folder = fmt::format("ronghe/{}/v1/", service);
  std::vector<const pb::ServiceDescriptor*> services;
  for (const std::string& name : files) {
    if (!name.starts_with(folder)) continue;
    const pb::FileDescriptor* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    for (int i = 0; i < file->service_count(); ++i) {
      bool open = false;
      for (int m = 0; m < file->service(i)->method_count(); ++m) open |= !IsForSuiteOnly(file->service(i)->method(m));
      if (open) services.push_back(file->service(i));
    }
  }
  std::sort(services.begin(), services.end(),
            [](const auto* a, const auto* b) { return a->full_name() < b->full_name(); });
  return services;
}

}  // namespace ronghe::gateway
