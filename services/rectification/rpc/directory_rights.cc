#include "services/rectification/rpc/directory_rights.h"

#include "ronghe/common/v1/access.pb.h"

#include "services/common/auth/auth.h"

namespace ronghe::rectification {
namespace {

common::v1::Permission PermissionOf(Right right) {
  switch (right) {
    case Right::kRead:
      return common::v1::PERMISSION_PROBLEMS_READ;
    case Right::kReadTexts:
      return common::v1::PERMISSION_PROBLEMS_READ_TEXTS;
    case Right::kWrite:
      return common::v1::PERMISSION_PROBLEMS_WRITE;
    case Right::kVerify:
      return common::v1::PERMISSION_PROBLEMS_VERIFY;
  }
  return common::v1::PERMISSION_UNSPECIFIED;
}

}  // namespace

bool DirectoryRights::Holds(const common::Actor& actor, Right right, common::UnitUid unit) const {
  if (actor.principal_id == 0) return false;
  for (const common::DirectoryGrant& grant : directory_.GrantsOf(actor.principal_id, clock_.Now())) {
    if (!common::RoleHolds(static_cast<common::v1::Role>(grant.role), PermissionOf(right))) continue;
    if (!grant.unit || directory_.IsWithin(unit, grant.unit)) return true;
  }
  return false;
}

}  // namespace ronghe::rectification
