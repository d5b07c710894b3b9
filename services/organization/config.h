#pragma once

#include <string>

#include "services/common/config/settings.h"
#include "services/common/process/process.h"

namespace ronghe::organization {

struct Config {
  common::ServeConfig serve;
  std::string database = "sqlite:organization.db";
  int database_connections = 4;
  absl::Duration audit_interval = absl::Hours(6);  // of totals; zero: never
  // The master keys of personal data: lines `version:base64 of 32 bytes`. Made by deploy; missing or bad stops the
  // start.
  std::string master_key_file;
  std::string rule_pack_file;     // rule_pack.proto in text form; empty: the pack that ships with the service
  std::string division_map_file;  // division.proto in text form; empty: the map that ships with the service
  // `ISSUER|SUBJECT` of the first administrator, made where there is no grant at all; empty: nobody.
  std::string bootstrap_administrator;
};

// Declares the service's own settings and those of every process.
void AddSettings(common::Settings& settings, Config& config);

}  // namespace ronghe::organization
