#pragma once

#include <functional>

#include "ronghe/rectification/v1/problem_service.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"
#include "services/rectification/app/order_app.h"
#include "services/rectification/app/problem_app.h"
#include "services/rectification/app/problem_query.h"
#include "services/rectification/rpc/problem_codec.h"
#include "services/rectification/rpc/rules_codec.h"

namespace ronghe::rectification {

// ProblemService on gRPC: decode, call, map, encode.
class ProblemRpc final : public common::ServiceBinding {
 public:
  // All outlive it.
  struct Parts {
    ProblemApp& app;
    ProblemQuery& query;
    OrderApp& orders;
    common::RecordNames names;
    common::Feed& feed;
    common::WatchService& watch;
    const LoadedPolicy& policy;
    const LoadedCalendar& calendar;
  };
  ProblemRpc(common::Wrapper& wrapper, Parts parts);

 private:
  absl::StatusOr<v1::Problem> Create(const common::Call& call, const v1::CreateProblemRequest& request);
  absl::StatusOr<v1::Problem> Update(const common::Call& call, const v1::UpdateProblemRequest& request);
  absl::StatusOr<v1::ListProblemsResponse> List(const common::Call& call, const v1::ListProblemsRequest& request);
  absl::StatusOr<v1::ListWorklistResponse> ListWorklist(const common::Call& call,
                                                        const v1::ListWorklistRequest& request);
  absl::StatusOr<v1::ListProblemHistoryResponse> History(const common::Call& call,
                                                         const v1::ListProblemHistoryRequest& request);
  absl::StatusOr<v1::BatchVerifyProblemsResponse> BatchVerify(const common::Call& call,
                                                              const v1::BatchVerifyProblemsRequest& request);
  absl::StatusOr<v1::Problem> Encode(const absl::StatusOr<ProblemView>& view) const;
  // Binds a method by which people make one event happen; `fill` reads what is particular to it.
  template <typename Request>
  void Event(const char* method, ProblemEvent event,
             std::function<void(const Request&, ProblemAction&, common::WriteOptions&)> fill);
  void BindReads();
  void BindEvents();
  void BindOrders();
  v1::ProblemOrder Encode(const OrderView& view) const;

  Parts parts_;
};

}  // namespace ronghe::rectification
