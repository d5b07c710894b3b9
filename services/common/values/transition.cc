#include "services/common/values/transition.h"

#include <fmt/format.h>

namespace ronghe::common {

absl::Status RefuseTransition(const RefusedTransition& refused) {
  Text allowed;
  for (const Text& event : refused.allowed) {
    allowed.en += (allowed.en.empty() ? "" : ", ") + event.en;
    allowed.zh += (allowed.zh.empty() ? "" : "、") + event.zh;
  }
  if (refused.allowed.empty()) allowed = {"nothing", "无"};
  const std::string why_en = refused.why.en.empty() ? "" : fmt::format(" ({})", refused.why.en);
  const std::string why_zh = refused.why.zh.empty() ? "" : fmt::format("({})", refused.why.zh);
  Text text{
      fmt::format("state: {}; refused: {}{}; allowed now: {}", refused.state.en, refused.event.en, why_en, allowed.en),
      fmt::format("当前状态:{};不能办理:{}{};可以办理:{}", refused.state.zh, refused.event.zh, why_zh, allowed.zh)};
  return FailedPrecondition(refused.reason, text, {{refused.reason, refused.resource, text}});
}

}  // namespace ronghe::common
