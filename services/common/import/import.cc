#include "services/common/import/import.h"

#include <fmt/format.h>

namespace ronghe::common {
namespace {

bool Always(const Import&) {
  return true;
}
bool NotAcceptable(const Import& import) {
  return !Acceptable(import);
}
bool ToBeApplied(const Import& import) {
  return !import.validate_only;
}

constexpr ImportTransition kTransitions[] = {
    {ImportState::kReceiving, ImportEvent::kMiscounted, Always, ImportState::kFailed},
    {ImportState::kReceiving, ImportEvent::kChecked, Acceptable, ImportState::kValidated},
    {ImportState::kReceiving, ImportEvent::kChecked, NotAcceptable, ImportState::kFailed},
    {ImportState::kValidated, ImportEvent::kApply, ToBeApplied, ImportState::kApplying},
    {ImportState::kApplying, ImportEvent::kAllApplied, Always, ImportState::kApplied},
    {ImportState::kApplying, ImportEvent::kTakenBack, Always, ImportState::kFailed},
    {ImportState::kApplied, ImportEvent::kRevert, Always, ImportState::kReverted},
};

}  // namespace

bool Acceptable(const Import& import) {
  return import.rejected_rows == 0 || import.mode == ImportMode::kValidRows || import.validate_only;
}

std::span<const ImportTransition> ImportTransitions() {
  return kTransitions;
}

absl::StatusOr<ImportState> NextState(const Import& import, ImportEvent event) {
  for (const ImportTransition& row : kTransitions) {
    if (row.from == import.state && row.event == event && row.guard(import)) return row.to;
  }
  return common::FailedPrecondition(
      "IMPORT_STATE", {fmt::format("The import is {}; this cannot be done to it now.", NameOf(import.state)),
                       fmt::format("导入任务当前状态为 {}，不能执行此操作。", NameOf(import.state))});
}

bool HasEnded(const Import& import) {
  switch (import.state) {
    case ImportState::kReceiving:
    case ImportState::kApplying:
      return false;
    case ImportState::kValidated:
      return import.validate_only;
    case ImportState::kApplied:
    case ImportState::kFailed:
    case ImportState::kReverted:
      return true;
  }
  return false;
}

std::string_view NameOf(ImportState state) {
  switch (state) {
    case ImportState::kReceiving:
      return "RECEIVING";
    case ImportState::kValidated:
      return "VALIDATED";
    case ImportState::kApplying:
      return "APPLYING";
    case ImportState::kApplied:
      return "APPLIED";
    case ImportState::kFailed:
      return "FAILED";
    case ImportState::kReverted:
      return "REVERTED";
  }
  return "UNKNOWN";
}

}  // namespace ronghe::common
