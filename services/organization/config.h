#pragma once

#include <string>

#include "services/common/config/settings.h"
#include "services/common/process/process.h"

namespace ronghe::organization {

struct Config {
  common::ServeConfig serve;
  std::string database = "sqlite:organization.db";
  int database_connections = 4;
  // `ISSUER|SUBJECT` of the first administrator, made where there is no grant at all; empty: nobody.
  std::string bootstrap_administrator;
};

// Declares the service's own settings and those of every process.
void AddSettings(common::Settings& settings, Config& config);

}  // namespace ronghe::organization
