#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"

namespace ronghe::tests {

// Imports that are sent again, under the same request id, until they are applied.
class ImportUpload {
 public:
  ImportUpload(const std::string& address, std::string token);
  ~ImportUpload();

  // Empty once every row is applied, or when `stop` is set; else what is wrong. `parent`: units/{code}.
  std::string Members(const std::string& parent, const std::string& request_id,
                      const organization::v1::MemberRows& rows, const std::atomic<bool>& stop);
  std::string Units(const std::string& parent, const std::string& request_id, const organization::v1::UnitRows& rows,
                    const std::atomic<bool>& stop);

 private:
  struct Stubs;
  std::string token_;
  std::unique_ptr<Stubs> stubs_;
};

}  // namespace ronghe::tests
