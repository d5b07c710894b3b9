#pragma once

#include <string>

#include "services/common/follower/follower.h"

namespace ronghe::education {

struct Config {
  common::FollowerConfig follower = common::DefaultFollowerConfig("education", 7302);
  // The master keys of texts: lines `version:base64 of 32 bytes`, as organization's; it may be the same file. Missing
  // or bad stops the start.
  std::string master_key_file;
  std::string policy_file;  // EducationPolicy in text form; empty: the one that ships with the service
};

// Declares the service's own settings and those of every process.
void AddSettings(common::Settings& settings, Config& config);

}  // namespace ronghe::education
