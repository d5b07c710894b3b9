#include "services/education/config.h"

namespace ronghe::education {

void AddSettings(common::Settings& settings, Config& config) {
  common::AddFollowerSettings(settings, config.follower);
  settings.Add("master-key", config.master_key_file, "file with the master keys of texts: version:base64");
  settings.Add("policy", config.policy_file,
               "file with the rules of learning records, in place of those that ship with the service");
}

}  // namespace ronghe::education
