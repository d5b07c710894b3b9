#pragma once

#include "ronghe/organization/v1/directory_service.pb.h"

#include "services/common/directory/directory.h"

namespace ronghe::common {

// A piece of the directory as StreamDirectory sends it, both ways without loss. A missing start is the infinite past, a
// missing end the infinite future.
DirectoryDelta FromProto(const organization::v1::StreamDirectoryResponse& message);
organization::v1::StreamDirectoryResponse ToProto(const DirectoryDelta& delta);

// How many items a message holds at most: with titles of the greatest length still below 2 MiB.
inline constexpr size_t kDirectoryItemsPerMessage = 1000;

}  // namespace ronghe::common
