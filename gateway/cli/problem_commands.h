#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>

#include "gateway/cli/commands.h"

// The commands of the ledger of problems.
namespace ronghe::gateway::cli {

struct ProblemOptions {
  std::string name;  // problems/ID, or the ID
  std::string unit;
  std::string filter;
  std::string order_by;
  std::string worklist;
  std::vector<std::string> units;  // of an order
  std::string person;
  std::string measures;
  std::string due_date;
  int working_days = 0;
  std::string reason;
  std::string verdict;                // close or return
  std::vector<std::string> evidence;  // files
  std::vector<std::string> names;     // of a batch
  bool granted = false;
  bool refused = false;
  bool subtree = false;
  std::string etag;
  std::string request_id;
  bool validate_only = false;
  FieldTexts fields;
};
absl::Status RunProblemCreate(const ProblemOptions& options, Context& context);
absl::Status RunProblemGet(const ProblemOptions& options, Context& context);
absl::Status RunProblemList(const ProblemOptions& options, Context& context);
absl::Status RunProblemWorklist(const ProblemOptions& options, Context& context);
absl::Status RunProblemCount(const ProblemOptions& options, Context& context);
absl::Status RunProblemHistory(const ProblemOptions& options, Context& context);
absl::Status RunProblemUpdate(const ProblemOptions& options, Context& context);
absl::Status RunProblemAssign(const ProblemOptions& options, Context& context);
absl::Status RunProblemStart(const ProblemOptions& options, Context& context);
absl::Status RunProblemSubmit(const ProblemOptions& options, Context& context);
// One problem, or several at once, each judged for itself.
absl::Status RunProblemVerify(const ProblemOptions& options, Context& context);
absl::Status RunProblemReopen(const ProblemOptions& options, Context& context);
absl::Status RunProblemLookBack(const ProblemOptions& options, Context& context);
absl::Status RunProblemCancel(const ProblemOptions& options, Context& context);
absl::Status RunProblemExtend(const ProblemOptions& options, Context& context);
absl::Status RunProblemDecide(const ProblemOptions& options, Context& context);
absl::Status RunProblemPause(const ProblemOptions& options, Context& context);
absl::Status RunProblemResume(const ProblemOptions& options, Context& context);
absl::Status RunOrderIssue(const ProblemOptions& options, Context& context);
absl::Status RunOrderGet(const ProblemOptions& options, Context& context);
absl::Status RunOrderList(const ProblemOptions& options, Context& context);
// As --policy, or with `name` `calendar` as --calendar takes it.
absl::Status RunProblemRules(const ProblemOptions& options, Context& context);

}  // namespace ronghe::gateway::cli
