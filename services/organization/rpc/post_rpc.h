#pragma once

#include "ronghe/organization/v1/post_service.pb.h"

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"
#include "services/organization/app/post_app.h"
#include "services/organization/app/post_query.h"

namespace ronghe::organization {

// PostService on gRPC: decode, call, map, encode.
class PostRpc final : public common::ServiceBinding {
 public:
  // All outlive it.
  struct Parts {
    PostApp& posts;
    PostQuery& query;
    const Tree& tree;
    RevisionGate& gate;
    common::WatchService& watch;
  };
  PostRpc(common::Wrapper& wrapper, Parts parts);

 private:
  absl::StatusOr<v1::Post> CreatePost(const common::Call& call, const v1::CreatePostRequest& request);
  absl::StatusOr<v1::Post> GetPost(const common::Call& call, const v1::GetPostRequest& request);
  absl::StatusOr<v1::ListPostsResponse> ListPosts(const common::Call& call, const v1::ListPostsRequest& request);
  absl::StatusOr<v1::Post> UpdatePost(const common::Call& call, const v1::UpdatePostRequest& request);
  absl::StatusOr<v1::Post> AbolishPost(const common::Call& call, const v1::AbolishPostRequest& request);
  absl::StatusOr<v1::Term> CreateTerm(const common::Call& call, const v1::CreateTermRequest& request);
  absl::StatusOr<v1::Term> GetTerm(const common::Call& call, const v1::GetTermRequest& request);
  absl::StatusOr<v1::ListTermsResponse> ListTerms(const common::Call& call, const v1::ListTermsRequest& request);
  absl::StatusOr<v1::Term> PlanElection(const common::Call& call, const v1::PlanElectionRequest& request);
  absl::StatusOr<v1::RecordElectionResponse> RecordElection(const common::Call& call,
                                                            const v1::RecordElectionRequest& request);
  absl::StatusOr<v1::Term> ExtendTerm(const common::Call& call, const v1::ExtendTermRequest& request);
  absl::StatusOr<v1::Term> EndTerm(const common::Call& call, const v1::EndTermRequest& request);
  absl::StatusOr<v1::Appointment> CreateAppointment(const common::Call& call,
                                                    const v1::CreateAppointmentRequest& request);
  absl::StatusOr<v1::Appointment> GetAppointment(const common::Call& call, const v1::GetAppointmentRequest& request);
  absl::StatusOr<v1::ListAppointmentsResponse> ListAppointments(const common::Call& call,
                                                                const v1::ListAppointmentsRequest& request);
  absl::StatusOr<v1::Appointment> EndAppointment(const common::Call& call, const v1::EndAppointmentRequest& request);
  template <typename Stored>
  auto Encode(const absl::StatusOr<Stored>& stored);

  Parts parts_;
};

}  // namespace ronghe::organization
