#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "services/common/changelog/changelog.h"
#include "services/common/changelog/hub_stream.h"
#include "services/common/serve/executor.h"
#include "services/common/values/clock.h"
#include "services/organization/rpc/directory_source.h"

namespace ronghe::organization {

// One open StreamDirectory.
class DirectoryStream final : public common::HubStream {
 public:
  struct Parts {
    DirectorySource& source;
    common::FeedHub& hub;
    common::Executor& executor;
    const common::Clock& clock;
  };
  // The replica's content: `incarnation` and `position`, as it said.
  DirectoryStream(const Parts& parts, std::string incarnation, int64_t position, bool include_places)
      : HubStream(parts.hub, parts.executor),
        parts_(parts),
        include_places_(include_places),
        incarnation_(std::move(incarnation)),
        position_(position) {}

 private:
  Outcome Advance() override;
  absl::Status Begin();
  absl::Status Resume();
  absl::Status Reload();
  absl::Status ReadOn();
  Message TakePiece();

  const Parts parts_;
  const bool include_places_;

  // Of the step that runs.
  std::string incarnation_;
  int64_t position_;
  int64_t structure_revision_ = 0;
  bool begun_ = false;
  std::deque<common::DirectoryDelta> pieces_;
  absl::Time sent_ = absl::InfinitePast();
};

}  // namespace ronghe::organization
