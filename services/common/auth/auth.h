#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "ronghe/common/v1/access.pb.h"

#include "services/common/directory/directory.h"
#include "services/common/values/call.h"
#include "services/common/values/clock.h"

// Identity (JWT against the key sets of trusted issuers) and access (the method's policy against the caller's grants).
namespace ronghe::common {

// What a verified token says.
struct Claims {
  std::string issuer;
  std::string subject;
  std::string jti;
  absl::Time expire;
};

// A trusted issuer and the file with its public keys (a JWK set). Keys of one issuer never vouch for another.
struct TrustedIssuer {
  std::string issuer;
  std::string jwks_file;
};

// Verifies tokens of at most 8 KiB: RS256, ES256 or EdDSA; iss trusted, aud `ronghe`, exp, sub and jti present, nbf and
// iat not in the future (60 s of tolerance), lifetime at most 24 h (from iat, or from now where there is none).
// Remembers good ones until they expire (bounded), so a repeated token costs a hash lookup. Key files are read again
// when they change, looked at no more than once a second; while one cannot be read or is no key set, its last good keys
// stay. Thread-safe.
class TokenVerifier {
 public:
  // FAILED_PRECONDITION naming the issuer and the file where there is not one usable key.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Create(std::vector<TrustedIssuer> issuers, const Clock& clock);
  virtual ~TokenVerifier() = default;
  // UNAUTHENTICATED with reason TOKEN_MISSING, TOKEN_MALFORMED, TOKEN_ISSUER, TOKEN_SIGNATURE, TOKEN_EXPIRED,
  // TOKEN_NOT_YET_VALID, TOKEN_LIFETIME or TOKEN_AUDIENCE; the token itself is never in the message. `token` without
  // "Bearer ".
  virtual absl::StatusOr<Claims> Verify(std::string_view token) = 0;
};

// Signs tokens with a private JWK: for the suite's own calls and for ronghectl. Thread-safe.
class TokenMaker {
 public:
  // A new signing key (ES256) written to `private_file` (mode 0600) and its public set to `jwks_file` (mode 0644). Both
  // appear whole or not at all; existing ones are replaced.
  static absl::Status CreateKey(const std::string& private_file, const std::string& jwks_file);
  static absl::StatusOr<std::unique_ptr<TokenMaker>> Load(const std::string& private_file, const Clock& clock,
                                                          Random& random);
  virtual ~TokenMaker() = default;
  // A token for the suite: aud `ronghe`, iat now, a random jti.
  virtual absl::StatusOr<std::string> Make(std::string_view issuer, std::string_view subject,
                                           absl::Duration lifetime) = 0;
};

// The audience of every token.
inline constexpr std::string_view kAudience = "ronghe";
// The issuer name under which processes of the suite speak for themselves; their subject is the service's name.
inline constexpr std::string_view kSuiteIssuer = "ronghe-suite";
// The process that may forward calls of users to every method.
inline constexpr std::string_view kGatewayService = "gateway";

// A method's access rule, read from its options and checked against its request type. Immutable.
class MethodAccess {
 public:
  // FAILED_PRECONDITION naming method and all faults, for a method without a complete policy: the process must not
  // start.
  static absl::StatusOr<MethodAccess> Read(const google::protobuf::MethodDescriptor* method);
  const v1::MethodPolicy& policy() const { return policy_; }
  const google::protobuf::MethodDescriptor* method() const { return method_; }
  // The resource names in the request's unit fields, in order; the first unit field always contributes at least one
  // entry (empty if not set).
  std::vector<std::string> Targets(const google::protobuf::Message& request) const;
  // The same with where they stand.
  struct Target {
    std::string field;  // path in the request: `grant.unit`, `names[2]`
    std::string name;
    bool first = false;  // of the first unit field
  };
  std::vector<Target> TargetsOf(const google::protobuf::Message& request) const;

 private:
  v1::MethodPolicy policy_;
  const google::protobuf::MethodDescriptor* method_ = nullptr;
  std::vector<std::vector<const google::protobuf::FieldDescriptor*>> paths_;
};

// Roles that hold a permission, from the options of the enum.
bool RoleHolds(v1::Role role, v1::Permission permission);

// Finds the owning unit of resources that are not units. Each service implements it for its own collections.
// Thread-safe.
class OwnerResolver {
 public:
  virtual ~OwnerResolver() = default;
  // The unit that owns `resource` (`members/123`); no unit (uid 0) for what belongs to everything. NOT_FOUND for
  // unknown ones; INVALID_ARGUMENT for names that are none.
  virtual absl::StatusOr<UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) = 0;
  // Called when a unit code is not in the directory: makes the directory current and returns true if it may now be
  // there. Organization looks into its store; elsewhere the replica is all there is.
  virtual bool CatchUp(absl::Time deadline) {
    (void)deadline;
    return false;
  }
};

// For processes that own no records.
class NoOwners final : public OwnerResolver {
 public:
  absl::StatusOr<UnitUid> OwnerOf(std::string_view resource, absl::Time deadline) override;
};

// What came with a call.
struct Credentials {
  std::string_view authorization;  // `Bearer …`: the user, or a process on its own behalf
  std::string_view service;        // x-ronghe-service: `Bearer …` of a process that forwards a user's call
};

// How long a process that is cut off from the directory still serves.
inline constexpr absl::Duration kStaleForWrites = absl::Seconds(5);
inline constexpr absl::Duration kStaleForReads = absl::Minutes(10);

// Decides every call. Thread-safe.
class Authorizer {
 public:
  Authorizer(TokenVerifier& verifier, const Directory& directory, OwnerResolver& resolver, const Clock& clock);

  struct Identity {
    Actor actor;
    Claims claims;
    std::vector<DirectoryGrant> grants;
    bool is_service = false;  // a process on its own behalf
    std::string service_jti;  // of the token of the process that forwards the call; empty without one
  };
  // Who calls. UNAUTHENTICATED for missing, bad or revoked (TOKEN_REVOKED) tokens. A token of the suite makes a
  // process, never a user.
  absl::StatusOr<Identity> Identify(const Credentials& credentials) const;
  // Whether this identity may make this call, and with which scope: the units on which it holds the permission.
  // PERMISSION_DENIED, reason ROLE_MISSING, where it holds the permission nowhere; NEEDS_ALL_UNITS where only a grant
  // on everything will do (SCOPE_ALL; a write to `units/-`); SERVICE_NOT_ALLOWED for a process that is not listed.
  // NOT_FOUND for resources outside the scope. INVALID_ARGUMENT, naming every wrong unit field, REQUIRED or BAD_NAME.
  // UNAVAILABLE, reason DIRECTORY_LOADING or DIRECTORY_STALE, as the method's effect demands while cut off from the
  // directory. `units/-` or nothing in the first unit field of a read for which it is allowed passes: the handler keeps
  // to the scope.
  absl::StatusOr<Scope> Authorize(const Identity& identity, const MethodAccess& access,
                                  const google::protobuf::Message& request, absl::Time deadline) const;
  // Whether an open stream may go on: the token has not expired or been revoked, the scope is unchanged or wider, and the
  // units that its `request` names (null: none) still lie in it; and the directory is as fresh as a new call would need.
  // PERMISSION_DENIED, reason SCOPE_CHANGED or ROLE_MISSING, where the scope is narrower; NOT_FOUND for a unit that has
  // left it. Looks at the directory only.
  absl::Status Recheck(const Identity& identity, const MethodAccess& access, const Scope& scope,
                       const google::protobuf::Message* request) const;

 private:
  absl::Status CheckFresh(v1::Effect effect) const;
  absl::Status CheckService(const Identity& identity, const v1::MethodPolicy& policy) const;
  absl::Status CheckTargets(const MethodAccess& access, const Scope& scope, const google::protobuf::Message& request,
                            absl::Time deadline) const;
  absl::Status CheckTarget(const std::string& name, const Scope& scope, absl::Time deadline) const;
  absl::StatusOr<Claims> VerifyBearer(std::string_view header) const;
  Scope ScopeOf(const std::vector<DirectoryGrant>& grants, v1::Permission permission) const;

  TokenVerifier& verifier_;
  const Directory& directory_;
  OwnerResolver& resolver_;
  const Clock& clock_;
};

}  // namespace ronghe::common
