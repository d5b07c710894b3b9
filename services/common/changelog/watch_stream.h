#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "services/common/changelog/hub_stream.h"
#include "services/common/changelog/watch.h"
#include "services/common/changelog/watch_filter.h"

namespace ronghe::common {

// One open Watch.
class WatchStream final : public HubStream {
 public:
  WatchStream(const WatchService::Parts& parts, const WatchService::Options& options, WatchFilter filter,
              std::string incarnation, int64_t position);

 private:
  void OnNext() override;
  Outcome Advance() override;
  // Reads one page and filters it; false if the structure is not there yet.
  absl::StatusOr<bool> ReadPage(v1::WatchResponse& response);
  size_t Usable(const std::vector<PublishedChange>& page) const;
  Outcome AwaitStructure();
  Outcome Send(std::unique_ptr<v1::WatchResponse> response);

  const WatchService::Parts& parts_;
  const WatchService::Options& options_;
  const WatchFilter filter_;
  const std::string incarnation_;

  // Of the step that runs, or of Next between steps.
  int64_t position_;
  bool greeted_ = false;
  bool too_slow_ = false;
  absl::Time sent_ = absl::InfinitePast();            // the last message
  absl::Time behind_since_ = absl::InfiniteFuture();  // the structure is
};

}  // namespace ronghe::common
