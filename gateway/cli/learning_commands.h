#pragma once

#include <string>

#include <absl/status/status.h>

#include "gateway/cli/commands.h"

// The commands of learning records.
namespace ronghe::gateway::cli {

struct LearningOptions {
  std::string name;    // learningRecords/ID, or the ID
  std::string member;  // members/ID, or the ID
  int year = 0;
  int credit = 0;  // tenths of an hour; of a replacement: 0: none
  std::string reason;
  std::string import;
  std::string request_id;
  bool validate_only = false;
  FieldTexts fields;
};
absl::Status RunLearningCreate(const LearningOptions& options, Context& context);
absl::Status RunLearningGet(const LearningOptions& options, Context& context);
absl::Status RunLearningList(const LearningOptions& options, Context& context);
absl::Status RunLearningVoid(const LearningOptions& options, Context& context);
absl::Status RunLearningReconcile(const LearningOptions& options, Context& context);

}  // namespace ronghe::gateway::cli
