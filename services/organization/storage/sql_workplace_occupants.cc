#include "services/organization/storage/sql_workplace_occupants.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/app/owner_registry.h"
#include "services/organization/app/workplace_app.h"
#include "services/organization/domain/placement.h"
#include "services/organization/storage/sql_workplace_store.h"
#include "services/organization/storage/workplace_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

absl::StatusOr<bool> Serves(sql::Session& session, const Unit& unit) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredCover> covers, SelectCovers(session, unit.partition(), unit.uid()));
  return std::any_of(covers.begin(), covers.end(),
                     [](const StoredCover& cover) { return cover.state == CoverState::kActive; });
}

}  // namespace

absl::StatusOr<int64_t> SqlWorkplaceOccupants::LockAndCount(sql::Session& session, common::PartitionId partition,
                                                            common::UnitUid unit) {
  RONGHE_RETURN_IF_ERROR(common::LockPartition(session, partition));
  return CountActiveWorkplaces(session, partition, unit);
}

common::Blocker SqlWorkplaceOccupants::Blocks(const std::string& unit, int64_t count) const {
  return {"HAS_WORKPLACES",
          unit,
          {fmt::format("the unit counts {} {}; give them another home unit first", count,
                       count == 1 ? "workplace" : "workplaces"),
           fmt::format("该组织尚统计 {} 个单位，请先变更其统计组织", count)}};
}

absl::StatusOr<int64_t> SqlWorkplaceOccupants::HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                                        std::vector<common::Blocker>& blockers) {
  WorkplaceHandOver hand_over{order.from.uid(), order.to.uid(), order.day, false, std::nullopt};
  if (order.only) {
    hand_over.only.emplace();
    for (const std::string& name : *order.only) {
      if (const int64_t id = IdFromName(name, "workplaces"); id != 0) hand_over.only->emplace_back(id);
    }
    if (hand_over.only->empty()) return 0;
  }
  sql::Session& session = structure.session();
  RONGHE_ASSIGN_OR_RETURN(const int64_t count, LockAndCount(session, order.from.partition(), order.from.uid()));
  RONGHE_ASSIGN_OR_RETURN(const bool serves, Serves(session, order.from));
  const bool apart = order.from.partition() != order.to.partition();
  if (apart && (count > 0 || (serves && !order.only))) {
    blockers.push_back({"OTHER_COUNTY",
                        order.from.name(),
                        {"its workplaces are kept in another county's register", "其单位登记在其他县"}});
    return 0;
  }
  if (apart) return 0;
  RONGHE_ASSIGN_OR_RETURN(common::WriteTxn * txn, structure.Also(order.from.partition()));
  SqlWorkplaceTxn workplaces(*txn);
  if (hand_over.only) {
    for (const WorkplaceId id : *hand_over.only) {
      std::optional<StoredWorkplace> found;
      if (common::PartitionOf(id.value) == txn->partition()) {
        RONGHE_ASSIGN_OR_RETURN(found, workplaces.Find(id));
      }
      if (found && found->info.unit == order.from.uid()) continue;
      blockers.push_back({"NOT_IN_UNIT",
                          NameOf(id),
                          {fmt::format("is no workplace of {}", order.from.name()),
                           fmt::format("不是 {} 统计的单位", order.from.name())}});
    }
  }
  hand_over.counts = Holds(rules_.On(order.day).coverage.covering_kinds, order.to.kind());
  return HandOverWorkplaces(workplaces, hand_over);
}

absl::Status SqlWorkplaceOccupants::Follow(common::WriteTxn& structure, const Unit& before, const Unit& after) {
  if (before.lives() == after.lives() && before.kind() == after.kind()) return absl::OkStatus();
  // Whoever lets the unit serve something waits, and then sees what it has become.
  RONGHE_RETURN_IF_ERROR(common::LockPartition(structure.session(), after.partition()));
  RONGHE_ASSIGN_OR_RETURN(const bool serves, Serves(structure.session(), after));
  if (!serves) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(common::WriteTxn * txn, structure.Also(after.partition()));
  SqlWorkplaceTxn workplaces(*txn);
  const bool counts = Holds(rules_.On(after.from()).coverage.covering_kinds, after.kind());
  return FollowUnit(workplaces, after.uid(), after.lives(), counts, after.from());
}

absl::StatusOr<bool> SqlWorkplaceOccupants::Keeps(sql::Session& session, const Unit& unit) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredWorkplace> homes,
                          SelectWorkplaces(session, unit.partition(), unit.uid()));
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredCover> covers, SelectCovers(session, unit.partition(), unit.uid()));
  return !homes.empty() || !covers.empty();
}

}  // namespace ronghe::organization
