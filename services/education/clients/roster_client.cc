#include "services/education/clients/roster_client.h"

#include <algorithm>
#include <utility>

#include "ronghe/organization/v1/roster_service.grpc.pb.h"

#include "services/common/values/status.h"
#include "services/common/values/wire.h"

namespace ronghe::education {
namespace {

namespace org = organization::v1;

constexpr size_t kMostUnits = 500;
constexpr size_t kMostMembers = 1000;

absl::CivilDay DayOf(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

Membership Read(const org::Membership& message) {
  Membership membership;
  membership.member = message.member_id();
  membership.join = DayOf(message.join_date());
  if (message.has_end_date()) membership.end = DayOf(message.end_date());
  for (const org::UnitStay& stay : message.stays()) {
    membership.stays.push_back({common::UnitUid(stay.unit_uid()), DayOf(stay.start_date())});
  }
  return membership;
}

// Organization being away is no fault of the request.
absl::Status Failure(const grpc::Status& status) {
  absl::Status failure = common::FromGrpc(status);
  if (!absl::IsUnavailable(failure)) return failure;
  return common::WithLog(common::Unavailable("ROSTER_UNAVAILABLE",
                                             {"organization cannot be asked for the roster", "暂时无法取得党员名册"}),
                         status.error_message());
}

}  // namespace

struct RosterClient::Impl {
  std::unique_ptr<org::RosterService::Stub> stub;
  common::ServiceToken token;
};

RosterClient::RosterClient(std::shared_ptr<grpc::Channel> channel, common::TokenMaker& maker,
                           const common::Clock& clock)
    : impl_(
          new Impl{org::RosterService::NewStub(std::move(channel)), common::ServiceToken(maker, "education", clock)}) {}
RosterClient::~RosterClient() = default;

absl::StatusOr<std::vector<RosterMember>> RosterClient::Of(std::span<const common::UnitUid> units, absl::CivilDay day,
                                                           const common::Call& call) {
  std::vector<RosterMember> members;
  for (size_t at = 0; at < units.size(); at += kMostUnits) {
    org::GetRosterRequest request;
    for (const common::UnitUid unit : units.subspan(at, std::min(kMostUnits, units.size() - at))) {
      request.add_unit_uids(unit.value);
    }
    common::WriteDate(day, *request.mutable_date());
    grpc::ClientContext context;
    RONGHE_RETURN_IF_ERROR(common::PrepareOwn(context, call.deadline, impl_->token));
    org::GetRosterResponse response;
    const grpc::Status status = impl_->stub->GetRoster(&context, request, &response);
    if (!status.ok()) return Failure(status);
    for (const org::RosterEntry& entry : response.entries()) {
      members.push_back({entry.member_id(), common::UnitUid(entry.unit_uid()), entry.floating(), entry.on_committee(),
                         entry.at_home()});
    }
  }
  return members;
}

absl::StatusOr<std::vector<Membership>> RosterClient::Memberships(std::span<const int64_t> members,
                                                                  absl::Time deadline) {
  std::vector<Membership> memberships;
  for (size_t at = 0; at < members.size(); at += kMostMembers) {
    org::BatchGetMembershipsRequest request;
    for (const int64_t member : members.subspan(at, std::min(kMostMembers, members.size() - at))) {
      request.add_member_ids(member);
    }
    grpc::ClientContext context;
    RONGHE_RETURN_IF_ERROR(common::PrepareOwn(context, deadline, impl_->token));
    org::BatchGetMembershipsResponse response;
    const grpc::Status status = impl_->stub->BatchGetMemberships(&context, request, &response);
    if (!status.ok()) return Failure(status);
    for (const org::Membership& one : response.memberships()) memberships.push_back(Read(one));
  }
  return memberships;
}

}  // namespace ronghe::education
