#include "services/education/config.h"

namespace ronghe::education {

void AddSettings(common::Settings& settings, Config& config) {
  common::AddFollowerSettings(settings, config.follower);
  settings.Add("master-key", config.master_key_file, "file with the master keys of texts: version:base64");
}

}  // namespace ronghe::education
