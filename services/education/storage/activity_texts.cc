#include "services/education/storage/activity_texts.h"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::education {
namespace {

std::string ContextOf(ActivityId id) {
  return fmt::format("activity {}", id.value);
}
std::string PlaceOf(ActivityId id, std::string_view what) {
  return fmt::format("activity {} {}", id.value, what);
}

// What a text is made of, each part with its length before it: `5:words3:and…`.
class Packer {
 public:
  void Add(std::string_view part) { packed_ += fmt::format("{}:{}", part.size(), part); }
  void Add(int64_t number) { Add(fmt::format("{}", number)); }
  void Add(const common::Document& document) {
    Add(document.content_hash);
    Add(document.size_bytes);
    Add(document.media_type);
    Add(document.title);
  }
  const std::string& packed() const { return packed_; }

 private:
  std::string packed_;
};

// The way back. What is malformed gives empty parts and is not ok().
class Unpacker {
 public:
  explicit Unpacker(std::string_view packed) : left_(packed) {}
  bool ok() const { return ok_; }
  bool at_end() const { return left_.empty() || !ok_; }
  std::string Text() {
    size_t size = 0;
    const char* const end = left_.data() + left_.size();
    const auto [colon, error] = std::from_chars(left_.data(), end, size);
    ok_ = ok_ && error == std::errc() && colon != end && *colon == ':' && size <= static_cast<size_t>(end - colon - 1);
    if (!ok_) return "";
    left_.remove_prefix(static_cast<size_t>(colon + 1 - left_.data()));
    std::string part(left_.substr(0, size));
    left_.remove_prefix(size);
    return part;
  }
  int64_t Number() {
    const std::string text = Text();
    int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }
  common::Document ReadDocument() {
    common::Document document;
    document.content_hash = Text();
    document.size_bytes = Number();
    document.media_type = Text();
    document.title = Text();
    return document;
  }

 private:
  std::string_view left_;
  bool ok_ = true;
};

absl::Status Checked(const Unpacker& parts, ActivityId id) {
  if (parts.ok() && parts.at_end()) return absl::OkStatus();
  return common::Internal(fmt::format("the texts of activity {} are malformed", id.value));
}

// No day of ours lies there.
constexpr int64_t kNoDay = INT64_MIN;

}  // namespace

common::WrappedKey ActivityTexts::NewKey(ActivityId id) const {
  return ring_.MakeKey(ContextOf(id), random_).wrapped;
}

absl::StatusOr<common::DataKey> ActivityTexts::Unwrap(ActivityId id, const common::WrappedKey& key) const {
  return ring_.Unwrap(ContextOf(id), key);
}

absl::StatusOr<std::string> ActivityTexts::Seal(ActivityId id, const common::WrappedKey& key,
                                                const Activity& activity) const {
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey data_key, Unwrap(id, key));
  Packer parts;
  parts.Add(activity.topic);
  parts.Add(activity.place);
  parts.Add(int64_t{activity.minutes.has_value()});
  if (activity.minutes) parts.Add(*activity.minutes);
  for (const common::Document& one : activity.evidence) parts.Add(one);
  return data_key.Seal(PlaceOf(id, "texts"), parts.packed(), random_);
}

absl::Status ActivityTexts::Open(ActivityId id, const common::WrappedKey& key, std::string_view sealed,
                                 Activity& activity) const {
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey data_key, Unwrap(id, key));
  RONGHE_ASSIGN_OR_RETURN(const std::string packed, data_key.Open(PlaceOf(id, "texts"), sealed));
  Unpacker parts(packed);
  activity.topic = parts.Text();
  activity.place = parts.Text();
  if (parts.Number() != 0) activity.minutes = parts.ReadDocument();
  while (!parts.at_end()) activity.evidence.push_back(parts.ReadDocument());
  return Checked(parts, id);
}

std::string ActivityTexts::Seal(ActivityId id, const common::DataKey& key, const Attendance& row) const {
  if (row.reason.empty()) return "";
  return key.Seal(PlaceOf(id, fmt::format("member {}", row.member)), row.reason, random_);
}

absl::Status ActivityTexts::Open(ActivityId id, const common::DataKey& key, std::string_view sealed,
                                 Attendance& row) const {
  if (sealed.empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(row.reason, key.Open(PlaceOf(id, fmt::format("member {}", row.member)), sealed));
  return absl::OkStatus();
}

absl::StatusOr<std::string> ActivityTexts::Seal(ActivityId id, const common::WrappedKey& key,
                                                const ActivityStep& step) const {
  if (step.event != ActivityEvent::kAmend && step.reason.empty()) return std::string();
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey data_key, Unwrap(id, key));
  Packer parts;
  parts.Add(step.reason);
  parts.Add(int64_t{step.replaced_credit});
  parts.Add(int64_t{step.replaced_minutes.has_value()});
  if (step.replaced_minutes) parts.Add(*step.replaced_minutes);
  for (const Attendance& one : step.replaced) {
    parts.Add(one.member);
    parts.Add(one.unit.value);
    parts.Add(static_cast<int64_t>(one.status));
    parts.Add(one.reason);
    parts.Add(one.make_up ? common::DayNumber(*one.make_up) : kNoDay);
  }
  return data_key.Seal(PlaceOf(id, fmt::format("step {}", step.id)), parts.packed(), random_);
}

absl::Status ActivityTexts::Open(ActivityId id, const common::DataKey& key, std::string_view sealed,
                                 ActivityStep& step) const {
  if (sealed.empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const std::string packed, key.Open(PlaceOf(id, fmt::format("step {}", step.id)), sealed));
  Unpacker parts(packed);
  step.reason = parts.Text();
  step.replaced_credit = static_cast<int>(parts.Number());
  if (parts.Number() != 0) step.replaced_minutes = parts.ReadDocument();
  while (!parts.at_end()) {
    Attendance& one = step.replaced.emplace_back();
    one.member = parts.Number();
    one.unit = common::UnitUid(parts.Number());
    one.status = static_cast<AttendanceStatus>(parts.Number());
    one.reason = parts.Text();
    const int64_t day = parts.Number();
    if (day != kNoDay) one.make_up = common::DayFromNumber(day);
  }
  return Checked(parts, id);
}

}  // namespace ronghe::education
