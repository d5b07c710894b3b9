#include "services/rectification/config.h"

namespace ronghe::rectification {

void AddSettings(common::Settings& settings, Config& config) {
  common::AddFollowerSettings(settings, config.follower);
  settings.Add("master-key", config.master_key_file, "file with the master keys of texts: version:base64");
  settings.Add("policy", config.policy_file,
               "file with categories, escalation and look-backs, in place of those that ship with the service");
  settings.Add("calendar", config.calendar_file,
               "file with holidays and make-up working days, in place of those that ship with the service");
}

}  // namespace ronghe::rectification
