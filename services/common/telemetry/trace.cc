#include "services/common/telemetry/trace.h"

#include <algorithm>

namespace ronghe::common {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr size_t kTraceparentSize = 55;
constexpr size_t kTraceIdAt = 3;
constexpr size_t kSpanIdAt = 36;
constexpr size_t kFlagsAt = 53;

void PutHex(uint64_t value, char* out) {
  for (int i = 15; i >= 0; --i) {
    out[i] = kHex[value & 15];
    value >>= 4;
  }
}

// The finalizer of SplitMix64: a bijection, so ids made from a counter do not repeat.
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

IdSource::IdSource(Random& random) {
  uint64_t start = 0;
  random.Fill(&start, sizeof(start));
  state_.store(start, std::memory_order_relaxed);
  random.Fill(&salt_, sizeof(salt_));
}

uint64_t IdSource::Next() {
  for (;;) {
    uint64_t id = Mix(state_.fetch_add(0x9e3779b97f4a7c15U, std::memory_order_relaxed) ^ salt_);
    if (id != 0) return id;
  }
}

std::string IdSource::Uuid() {
  char digits[32];
  PutHex(Next(), digits);
  PutHex(Next(), digits + 16);
  digits[12] = '4';
  digits[16] = kHex[8 | (digits[16] & 3)];
  std::string uuid(36, '-');
  std::copy(digits, digits + 8, uuid.begin());
  std::copy(digits + 8, digits + 12, uuid.begin() + 9);
  std::copy(digits + 12, digits + 16, uuid.begin() + 14);
  std::copy(digits + 16, digits + 20, uuid.begin() + 19);
  std::copy(digits + 20, digits + 32, uuid.begin() + 24);
  return uuid;
}

bool ValidRequestId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool ValidTraceparent(std::string_view t) {
  if (t.size() != kTraceparentSize || t[0] != '0' || t[1] != '0') return false;
  if (t[2] != '-' || t[kSpanIdAt - 1] != '-' || t[kFlagsAt - 1] != '-') return false;
  std::string_view trace = t.substr(kTraceIdAt, 32);
  std::string_view span = t.substr(kSpanIdAt, 16);
  return IsLowerHex(trace) && IsLowerHex(span) && IsLowerHex(t.substr(kFlagsAt)) && !IsZero(trace) && !IsZero(span);
}

std::string ContinueTrace(std::string_view parent, IdSource& ids) {
  std::string made;
  if (ValidTraceparent(parent)) {
    made.assign(parent);
  } else {
    made.assign("00-00000000000000000000000000000000-0000000000000000-01");
    PutHex(ids.Next(), made.data() + kTraceIdAt);
    PutHex(ids.Next(), made.data() + kTraceIdAt + 16);
  }
  PutHex(ids.Next(), made.data() + kSpanIdAt);
  return made;
}

std::string_view TraceIdOf(std::string_view traceparent) {
  if (!ValidTraceparent(traceparent)) return {};
  return traceparent.substr(kTraceIdAt, 32);
}

}  // namespace ronghe::common
