#include "services/organization/app/member_store.h"

#include <charconv>

#include <fmt/format.h>

namespace ronghe::organization {
namespace {

constexpr std::string_view kCollection = "members/";

}  // namespace

std::string MemberName(MemberId id) {
  return fmt::format("{}{}", kCollection, id.value);
}

std::optional<MemberId> MemberIdOf(std::string_view name) {
  if (name.substr(0, kCollection.size()) != kCollection) return std::nullopt;
  name.remove_prefix(kCollection.size());
  int64_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  // Only the form that MemberName makes: no sign, no leading zero.
  if (error != std::errc() || end != name.data() + name.size() || id <= 0 || name.front() == '0') return std::nullopt;
  return MemberId(id);
}

std::string EtagOf(const StoredMember& member) {
  return fmt::format("m{}", member.version);
}

}  // namespace ronghe::organization
