#include "services/common/rollup/folder.h"

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "services/common/rollup/change.h"
#include "services/common/rollup/fold_rows.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

// The limit is that of a batch; it tells a planner how few rows are wanted.
constexpr sql::Query kChanges{"rollup_changes",
                              "SELECT l.partition_id, l.rev, l.time_us, l.rollup FROM feed AS f JOIN change_log AS l "
                              "ON l.partition_id = f.source_partition AND l.rev = f.source_rev "
                              "WHERE f.partition_id = 0 AND f.position > ? AND f.position <= ? AND l.rollup <> '' "
                              "ORDER BY f.position LIMIT 5000"};

struct Logged {
  PartitionId partition;
  int64_t revision;
  MonthNumber month;
  RollupChange change;
};

absl::StatusOr<Logged> Read(const sql::Row& row, absl::TimeZone zone) {
  Logged logged{PartitionId(row.Int(0)), row.Int(1), 0, {}};
  logged.month = MonthOf(absl::CivilMonth(absl::ToCivilSecond(absl::FromUnixMicros(row.Int(2)), zone)));
  std::optional<RollupChange> change = DecodeRollup(row.Text(3));
  if (!change) {
    return Internal(fmt::format("change {} of partition {} cannot be folded", logged.revision, logged.partition.value));
  }
  logged.change = *std::move(change);
  return logged;
}

}  // namespace

absl::Status Folder::Publish(sql::Session& session, int64_t before, int64_t position) {
  RONGHE_ASSIGN_OR_RETURN(FoldState state, ReadFoldState(session));
  next_version_ = kNotLoaded;
  if (tree_version_ != state.tree_version) {
    tree_version_ = kNotLoaded;
    RONGHE_RETURN_IF_ERROR(ReadPlaces(session, tree_));
  }
  FoldBatch batch(metrics_, tree_, state.month, [&](UnitUid unit, PartitionId partition, MonthNumber first) {
    return ReadSums(session, metrics_, unit, partition, first);
  });
  const FoldState found = state;
  // Until the batch is written the tree may be ahead of what is stored.
  tree_version_ = kNotLoaded;
  RONGHE_RETURN_IF_ERROR(FoldAll(session, before, position, batch, state.structure_revision));
  RONGHE_RETURN_IF_ERROR(WriteTotals(session, metrics_, tree_, batch));
  RONGHE_RETURN_IF_ERROR(WriteEdges(session, metrics_, tree_, batch, position));
  if (!batch.placed().empty()) {
    RONGHE_RETURN_IF_ERROR(WritePlaces(session, tree_, batch));
    ++state.tree_version;
  }
  state.month = batch.month();
  next_version_ = state.tree_version;
  if (state.tree_version == found.tree_version && state.month == found.month &&
      state.structure_revision == found.structure_revision) {
    return absl::OkStatus();
  }
  return WriteFoldState(session, state);
}

void Folder::Ended(bool committed) {
  // Where nothing is known of the end the tree is read again.
  tree_version_ = committed ? next_version_ : kNotLoaded;
  next_version_ = tree_version_;
}

absl::Status Folder::FoldAll(sql::Session& session, int64_t before, int64_t position, FoldBatch& batch,
                             int64_t& structure_revision) {
  std::vector<Logged> changes;
  RONGHE_RETURN_IF_ERROR(session.Select(kChanges, {before, position}, [&](const sql::Row& row) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(Logged logged, Read(row, zone_));
    changes.push_back(std::move(logged));
    return absl::OkStatus();
  }));
  for (const Logged& logged : changes) {
    RONGHE_RETURN_IF_ERROR(batch.Add(logged.change, logged.month, logged.partition));
    structure_revision = logged.change.StructureRevisionAt(logged.revision).value_or(structure_revision);
  }
  return absl::OkStatus();
}

}  // namespace ronghe::common
