#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

// An import as a resource, and its life. The life is one table; nothing else decides what may follow what.
namespace ronghe::common {

// Stored and sent under these numbers (common.v1.ImportState).
enum class ImportState { kReceiving = 1, kValidated = 2, kApplying = 3, kApplied = 4, kFailed = 5, kReverted = 6 };

// Stored and sent under these numbers (common.v1.ImportMode).
enum class ImportMode { kAllValid = 1, kValidRows = 2 };

enum class ImportEvent {
  kMiscounted,  // `commit.rows` is not what was received
  kChecked,     // every row has been checked
  kApply,       // the runner begins to apply
  kAllApplied,  // no row is left
  kTakenBack,   // a row was refused while applying, so what had been applied is taken back
  kRevert,      // somebody asked for it
};

// The words of a failure, with its stable reason; empty where there is none.
struct ImportFailure {
  std::string reason;
  common::Text text;
};

struct Import {
  int64_t id = 0;
  common::PartitionId partition;
  std::string collection;  // what is imported: `units`
  common::UnitUid parent;  // no unit: from the root
  ImportMode mode = ImportMode::kAllValid;
  bool validate_only = false;
  ImportState state = ImportState::kReceiving;
  // The sender's last message has arrived: from here the import finishes by itself.
  bool committed = false;
  int64_t announced_rows = 0;  // of the commit
  int64_t received_rows = 0;
  int64_t rejected_rows = 0;
  int64_t applied_rows = 0;
  absl::Time create_time;
  absl::Time update_time;
  absl::Time end_time = absl::InfiniteFuture();
  std::string actor_key;   // who sent it
  std::string request_id;  // of the call that made it, for logs
  ImportFailure failure;
  // How far applying has come: everything up to and including this (order, line) is done.
  int64_t cursor_order = -1;
  int64_t cursor_line = -1;
  int64_t revision = 0;  // of `partition`, of the last chunk
  // Streams that began to send it; only the last may go on.
  int64_t attempt = 1;
  // The wrapped data key of the staged rows; empty where rows are not personal, and once nobody needs them.
  std::string sealed_key;
};

// Whether refused rows do not stand in the way: there are none, they are to be skipped, or only a report is wanted.
bool Acceptable(const Import& import);

struct ImportTransition {
  ImportState from;
  ImportEvent event;
  bool (*guard)(const Import&);
  ImportState to;
};
std::span<const ImportTransition> ImportTransitions();

// The state that `event` leads to. FAILED_PRECONDITION, reason IMPORT_STATE, where the table has no such row.
absl::StatusOr<ImportState> NextState(const Import& import, ImportEvent event);

// No event leads out of it but a revert, and the staged rows are needed no longer.
bool HasEnded(const Import& import);
std::string_view NameOf(ImportState state);

// Why a row was refused: one for each wrong field. Never quotes personal values.
struct RowIssue {
  int64_t line = 0;
  std::string field;   // empty: the row as a whole
  std::string reason;  // stable
  common::Text text;
};

// Limits of the API.
inline constexpr int64_t kMaxImportRows = 5'000'000;
inline constexpr int kMaxRowsPerMessage = 500;
inline constexpr int kRowsPerChunk = 500;
// How long an unfinished stream is kept, and an import after its end.
inline constexpr absl::Duration kReceivingKept = absl::Hours(24);
inline constexpr absl::Duration kEndedKept = absl::Hours(24 * 30);

}  // namespace ronghe::common
