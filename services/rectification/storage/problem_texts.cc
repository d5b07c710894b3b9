#include "services/rectification/storage/problem_texts.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::rectification {
namespace {

constexpr size_t kPartsOfEvidence = 4;

std::string ContextOf(ProblemId id) {
  return fmt::format("problem {}", id.value);
}
std::string PlaceOf(const ProblemStep& step) {
  return fmt::format("step {}", step.id);
}

// `5:words3:and…`
std::string Pack(const std::vector<std::string>& parts) {
  std::string packed;
  for (const std::string& part : parts) packed += fmt::format("{}:", part.size()) + part;
  return packed;
}

std::optional<std::vector<std::string>> Unpack(std::string_view packed) {
  std::vector<std::string> parts;
  while (!packed.empty()) {
    size_t size = 0;
    const char* const end = packed.data() + packed.size();
    const auto [colon, error] = std::from_chars(packed.data(), end, size);
    if (error != std::errc() || colon == end || *colon != ':') return std::nullopt;
    packed.remove_prefix(static_cast<size_t>(colon + 1 - packed.data()));
    if (size > packed.size()) return std::nullopt;
    parts.emplace_back(packed.substr(0, size));
    packed.remove_prefix(size);
  }
  return parts;
}

absl::Status Malformed(ProblemId id) {
  return common::Internal(fmt::format("the texts of problem {} are malformed", id.value));
}

}  // namespace

common::WrappedKey ProblemTexts::NewKey(ProblemId id) const {
  return ring_.MakeKey(ContextOf(id), random_).wrapped;
}

absl::StatusOr<std::string> ProblemTexts::SealParts(ProblemId id, const common::WrappedKey& key, std::string_view place,
                                                    const std::vector<std::string>& parts) const {
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey data_key, ring_.Unwrap(ContextOf(id), key));
  return data_key.Seal(fmt::format("{} {}", ContextOf(id), place), Pack(parts), random_);
}

absl::StatusOr<std::vector<std::string>> ProblemTexts::OpenParts(ProblemId id, const SealedProblem& sealed,
                                                                 std::string_view place) const {
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey data_key, ring_.Unwrap(ContextOf(id), sealed.key));
  RONGHE_ASSIGN_OR_RETURN(const std::string packed,
                          data_key.Open(fmt::format("{} {}", ContextOf(id), place), sealed.texts));
  std::optional<std::vector<std::string>> parts = Unpack(packed);
  if (!parts) return Malformed(id);
  return *std::move(parts);
}

absl::StatusOr<std::string> ProblemTexts::Seal(ProblemId id, const common::WrappedKey& key,
                                               const Problem& problem) const {
  return SealParts(id, key, "texts", {problem.description, problem.measures});
}

absl::Status ProblemTexts::Open(ProblemId id, const SealedProblem& sealed, Problem& problem) const {
  RONGHE_ASSIGN_OR_RETURN(std::vector<std::string> parts, OpenParts(id, sealed, "texts"));
  if (parts.size() != 2) return Malformed(id);
  problem.description = std::move(parts[0]);
  problem.measures = std::move(parts[1]);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ProblemTexts::Seal(ProblemId id, const common::WrappedKey& key,
                                               const ProblemStep& step) const {
  if (step.reason.empty() && step.evidence.empty() && step.who.empty()) return std::string();
  std::vector<std::string> parts = {step.reason};
  for (const common::Document& one : step.evidence) {
    parts.insert(parts.end(), {one.content_hash, fmt::format("{}", one.size_bytes), one.media_type, one.title});
  }
  // One part more than reason and evidence: who.
  if (!step.who.empty()) parts.push_back(step.who);
  return SealParts(id, key, PlaceOf(step), parts);
}

absl::Status ProblemTexts::Open(ProblemId id, const SealedProblem& sealed, ProblemStep& step) const {
  if (sealed.texts.empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(std::vector<std::string> parts, OpenParts(id, sealed, PlaceOf(step)));
  if (parts.empty()) return Malformed(id);
  if ((parts.size() - 1) % kPartsOfEvidence == 1) {
    step.who = std::move(parts.back());
    parts.pop_back();
  }
  if ((parts.size() - 1) % kPartsOfEvidence != 0) return Malformed(id);
  step.reason = std::move(parts[0]);
  for (size_t i = 1; i < parts.size(); i += kPartsOfEvidence) {
    common::Document& one = step.evidence.emplace_back();
    one.content_hash = std::move(parts[i]);
    const std::string& size = parts[i + 1];
    std::from_chars(size.data(), size.data() + size.size(), one.size_bytes);
    one.media_type = std::move(parts[i + 2]);
    one.title = std::move(parts[i + 3]);
  }
  return absl::OkStatus();
}

}  // namespace ronghe::rectification
