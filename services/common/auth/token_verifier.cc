#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "services/common/auth/auth.h"
#include "services/common/auth/jwt.h"
#include "services/common/auth/key_file.h"
#include "services/common/auth/verified_cache.h"
#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr absl::Duration kTolerance = absl::Seconds(60);
constexpr absl::Duration kMaxLifetime = absl::Hours(24);
constexpr absl::Duration kLookAtFiles = absl::Seconds(1);
constexpr size_t kRemembered = 10'000;

absl::Time FromSeconds(double seconds) {
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

absl::Status Expired() {
  return Unauthenticated("TOKEN_EXPIRED", {"The token has expired.", "令牌已过期。"});
}

absl::Status CheckTimes(const ParsedToken& token, absl::Time now) {
  absl::Time expire = FromSeconds(token.expire);
  if (expire <= now) return Expired();
  for (const std::optional<double>& start : {token.not_before, token.issued}) {
    if (start && FromSeconds(*start) > now + kTolerance) {
      return Unauthenticated("TOKEN_NOT_YET_VALID", {"The token is not valid yet.", "令牌尚未生效。"});
    }
  }
  if (expire - (token.issued ? FromSeconds(*token.issued) : now) > kMaxLifetime) {
    return Unauthenticated("TOKEN_LIFETIME",
                           {"The token is valid for more than 24 hours.", "令牌的有效期超过 24 小时。"});
  }
  return absl::OkStatus();
}

class JwtVerifier final : public TokenVerifier {
 public:
  explicit JwtVerifier(const Clock& clock) : clock_(clock) {}

  absl::Status Add(TrustedIssuer issuer);
  absl::StatusOr<Claims> Verify(std::string_view token) override;

 private:
  struct Issuer {
    std::string name;
    std::unique_ptr<KeyFile> file;
  };

  void LookAtFiles(absl::Time now);
  absl::StatusOr<VerifiedCache::Entry> VerifyAnew(std::string_view token, absl::Time now) const;

  const Clock& clock_;
  std::vector<Issuer> issuers_;  // does not change once there are callers
  VerifiedCache verified_{kRemembered};
  std::atomic<int64_t> looked_micros_{0};
  Mutex looking_;
};

absl::Status JwtVerifier::Add(TrustedIssuer issuer) {
  for (const Issuer& other : issuers_) {
    if (other.name == issuer.issuer) {
      return absl::FailedPreconditionError(fmt::format("issuer {} is given twice", issuer.issuer));
    }
  }
  auto file = std::make_unique<KeyFile>(std::move(issuer.jwks_file));
  absl::Status loaded = file->Load();
  if (!loaded.ok()) {
    return absl::FailedPreconditionError(fmt::format("issuer {}: {}", issuer.issuer, std::string(loaded.message())));
  }
  issuers_.push_back({std::move(issuer.issuer), std::move(file)});
  looked_micros_ = absl::ToUnixMicros(clock_.Now());
  return absl::OkStatus();
}

absl::StatusOr<Claims> JwtVerifier::Verify(std::string_view token) {
  if (token.empty() || token.size() > kMaxTokenBytes) return ParseToken(token).status();
  absl::Time now = clock_.Now();
  LookAtFiles(now);
  TokenDigest digest = DigestOf(token);
  if (std::optional<VerifiedCache::Entry> found = verified_.Find(digest); found) {
    if (found->claims.expire <= now) {
      verified_.Remove(digest);
      return Expired();
    }
    // A key that has been withdrawn no longer vouches for anything.
    if (found->generation == issuers_[found->issuer].file->generation()) return std::move(found->claims);
  }
  RONGHE_ASSIGN_OR_RETURN(VerifiedCache::Entry entry, VerifyAnew(token, now));
  Claims claims = entry.claims;
  verified_.Put(digest, std::move(entry), now);
  return claims;
}

void JwtVerifier::LookAtFiles(absl::Time now) {
  int64_t looked = looked_micros_.load(std::memory_order_relaxed);
  int64_t now_micros = absl::ToUnixMicros(now);
  if (now_micros >= looked && now_micros - looked < absl::ToInt64Microseconds(kLookAtFiles)) return;
  if (!looked_micros_.compare_exchange_strong(looked, now_micros)) return;
  MutexLock lock(looking_);
  for (const Issuer& issuer : issuers_) issuer.file->Refresh();
}

absl::StatusOr<VerifiedCache::Entry> JwtVerifier::VerifyAnew(std::string_view token, absl::Time now) const {
  RONGHE_ASSIGN_OR_RETURN(ParsedToken parsed, ParseToken(token));
  auto issuer = std::find_if(issuers_.begin(), issuers_.end(),
                             [&](const Issuer& candidate) { return candidate.name == parsed.issuer; });
  if (issuer == issuers_.end()) {
    return Unauthenticated("TOKEN_ISSUER", {"The token's issuer is not trusted.", "令牌的签发方不受信任。"});
  }
  VerifiedCache::Entry entry;
  entry.generation = issuer->file->generation();  // before the keys: if they change meanwhile, it is verified again
  if (!issuer->file->keys()->Verifies(token, parsed)) {
    return Unauthenticated("TOKEN_SIGNATURE",
                           {"The token's signature is not one of its issuer's.", "令牌的签名不是其签发方的有效签名。"});
  }
  RONGHE_RETURN_IF_ERROR(CheckTimes(parsed, now));
  if (std::find(parsed.audience.begin(), parsed.audience.end(), kAudience) == parsed.audience.end()) {
    return Unauthenticated("TOKEN_AUDIENCE",
                           {"The token is meant for another audience than ronghe.", "令牌的受众不是 ronghe。"});
  }
  entry.issuer = static_cast<size_t>(issuer - issuers_.begin());
  entry.claims = {std::move(parsed.issuer), std::move(parsed.subject), std::move(parsed.jti),
                  FromSeconds(parsed.expire)};
  return entry;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenVerifier>> TokenVerifier::Create(std::vector<TrustedIssuer> issuers,
                                                                     const Clock& clock) {
  auto verifier = std::make_unique<JwtVerifier>(clock);
  for (TrustedIssuer& issuer : issuers) RONGHE_RETURN_IF_ERROR(verifier->Add(std::move(issuer)));
  return verifier;
}

}  // namespace ronghe::common
