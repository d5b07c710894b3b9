#pragma once

#include "services/common/timer/timer.h"
#include "services/rectification/app/problem_app.h"
#include "services/rectification/storage/problem_texts.h"

namespace ronghe::rectification {

// What the clock does to problems (ProblemApp::Due), for the timers kProblemTimer: those that are due together are read
// together. All outlive it.
common::TimerLoop::BatchHandler ProblemTimers(ProblemApp& app, const ProblemTexts& texts, absl::TimeZone zone);

}  // namespace ronghe::rectification
