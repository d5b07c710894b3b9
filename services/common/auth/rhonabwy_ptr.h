#pragma once

#include <memory>
#include <mutex>

#include <rhonabwy.h>

namespace ronghe::common {

struct RhonabwyFree {
  void operator()(jwk_t* jwk) const { r_jwk_free(jwk); }
  void operator()(jws_t* jws) const { r_jws_free(jws); }
  void operator()(char* text) const { r_free(text); }
};
using JwkPtr = std::unique_ptr<jwk_t, RhonabwyFree>;
using JwsPtr = std::unique_ptr<jws_t, RhonabwyFree>;
using RhonabwyText = std::unique_ptr<char, RhonabwyFree>;

// Before the first use of the library. Thread-safe.
inline void InitRhonabwy() {
  static std::once_flag once;
  std::call_once(once, [] { r_global_init(); });
}

// Null where `json` is no key. Keys are made anew for each use, because the library's objects must not be shared by
// threads.
inline JwkPtr ImportJwk(const std::string& json) {
  InitRhonabwy();
  jwk_t* jwk = nullptr;
  if (r_jwk_init(&jwk) != RHN_OK) return nullptr;
  JwkPtr result(jwk);
  if (r_jwk_import_from_json_str(jwk, json.c_str()) != RHN_OK) return nullptr;
  return result;
}

inline JwsPtr NewJws() {
  InitRhonabwy();
  jws_t* jws = nullptr;
  if (r_jws_init(&jws) != RHN_OK) return nullptr;
  return JwsPtr(jws);
}

}  // namespace ronghe::common
