#include "services/organization/domain/transitions.h"

#include <fmt/format.h>

namespace ronghe::organization {

absl::Status RefusedTransition(std::string reason, std::string resource, const common::Text& thing,
                               const common::Text& state, const common::Text& event,
                               const std::vector<common::Text>& possible) {
  std::string en;
  std::string zh;
  for (const common::Text& text : possible) {
    en += (en.empty() ? "" : ", ") + text.en;
    zh += (zh.empty() ? "" : "、") + text.zh;
  }
  const common::Text text = {
      fmt::format("the {} is {}: it cannot {}; possible: {}", thing.en, state.en, event.en,
                  en.empty() ? "nothing" : en),
      fmt::format("{}当前状态为“{}”，不能{}；可以：{}", thing.zh, state.zh, event.zh, zh.empty() ? "无" : zh)};
  return common::FailedPrecondition(reason, text, {{reason, std::move(resource), text}});
}

}  // namespace ronghe::organization
