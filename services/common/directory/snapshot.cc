#include "services/common/directory/snapshot.h"

#include <algorithm>
#include <utility>

namespace ronghe::common {
namespace {

// Moves as many as fit from `from`, beginning at `next`, to the end of `to`.
template <typename T>
void Take(std::vector<T>& from, size_t& next, std::vector<T>& to, size_t& room) {
  for (; next < from.size() && room > 0; ++next, --room) to.push_back(std::move(from[next]));
}

class Snapshot final : public DirectorySnapshot {
 public:
  Snapshot(std::vector<UnitRecord> units, DirectoryDelta rest) : units_(std::move(units)), rest_(std::move(rest)) {}

  std::optional<DirectoryDelta> Next(size_t items) override {
    if (complete_) return std::nullopt;
    DirectoryDelta piece;
    piece.reset = first_;
    first_ = false;
    size_t room = std::max<size_t>(items, 1);
    for (; unit_ < units_.size() && room > 0; ++unit_, --room) piece.units.push_back(units_[unit_].ToUnit());
    Take(rest_.principals, principal_, piece.principals, room);
    Take(rest_.grants, grant_, piece.grants, room);
    Take(rest_.revoked_tokens, token_, piece.revoked_tokens, room);
    complete_ = unit_ == units_.size() && principal_ == rest_.principals.size() && grant_ == rest_.grants.size() &&
                token_ == rest_.revoked_tokens.size();
    piece.complete = complete_;
    piece.incarnation = rest_.incarnation;
    piece.position = rest_.position;
    piece.structure_revision = rest_.structure_revision;
    return piece;
  }

 private:
  std::vector<UnitRecord> units_;
  DirectoryDelta rest_;
  size_t unit_ = 0;
  size_t principal_ = 0;
  size_t grant_ = 0;
  size_t token_ = 0;
  bool first_ = true;
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<DirectorySnapshot> MakeSnapshot(std::vector<UnitRecord> units, DirectoryDelta rest) {
  return std::make_unique<Snapshot>(std::move(units), std::move(rest));
}

}  // namespace ronghe::common
