#include "services/common/serve/echo_binding.h"

#include "ronghe/common/v1/echo_service.pb.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr size_t kMaxText = 1024;

}  // namespace

EchoBinding::EchoBinding(Wrapper& wrapper)
    : ServiceBinding(wrapper, v1::EchoRequest::descriptor()->file()->FindServiceByName("EchoService")) {
  Unary<v1::EchoRequest, v1::EchoResponse>(
      "Echo", [](const Call&, const v1::EchoRequest& request) -> absl::StatusOr<v1::EchoResponse> {
        if (request.text().size() > kMaxText) {
          return InvalidArgument("text", "TOO_LONG", {"at most 1024 bytes", "最多 1024 字节"});
        }
        v1::EchoResponse response;
        response.set_text(request.text());
        return response;
      });
}

}  // namespace ronghe::common
