#include "services/organization/rpc/directory_rpc.h"

#include "services/common/serve/wrapper.h"
#include "services/organization/rpc/directory_stream.h"

namespace ronghe::organization {

DirectoryRpc::DirectoryRpc(common::Wrapper& wrapper, DirectorySource& source, common::FeedHub& hub)
    : ServiceBinding(wrapper, v1::StreamDirectoryRequest::descriptor()->file()->FindServiceByName("DirectoryService")),
      wrapper_(wrapper),
      source_(source),
      hub_(hub) {
  ServerStream<v1::StreamDirectoryRequest, v1::StreamDirectoryResponse>(
      "StreamDirectory", [this](const common::Call&, const auto& request) { return StreamDirectory(request); });
}

absl::StatusOr<std::unique_ptr<common::MessageSource>> DirectoryRpc::StreamDirectory(
    const v1::StreamDirectoryRequest& request) {
  DirectoryStream::Parts parts{source_, hub_, wrapper_.executor(), wrapper_.clock()};
  auto stream =
      std::make_shared<DirectoryStream>(parts, request.incarnation(), request.position(), request.include_places());
  return common::SourceOf(std::move(stream));
}

}  // namespace ronghe::organization
