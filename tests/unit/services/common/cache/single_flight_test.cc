#include "services/common/cache/single_flight.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.h"

namespace ronghe::common {
namespace {

using Flights = SingleFlight<std::string>;
using Result = Flights::Result;

void WaitForWaiters(Flights& flights, const std::string& key, size_t count) {
  while (flights.WaitersForTest(key) < count) tests::Pause();
}

// A load that runs in a thread until it is told how to end.
struct Leader {
  Leader(Flights& flights, std::string key, absl::Time deadline)
      : thread([this, &flights, key, deadline] {
          result = flights.Do(key, deadline, [this] {
            started = true;
            while (!ends) tests::Pause();
            return with;
          });
        }) {
    while (!started) tests::Pause();
  }
  void End(Result how) {
    with = std::move(how);
    ends = true;
    thread.join();
  }
  std::atomic<bool> started = false;
  std::atomic<bool> ends = false;
  Result with = "";
  Result result = "";
  std::thread thread;
};

class SingleFlightTest : public testing::Test {
 protected:
  // As many waiters that must not load themselves; their results in the end.
  void Wait(int count) {
    const size_t before = flights_.WaitersForTest("k");
    results_.resize(static_cast<size_t>(count), "");
    for (Result& result : results_) {
      waiters_.emplace_back([this, &result] {
        result = flights_.Do("k", absl::InfiniteFuture(), [this]() -> Result {
          ++loads_;
          return "loaded again";
        });
      });
    }
    WaitForWaiters(flights_, "k", before + results_.size());
  }
  void Join() {
    for (std::thread& waiter : waiters_) waiter.join();
  }

  SystemClock clock_;
  Flights flights_{clock_};
  std::atomic<int> loads_ = 0;
  std::vector<Result> results_;
  std::vector<std::thread> waiters_;
};

TEST_F(SingleFlightTest, LoadsOnceForAllWhoComeMeanwhile) {
  Leader leader(flights_, "k", absl::InfiniteFuture());
  Wait(5);
  EXPECT_EQ(*flights_.Do("other", absl::InfiniteFuture(), []() -> Result { return "other"; }), "other");
  leader.End("value");
  Join();
  EXPECT_EQ(*leader.result, "value");
  for (const Result& result : results_) EXPECT_EQ(*result, "value");
  EXPECT_EQ(loads_, 0);
  // Nothing is kept.
  EXPECT_EQ(*flights_.Do("k", absl::InfiniteFuture(), []() -> Result { return "later"; }), "later");
}

TEST_F(SingleFlightTest, AFailureWakesAllWithTheError) {
  Leader leader(flights_, "k", absl::InfiniteFuture());
  Wait(3);
  leader.End(absl::UnavailableError("the source is away"));
  Join();
  for (const Result& result : results_) EXPECT_EQ(result.status(), absl::UnavailableError("the source is away"));
  EXPECT_EQ(loads_, 0);
}

TEST_F(SingleFlightTest, AWaiterGivesUpAtItsOwnDeadline) {
  Leader leader(flights_, "k", absl::InfiniteFuture());
  const Result early = flights_.Do("k", clock_.Now() + absl::Milliseconds(20), []() -> Result { return "mine"; });
  EXPECT_TRUE(absl::IsDeadlineExceeded(early.status()));
  const Result past = flights_.Do("k", clock_.Now() - absl::Seconds(1), []() -> Result { return "mine"; });
  EXPECT_TRUE(absl::IsDeadlineExceeded(past.status()));
  leader.End("value");
  EXPECT_EQ(*leader.result, "value");
}

TEST_F(SingleFlightTest, TheDeadlineOfTheOneWhoLoadsIsNotTheOthers) {
  Leader leader(flights_, "k", absl::InfiniteFuture());
  Wait(3);
  leader.End(absl::DeadlineExceededError("mine"));
  Join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(leader.result.status()));
  for (const Result& result : results_) EXPECT_EQ(*result, "loaded again");
  EXPECT_GE(loads_, 1);
}

TEST_F(SingleFlightTest, WhoComesAfterForgetLoadsAnew) {
  Leader old(flights_, "k", absl::InfiniteFuture());
  flights_.Forget("k");
  Leader young(flights_, "k", absl::InfiniteFuture());
  Wait(2);
  old.End("old");
  EXPECT_EQ(flights_.WaitersForTest("k"), 2u) << "the end of the old load ended the young one";
  young.End("young");
  Join();
  for (const Result& result : results_) EXPECT_EQ(*result, "young");
}

TEST_F(SingleFlightTest, CallbacksShareALoad) {
  Flights::Done end;
  int starts = 0;
  std::vector<std::string> heard;
  const auto start = [&](Flights::Done done) {
    ++starts;
    end = std::move(done);
  };
  for (int i = 0; i < 3; ++i) flights_.Start("k", start, [&heard](const Result& r) { heard.push_back(*r); });
  EXPECT_EQ(starts, 1);
  EXPECT_TRUE(heard.empty());
  Wait(1);  // a blocking one beside them
  end("value");
  Join();
  EXPECT_THAT(heard, testing::ElementsAre("value", "value", "value"));
  EXPECT_EQ(*results_[0], "value");

  flights_.Start(
      "k", [](const Flights::Done& done) { done(absl::UnavailableError("away")); },
      [&heard](const Result& r) { heard.push_back(std::string(r.status().message())); });
  EXPECT_EQ(heard.back(), "away");
}

}  // namespace
}  // namespace ronghe::common
