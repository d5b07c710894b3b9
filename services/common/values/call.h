#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "services/common/values/ids.h"

namespace ronghe::common {

// Where the caller holds the permission of the method being called: everywhere, or on some units and all below them.
struct Scope {
  bool everything = false;
  std::vector<UnitUid> units;  // roots of the scope, none below another
};

// Who calls. Separation of duties compares members, or principals where there is none.
struct Actor {
  // `issuer|subject` of the token: the key under which request ids are remembered.
  std::string key;
  int64_t principal_id = 0;  // 0: not registered, or a process of the suite
  int64_t member_id = 0;     // 0: none
  std::string service;       // the process of the suite that called, empty for others
};

// What every use case knows about the call it serves. Made by the wrapper, valid while the call lasts, immutable.
struct Call {
  absl::Time deadline = absl::InfiniteFuture();
  std::string request_id;     // x-request-id, for logs
  std::string traceparent;    // W3C trace context of this hop
  std::string authorization;  // the user's token, to be forwarded with calls made on the user's behalf
  Actor actor;
  Scope scope;
  // True once the caller has gone; polled by long work.
  std::function<bool()> cancelled = [] { return false; };
};

// Identifies a write that must happen once: the caller's key, the caller's request id, and a digest of the request.
// `request_id` empty: the write is not idempotent.
struct RequestKey {
  std::string caller;
  std::string request_id;
  std::string digest;
};

}  // namespace ronghe::common
