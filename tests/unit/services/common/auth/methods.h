#pragma once

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "ronghe/assessment/v1/assessment_service.pb.h"
#include "ronghe/common/v1/echo_service.pb.h"
#include "ronghe/education/v1/education_service.pb.h"
#include "ronghe/gateway/v1/overview_service.pb.h"
#include "ronghe/organization/v1/access_service.pb.h"
#include "ronghe/organization/v1/directory_service.pb.h"
#include "ronghe/organization/v1/import_service.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"
#include "ronghe/organization/v1/structure_service.pb.h"
#include "ronghe/rectification/v1/rectification_service.pb.h"

namespace ronghe::tests {

// Every method of the suite.
inline std::vector<const google::protobuf::MethodDescriptor*> AllMethods() {
  // Naming a message of a file makes sure that the file is linked in.
  const google::protobuf::FileDescriptor* files[] = {
      common::v1::EchoRequest::descriptor()->file(),
      gateway::v1::GetOverviewRequest::descriptor()->file(),
      organization::v1::CreateGrantRequest::descriptor()->file(),
      organization::v1::StreamDirectoryRequest::descriptor()->file(),
      organization::v1::GetImportRequest::descriptor()->file(),
      organization::v1::CreateMemberRequest::descriptor()->file(),
      organization::v1::CreateUnitRequest::descriptor()->file(),
      organization::v1::MergeUnitsRequest::descriptor()->file(),
      google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
          "ronghe/assessment/v1/assessment_service.proto"),
      google::protobuf::DescriptorPool::generated_pool()->FindFileByName("ronghe/education/v1/education_service.proto"),
      google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
          "ronghe/rectification/v1/rectification_service.proto"),
  };
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const auto* file : files) {
    for (int i = 0; file != nullptr && i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) methods.push_back(file->service(i)->method(j));
    }
  }
  return methods;
}

}  // namespace ronghe::tests
