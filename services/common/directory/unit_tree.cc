#include "services/common/directory/unit_tree.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace ronghe::common {
namespace {

constexpr size_t kMaxText = UINT16_MAX;
constexpr int kDissolved = 2;  // organization.v1.UNIT_STATE_DISSOLVED

}  // namespace

struct UnitText::Block {
  std::atomic<uint32_t> references{1};
  uint16_t code;
  uint16_t title;
  uint16_t short_title;

  char* chars() { return reinterpret_cast<char*>(this + 1); }
};

UnitText::UnitText(std::string_view code, std::string_view title, std::string_view short_title) {
  code = code.substr(0, kMaxText);
  title = title.substr(0, kMaxText);
  short_title = short_title.substr(0, kMaxText);
  void* memory = ::operator new(sizeof(Block) + code.size() + title.size() + short_title.size());
  block_ = new (memory) Block;
  block_->code = static_cast<uint16_t>(code.size());
  block_->title = static_cast<uint16_t>(title.size());
  block_->short_title = static_cast<uint16_t>(short_title.size());
  char* out = block_->chars();
  for (std::string_view part : {code, title, short_title}) out = std::copy(part.begin(), part.end(), out);
}

UnitText::UnitText(const UnitText& other) : block_(other.block_) {
  if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
}

UnitText::~UnitText() {
  if (block_ == nullptr || block_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->~Block();
  ::operator delete(block_);
}

std::string_view UnitText::code() const {
  return block_ == nullptr ? std::string_view() : std::string_view(block_->chars(), block_->code);
}

std::string_view UnitText::title() const {
  return block_ == nullptr ? std::string_view() : std::string_view(block_->chars() + block_->code, block_->title);
}

std::string_view UnitText::short_title() const {
  if (block_ == nullptr) return {};
  return std::string_view(block_->chars() + block_->code + block_->title, block_->short_title);
}

DirectoryUnit UnitRecord::ToUnit() const {
  DirectoryUnit unit;
  unit.uid = uid;
  unit.parent = parent;
  unit.partition = PartitionId(partition);
  unit.code = text.code();
  unit.title = text.title();
  unit.short_title = text.short_title();
  unit.level = level;
  unit.kind = kind;
  unit.state = state;
  return unit;
}

UnitTree::UnitTree() : by_code_(0, CodeHash{this}, CodeEqual{this}) {}

void UnitTree::Apply(std::span<const DirectoryUnit> units) {
  // All changed edges go before the new ones come: then no order of the changes can close a circle that is not there at
  // the end. The same for codes that change hands.
  for (const DirectoryUnit& unit : units) {
    if (!unit.uid) continue;
    Index index = NodeFor(unit.uid);
    RemoveCode(index);
    Unlink(index);
  }
  absl::flat_hash_map<int64_t, size_t> last;
  last.reserve(units.size());
  for (size_t i = 0; i < units.size(); ++i) last[units[i].uid.value] = i;
  for (size_t i = 0; i < units.size(); ++i) {
    const DirectoryUnit& unit = units[i];
    if (!unit.uid || last[unit.uid.value] != i) continue;
    Index index = NodeFor(unit.uid);
    if (unit.deleted) {
      Forget(index);
    } else {
      Set(index, unit);
    }
  }
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i].uid && last[units[i].uid.value] == i) FreeIfUnused(NodeFor(units[i].uid));
  }
}

UnitTree::Index UnitTree::Find(UnitUid uid) const {
  auto found = by_uid_.find(uid.value);
  if (found == by_uid_.end() || !at(found->second).known) return kNone;
  return found->second;
}

UnitTree::Index UnitTree::FindByCode(std::string_view code) const {
  auto found = by_code_.find(code);
  return found == by_code_.end() ? kNone : *found;
}

bool UnitTree::IsWithin(Index unit, Index ancestor) const {
  for (; unit != kNone; unit = nodes_[unit].up) {
    if (unit == ancestor) return true;
  }
  return false;
}

std::vector<UnitRecord> UnitTree::ChildrenOf(Index unit) const {
  std::vector<UnitRecord> children;
  for (Index i = unit == kNone ? first_root_ : nodes_[unit].first; i != kNone; i = nodes_[i].next) {
    if (at(i).known) children.push_back(at(i));
  }
  std::sort(children.begin(), children.end(), [](const UnitRecord& a, const UnitRecord& b) {
    return std::make_pair(a.text.code(), a.uid) < std::make_pair(b.text.code(), b.uid);
  });
  return children;
}

std::vector<UnitRecord> UnitTree::Subtree(Index unit) const {
  std::vector<UnitRecord> result;
  if (unit == kNone) result.reserve(known_);
  Index i = unit == kNone ? first_root_ : unit;
  while (i != kNone) {
    if (at(i).known) result.push_back(at(i));
    if (nodes_[i].first != kNone) {
      i = nodes_[i].first;
      continue;
    }
    while (i != kNone && i != unit && nodes_[i].next == kNone) i = nodes_[i].up;
    if (i == kNone || i == unit) break;
    i = nodes_[i].next;
  }
  return result;
}

std::vector<UnitUid> UnitTree::DirectSuccessorsOf(Index unit) const {
  auto found = successors_.find(at(unit).uid.value);
  return found == successors_.end() ? std::vector<UnitUid>() : found->second;
}

std::vector<UnitRecord> UnitTree::SuccessorsOf(Index unit) const {
  std::vector<UnitRecord> living;
  absl::flat_hash_set<Index> seen;
  std::vector<Index> next{unit};
  // In the order of the successors, each line followed to its end.
  while (!next.empty()) {
    const Index index = next.back();
    next.pop_back();
    if (index == kNone || !seen.insert(index).second) continue;
    if (at(index).state != kDissolved) {
      living.push_back(at(index));
      continue;
    }
    const std::vector<UnitUid> direct = DirectSuccessorsOf(index);
    for (auto uid = direct.rbegin(); uid != direct.rend(); ++uid) next.push_back(Find(*uid));
  }
  return living;
}

std::vector<UnitRecord> UnitTree::PredecessorsOf(Index unit, bool subtree) const {
  std::vector<UnitRecord> found;
  for (const auto& [uid, direct] : successors_) {
    const Index index = Find(UnitUid(uid));
    if (index == kNone || at(index).state != kDissolved) continue;
    const std::vector<UnitRecord> living = SuccessorsOf(index);
    if (living.empty()) continue;
    const Index answers = Find(living.front().uid);
    if (subtree ? IsWithin(answers, unit) : answers == unit) found.push_back(at(index));
  }
  return found;
}

UnitTree::Index UnitTree::NodeFor(UnitUid uid) {
  auto [entry, is_new] = by_uid_.try_emplace(uid.value, kNone);
  if (!is_new) return entry->second;
  Index index;
  if (free_.empty()) {
    index = static_cast<Index>(nodes_.size());
    nodes_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
    nodes_[index] = Node();
  }
  entry->second = index;
  nodes_[index].record.uid = uid;
  Link(index);
  return index;
}

void UnitTree::Set(Index index, const DirectoryUnit& unit) {
  UnitRecord& record = nodes_[index].record;
  if (!record.known) ++known_;
  record.known = true;
  record.parent = unit.parent;
  record.partition = static_cast<int32_t>(unit.partition.value);
  record.level = static_cast<uint8_t>(unit.level);
  record.kind = static_cast<uint8_t>(unit.kind);
  record.state = static_cast<uint8_t>(unit.state);
  record.text = UnitText(unit.code, unit.title, unit.short_title);
  if (unit.successors.empty()) {
    successors_.erase(unit.uid.value);
  } else {
    successors_[unit.uid.value] = unit.successors;
  }
  AddCode(index);
  if (unit.parent) NodeFor(unit.parent);  // may be new: before Link, which looks it up
  Link(index);
}

void UnitTree::Forget(Index index) {
  UnitRecord& record = nodes_[index].record;
  if (record.known) --known_;
  UnitUid uid = record.uid;
  successors_.erase(uid.value);
  record = UnitRecord();
  record.uid = uid;
  Link(index);  // among the roots, for what still hangs below it
}

void UnitTree::AddCode(Index index) {
  if (at(index).text.code().empty()) return;
  auto [entry, added] = by_code_.insert(index);
  // Codes are unique among living units; a dissolved one must not hide its successor.
  if (added || (at(index).state == kDissolved && at(*entry).state != kDissolved)) return;
  by_code_.erase(entry);
  by_code_.insert(index);
}

void UnitTree::RemoveCode(Index index) {
  auto found = by_code_.find(at(index).text.code());
  if (found != by_code_.end() && *found == index) by_code_.erase(found);
}

void UnitTree::Link(Index index) {
  Node& node = nodes_[index];
  Index up = kNone;
  if (node.record.parent) {
    up = by_uid_.find(node.record.parent.value)->second;
    if (IsWithin(up, index)) up = kNone;
  }
  node.up = up;
  Index& head = up == kNone ? first_root_ : nodes_[up].first;
  node.previous = kNone;
  node.next = head;
  if (head != kNone) nodes_[head].previous = index;
  head = index;
}

// Into no list; what hangs below stays there.
void UnitTree::Unlink(Index index) {
  Node& node = nodes_[index];
  Index& head = node.up == kNone ? first_root_ : nodes_[node.up].first;
  if (node.previous != kNone) nodes_[node.previous].next = node.next;
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
  if (head == index) head = node.next;
  node.up = node.next = node.previous = kNone;
}

void UnitTree::FreeIfUnused(Index index) {
  if (at(index).known || nodes_[index].first != kNone) return;
  Unlink(index);
  by_uid_.erase(at(index).uid.value);
  free_.push_back(index);
}

}  // namespace ronghe::common
