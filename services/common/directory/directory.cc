#include "services/common/directory/directory.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "services/common/directory/access_table.h"
#include "services/common/directory/shared_mutex.h"
#include "services/common/directory/unit_tree.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {
namespace {

// Everything that becomes visible in one moment.
struct Content {
  UnitTree tree;
  AccessTable access;
  std::string incarnation;
  int64_t position = 0;
  int64_t structure_revision = 0;
  int64_t place_revision = 0;
};

template <typename T>
void Append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void ApplyTo(Content& content, const DirectoryDelta& delta, absl::Time heard) {
  content.tree.Apply(delta.units);
  content.access.Apply(delta, heard);
  content.place_revision = std::max(content.place_revision, delta.place_revision);
  if (!delta.complete) return;
  content.incarnation = delta.incarnation;
  content.position = delta.position;
  content.structure_revision = delta.structure_revision;
}

}  // namespace

bool IsEmpty(const DirectoryDelta& delta) {
  return delta.units.empty() && delta.places.empty() && delta.principals.empty() && delta.grants.empty() &&
         delta.revoked_tokens.empty();
}

struct Directory::Impl {
  // Taken by those who apply, for as long as it takes; before `content_lock`.
  Mutex apply;
  std::unique_ptr<Content> next ABSL_GUARDED_BY(apply);  // a transfer under way
  DirectoryDelta waiting ABSL_GUARDED_BY(apply);         // pieces of a change without its end

  SharedMutex content_lock;
  std::unique_ptr<Content> content ABSL_GUARDED_BY(content_lock) = std::make_unique<Content>();

  std::atomic<int64_t> heard_micros{INT64_MIN};
  std::atomic<bool> loaded{false};

  Mutex wakes_lock;
  std::vector<std::function<void()>> wakes ABSL_GUARDED_BY(wakes_lock);
  std::mutex wait_lock;
  std::condition_variable changed;

  // What became visible; the former content, to be destroyed without a lock.
  std::unique_ptr<Content> Publish(const DirectoryDelta& delta, absl::Time heard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(apply);
  void Wake();
};

std::unique_ptr<Content> Directory::Impl::Publish(const DirectoryDelta& delta, absl::Time heard) {
  if (next != nullptr) {
    ApplyTo(*next, delta, heard);
    if (!delta.complete) return nullptr;
    WriterLock lock(content_lock);
    std::swap(content, next);
    return std::move(next);
  }
  if (!delta.complete || !IsEmpty(waiting)) {
    Append(waiting.units, delta.units);
    Append(waiting.principals, delta.principals);
    Append(waiting.grants, delta.grants);
    Append(waiting.revoked_tokens, delta.revoked_tokens);
    waiting.place_revision = std::max(waiting.place_revision, delta.place_revision);
    if (!delta.complete) return nullptr;
  }
  DirectoryDelta whole = std::exchange(waiting, DirectoryDelta());
  WriterLock lock(content_lock);
  if (!IsEmpty(whole)) {
    whole.complete = true;
    whole.incarnation = delta.incarnation;
    whole.position = delta.position;
    whole.structure_revision = delta.structure_revision;
    ApplyTo(*content, whole, heard);
  } else {
    ApplyTo(*content, delta, heard);
  }
  return nullptr;
}

void Directory::Impl::Wake() {
  { std::lock_guard lock(wait_lock); }
  changed.notify_all();
  std::vector<std::function<void()>> calls;
  {
    MutexLock lock(wakes_lock);
    calls = wakes;
  }
  for (const std::function<void()>& call : calls) call();
}

Directory::Directory() : impl_(std::make_unique<Impl>()) {}
Directory::~Directory() = default;

void Directory::Apply(const DirectoryDelta& delta, absl::Time heard) {
  bool changed = false;
  {
    MutexLock lock(impl_->apply);
    if (delta.reset) {
      impl_->next = std::make_unique<Content>();
      impl_->waiting = DirectoryDelta();
    }
    changed = delta.complete && (impl_->next != nullptr || !IsEmpty(delta) || !IsEmpty(impl_->waiting) ||
                                 delta.position != position() || delta.incarnation != incarnation());
    std::unique_ptr<Content> former = impl_->Publish(delta, heard);
    if (former != nullptr) impl_->loaded.store(true, std::memory_order_release);
  }
  Heard(heard);
  if (changed) impl_->Wake();
}

void Directory::DropUnfinished() {
  MutexLock lock(impl_->apply);
  impl_->next.reset();
  impl_->waiting = DirectoryDelta();
}

void Directory::Heard(absl::Time now) {
  impl_->heard_micros.store(absl::ToUnixMicros(now), std::memory_order_relaxed);
}

absl::Time Directory::last_heard() const {
  int64_t micros = impl_->heard_micros.load(std::memory_order_relaxed);
  return micros == INT64_MIN ? absl::InfinitePast() : absl::FromUnixMicros(micros);
}

bool Directory::loaded() const {
  return impl_->loaded.load(std::memory_order_acquire);
}

std::string Directory::incarnation() const {
  ReaderLock lock(impl_->content_lock);
  return impl_->content->incarnation;
}

int64_t Directory::position() const {
  ReaderLock lock(impl_->content_lock);
  return impl_->content->position;
}

int64_t Directory::structure_revision() const {
  ReaderLock lock(impl_->content_lock);
  return impl_->content->structure_revision;
}

int64_t Directory::place_revision() const {
  ReaderLock lock(impl_->content_lock);
  return impl_->content->place_revision;
}

void Directory::OnChange(std::function<void()> wake) {
  MutexLock lock(impl_->wakes_lock);
  impl_->wakes.push_back(std::move(wake));
}

bool Directory::WaitForStructure(int64_t revision, absl::Time deadline) {
  std::unique_lock lock(impl_->wait_lock);
  auto reached = [&] { return structure_revision() >= revision; };
  if (deadline == absl::InfiniteFuture()) {
    impl_->changed.wait(lock, reached);
    return true;
  }
  return impl_->changed.wait_until(lock, absl::ToChronoTime(deadline), reached);
}

std::optional<DirectoryUnit> Directory::FindByCode(std::string_view code) const {
  ReaderLock lock(impl_->content_lock);
  const UnitTree& tree = impl_->content->tree;
  UnitTree::Index index = tree.FindByCode(code);
  if (index == UnitTree::kNone) return std::nullopt;
  DirectoryUnit unit = tree.at(index).ToUnit();
  unit.successors = tree.DirectSuccessorsOf(index);
  return unit;
}

std::optional<DirectoryUnit> Directory::Find(UnitUid uid) const {
  ReaderLock lock(impl_->content_lock);
  const UnitTree& tree = impl_->content->tree;
  UnitTree::Index index = tree.Find(uid);
  if (index == UnitTree::kNone) return std::nullopt;
  DirectoryUnit unit = tree.at(index).ToUnit();
  unit.successors = tree.DirectSuccessorsOf(index);
  return unit;
}

std::string Directory::CodeOf(UnitUid uid) const {
  ReaderLock lock(impl_->content_lock);
  const UnitTree& tree = impl_->content->tree;
  UnitTree::Index index = tree.Find(uid);
  return index == UnitTree::kNone ? std::string() : std::string(tree.at(index).text.code());
}

bool Directory::IsWithin(UnitUid unit, UnitUid ancestor) const {
  ReaderLock lock(impl_->content_lock);
  const UnitTree& tree = impl_->content->tree;
  UnitTree::Index above = tree.Find(ancestor);
  return above != UnitTree::kNone && tree.IsWithin(tree.Find(unit), above);
}

std::vector<UnitUid> Directory::AncestorsOf(UnitUid unit) const {
  ReaderLock lock(impl_->content_lock);
  const UnitTree& tree = impl_->content->tree;
  std::vector<UnitUid> result;
  for (UnitTree::Index i = tree.Find(unit); i != UnitTree::kNone && tree.at(i).known; i = tree.ParentOf(i)) {
    result.push_back(tree.at(i).uid);
  }
  return result;
}

std::vector<DirectoryUnit> Directory::ChildrenOf(UnitUid unit) const {
  std::vector<UnitRecord> records;
  {
    ReaderLock lock(impl_->content_lock);
    const UnitTree& tree = impl_->content->tree;
    UnitTree::Index index = tree.Find(unit);
    if (unit && index == UnitTree::kNone) return {};
    records = tree.ChildrenOf(index);
  }
  std::vector<DirectoryUnit> result;
  result.reserve(records.size());
  for (const UnitRecord& record : records) result.push_back(record.ToUnit());
  return result;
}

std::vector<DirectoryUnit> Directory::SuccessorsOf(UnitUid unit) const {
  std::vector<UnitRecord> records;
  {
    ReaderLock lock(impl_->content_lock);
    const UnitTree& tree = impl_->content->tree;
    records = tree.SuccessorsOf(tree.Find(unit));
  }
  std::vector<DirectoryUnit> result;
  result.reserve(records.size());
  for (const UnitRecord& record : records) result.push_back(record.ToUnit());
  return result;
}

std::vector<DirectoryUnit> Directory::PredecessorsOf(UnitUid unit, bool subtree) const {
  std::vector<UnitRecord> records;
  {
    ReaderLock lock(impl_->content_lock);
    const UnitTree& tree = impl_->content->tree;
    const UnitTree::Index index = tree.Find(unit);
    if (index != UnitTree::kNone) records = tree.PredecessorsOf(index, subtree);
  }
  std::vector<DirectoryUnit> result;
  result.reserve(records.size());
  for (const UnitRecord& record : records) result.push_back(record.ToUnit());
  return result;
}

void Directory::VisitSubtree(UnitUid unit, absl::FunctionRef<void(const DirectoryUnit&)> visit) const {
  std::vector<UnitRecord> records;
  {
    ReaderLock lock(impl_->content_lock);
    const UnitTree& tree = impl_->content->tree;
    UnitTree::Index index = tree.Find(unit);
    if (unit && index == UnitTree::kNone) return;
    records = tree.Subtree(index);
  }
  for (const UnitRecord& record : records) visit(record.ToUnit());
}

std::vector<UnitUid> Directory::SubtreeOf(UnitUid unit) const {
  std::vector<UnitUid> result;
  ReaderLock lock(impl_->content_lock);
  const UnitTree& tree = impl_->content->tree;
  UnitTree::Index index = tree.Find(unit);
  if (unit && index == UnitTree::kNone) return result;
  for (const UnitRecord& record : tree.Subtree(index)) result.push_back(record.uid);
  return result;
}

int64_t Directory::unit_count() const {
  ReaderLock lock(impl_->content_lock);
  return impl_->content->tree.size();
}

std::optional<DirectoryPrincipal> Directory::FindPrincipal(std::string_view issuer, std::string_view subject) const {
  ReaderLock lock(impl_->content_lock);
  const DirectoryPrincipal* found = impl_->content->access.Find(issuer, subject);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::vector<DirectoryGrant> Directory::GrantsOf(int64_t principal_id, absl::Time now) const {
  ReaderLock lock(impl_->content_lock);
  return impl_->content->access.GrantsOf(principal_id, now);
}

bool Directory::IsRevoked(std::string_view jti) const {
  ReaderLock lock(impl_->content_lock);
  return impl_->content->access.IsRevoked(jti);
}

bool Directory::ScopeCovers(const Scope& scope, UnitUid unit) const {
  if (scope.everything) return true;
  if (!unit || scope.units.empty()) return false;
  ReaderLock lock(impl_->content_lock);
  const UnitTree& tree = impl_->content->tree;
  for (UnitTree::Index i = tree.Find(unit); i != UnitTree::kNone; i = tree.ParentOf(i)) {
    if (std::find(scope.units.begin(), scope.units.end(), tree.at(i).uid) != scope.units.end()) return true;
  }
  return false;
}

}  // namespace ronghe::common
