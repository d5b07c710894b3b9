#include "gateway/cli/progress.h"

#include <algorithm>

#include <fmt/format.h>

#include "gateway/cli/labels.h"

namespace ronghe::gateway::cli {
namespace {

constexpr int kBarWidth = 30;
constexpr absl::Duration kRedraw = absl::Milliseconds(100);
constexpr absl::Duration kLineEvery = absl::Seconds(5);

std::string Bar(int64_t done, int64_t total) {
  const int filled = static_cast<int>(std::clamp<int64_t>(done * kBarWidth / total, 0, kBarWidth));
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  return fmt::format("{} {:>3}% ", bar, std::clamp<int64_t>(done * 100 / total, 0, 100));
}

}  // namespace

void Progress::Update(const common::Text& what, int64_t done, int64_t total) {
  const absl::Time now = clock_.Now();
  common::MutexLock lock(mutex_);
  const bool complete = console_.err_is_terminal && total > 0 && done >= total;
  if (!complete && now - last_ < (console_.err_is_terminal ? kRedraw : kLineEvery)) return;
  // Elsewhere than on a terminal a short run needs no lines.
  const bool first = last_ == absl::InfinitePast();
  last_ = now;
  if (!console_.err_is_terminal && first) return;
  const std::string count = total > 0 ? fmt::format("{}/{}", Thousands(done), Thousands(total)) : Thousands(done);
  if (console_.err_is_terminal) {
    *console_.err << "\r\x1b[K" << (total > 0 ? Bar(done, total) : "") << console_.Say(what) << ' ' << count
                  << std::flush;
    drawn_ = true;
  } else {
    *console_.err << console_.Say(what) << ' ' << count << '\n' << std::flush;
  }
}

void Progress::Clear() {
  common::MutexLock lock(mutex_);
  if (drawn_) *console_.err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace ronghe::gateway::cli
