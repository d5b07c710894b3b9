#include "services/common/cache/redis_stored.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kEntry = "R1E";
constexpr std::string_view kTombstone = "R1T";
constexpr size_t kDigits = 19;
constexpr size_t kHeader = kEntry.size() + 2 * kDigits;
constexpr size_t kKeysPerCall = 64;  // what Redis does in one piece

// KEYS: keys; ARGV: what to store for each, then the time to live in milliseconds.
constexpr std::string_view kPut = R"lua(
local out = {}
for i, key in ipairs(KEYS) do
  local new = ARGV[i]
  local old = redis.pcall('GETRANGE', key, 0, 40)
  if type(old) == 'table' then
    redis.call('DEL', key)
    old = ''
  end
  local accept = true
  if #old == 41 and string.sub(old, 1, 2) == 'R1' then
    local old_position, new_position = string.sub(old, 4, 22), string.sub(new, 4, 22)
    if new_position < old_position then
      accept = false
    elseif new_position == old_position and string.sub(old, 3, 3) == 'E' then
      accept = string.sub(old, 23, 41) < string.sub(new, 23, 41)
    end
  end
  if accept then
    local done = redis.pcall('SET', key, new, 'PX', ARGV[#ARGV])
    if not done.err then
      out[i] = 1
    elseif string.find(done.err, 'OOM', 1, true) then
      out[i] = 2
    else
      return redis.error_reply(done.err)
    end
  else
    out[i] = 0
  end
end
return out
)lua";

// DEL comes first: it works without memory, and what follows a write is not refused for want of it.
constexpr std::string_view kPutTombstone = R"lua(
local out = {}
for i, key in ipairs(KEYS) do
  local new = ARGV[i]
  local old = redis.pcall('GETRANGE', key, 0, 40)
  if type(old) == 'string' and #old == 41 and string.sub(old, 1, 2) == 'R1'
      and string.sub(new, 4, 22) <= string.sub(old, 4, 22) then
    out[i] = 0
  else
    redis.call('DEL', key)
    local done = redis.pcall('SET', key, new, 'PX', ARGV[#ARGV])
    if not done.err then
      out[i] = 1
    elseif string.find(done.err, 'OOM', 1, true) then
      out[i] = 2
    else
      return redis.error_reply(done.err)
    end
  end
end
return out
)lua";

std::string Header(std::string_view kind, int64_t position, int64_t valid_us) {
  return fmt::format("{}{:019}{:019}", kind, position, valid_us);
}

std::optional<int64_t> Digits(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

void AppendCall(RedisConnection& connection, std::string_view how, std::string_view script,
                std::span<const std::string> keys, std::span<const std::string> stored, std::string_view ttl) {
  const std::string count = std::to_string(keys.size());
  std::vector<std::string_view> args{how, script, count};
  args.insert(args.end(), keys.begin(), keys.end());
  args.insert(args.end(), stored.begin(), stored.end());
  args.push_back(ttl);
  connection.Append(args);
}

absl::Status ReadResults(const redisReply& reply, size_t keys, std::vector<StoreResult>& results) {
  RONGHE_RETURN_IF_ERROR(StatusOfReply(reply));
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != keys) return absl::UnavailableError("not a script's reply");
  for (size_t i = 0; i < keys; ++i) {
    results.push_back(static_cast<StoreResult>(std::clamp(reply.element[i]->integer, 0LL, 2LL)));
  }
  return absl::OkStatus();
}

bool Unknown(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR && std::string_view(reply.str, reply.len).starts_with("NOSCRIPT");
}

}  // namespace

std::string StoredEntry(const CacheEntry& entry) {
  return Header(kEntry, entry.position, std::max<int64_t>(entry.valid_us, 0)) + entry.value;
}

std::string StoredTombstone(int64_t position) {
  return Header(kTombstone, std::max<int64_t>(position, 0), 0);
}

std::optional<CacheEntry> ReadStored(std::string_view stored) {
  if (stored.size() < kHeader || !stored.starts_with(kEntry)) return std::nullopt;
  const std::optional<int64_t> position = Digits(stored.substr(kEntry.size(), kDigits));
  const std::optional<int64_t> valid_us = Digits(stored.substr(kEntry.size() + kDigits, kDigits));
  if (!position.has_value() || !valid_us.has_value()) return std::nullopt;
  return CacheEntry{.position = *position, .valid_us = *valid_us, .value = std::string(stored.substr(kHeader))};
}

RedisScript PutScript() {
  return {.text = kPut};
}

RedisScript TombstoneScript() {
  return {.text = kPutTombstone};
}

absl::Status LoadScript(RedisConnection& connection, RedisScript& script, absl::Time deadline) {
  connection.Append({"SCRIPT", "LOAD", script.text});
  RONGHE_ASSIGN_OR_RETURN(const auto replies, connection.Exchange(1, deadline));
  RONGHE_RETURN_IF_ERROR(StatusOfReply(*replies[0]));
  if (script.sha.empty()) script.sha = std::string(TextOfReply(*replies[0]));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoreResult>> RunScript(RedisConnection& connection, const RedisScript& script,
                                                   std::span<const std::string> keys,
                                                   std::span<const std::string> stored, absl::Duration ttl,
                                                   absl::Time deadline) {
  const std::string milliseconds = std::to_string(absl::ToInt64Milliseconds(ttl));
  const size_t calls = (keys.size() + kKeysPerCall - 1) / kKeysPerCall;
  const auto part = [](std::span<const std::string> all, size_t call) {
    return all.subspan(call * kKeysPerCall, std::min(kKeysPerCall, all.size() - call * kKeysPerCall));
  };
  for (size_t i = 0; i < calls; ++i) {
    AppendCall(connection, "EVALSHA", script.sha, part(keys, i), part(stored, i), milliseconds);
  }
  RONGHE_ASSIGN_OR_RETURN(auto replies, connection.Exchange(calls, deadline));
  std::vector<StoreResult> results;
  for (size_t i = 0; i < calls; ++i) {
    if (Unknown(*replies[i])) {  // SCRIPT FLUSH
      AppendCall(connection, "EVAL", script.text, part(keys, i), part(stored, i), milliseconds);
      RONGHE_ASSIGN_OR_RETURN(auto again, connection.Exchange(1, deadline));
      replies[i] = std::move(again[0]);
    }
    RONGHE_RETURN_IF_ERROR(ReadResults(*replies[i], part(keys, i).size(), results));
  }
  return results;
}

}  // namespace ronghe::common
