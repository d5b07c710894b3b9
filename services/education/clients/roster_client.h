#pragma once

#include <memory>

#include "services/common/rpc/channel.h"
#include "services/education/app/roster.h"

namespace ronghe::education {

// The roster, asked of organization's RosterService on the process's own behalf. Thread-safe.
class RosterClient final : public Roster {
 public:
  // The channel goes to organization; the rest outlives it.
  RosterClient(std::shared_ptr<grpc::Channel> channel, common::TokenMaker& maker, const common::Clock& clock);
  ~RosterClient() override;
  absl::StatusOr<std::vector<RosterMember>> Of(std::span<const common::UnitUid> units, absl::CivilDay day,
                                               const common::Call& call) override;
  absl::StatusOr<std::vector<Membership>> Memberships(std::span<const int64_t> members, absl::Time deadline) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::education
