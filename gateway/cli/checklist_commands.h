#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>

#include "gateway/cli/commands.h"

// The commands of checklists and self-checks.
namespace ronghe::gateway::cli {

struct ChecklistOptions {
  std::string name;
  std::string unit;
  std::string title;
  std::vector<std::string> kinds;
  std::string file;  // items or answers: CSV or NDJSON
  int version = 0;
  std::vector<std::string> units;
  std::string due_date;
  std::string round;
  std::string filter;
  bool subtree = false;
  std::string etag;
  std::string request_id;
  bool validate_only = false;
};
absl::Status RunChecklistCreate(const ChecklistOptions& options, Context& context);
absl::Status RunChecklistUpdate(const ChecklistOptions& options, Context& context);
absl::Status RunChecklistGet(const ChecklistOptions& options, Context& context);
absl::Status RunChecklistList(const ChecklistOptions& options, Context& context);
absl::Status RunChecklistIssue(const ChecklistOptions& options, Context& context);
absl::Status RunChecklistRound(const ChecklistOptions& options, Context& context);
absl::Status RunChecklistProgress(const ChecklistOptions& options, Context& context);
absl::Status RunSelfCheckList(const ChecklistOptions& options, Context& context);
absl::Status RunSelfCheckGet(const ChecklistOptions& options, Context& context);
absl::Status RunSelfCheckSubmit(const ChecklistOptions& options, Context& context);

}  // namespace ronghe::gateway::cli
