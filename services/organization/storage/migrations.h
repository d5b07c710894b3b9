#pragma once

#include <span>

#include "services/common/sql/database.h"

namespace ronghe::organization {

// The schema of the service, from storage/migrations/*.sql. Component `organization`.
std::span<const common::sql::Migration> OrganizationMigrations();

}  // namespace ronghe::organization
