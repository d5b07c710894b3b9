#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"

namespace ronghe::tests {

// Every pair of a table: the state it leads to, or a refusal that names state and event.
template <typename State, typename Event>
void ExpectTable(std::initializer_list<State> states, std::initializer_list<Event> events,
                 const std::map<std::pair<State, Event>, State>& expected, const std::string& reason) {
  for (State state : states) {
    for (Event event : events) {
      const absl::StatusOr<State> next = NextState(state, event, "things/1");
      const auto row = expected.find({state, event});
      if (row != expected.end()) {
        ASSERT_TRUE(next.ok()) << next.status();
        EXPECT_EQ(*next, row->second);
        continue;
      }
      EXPECT_EQ(common::ReasonOf(next.status()), reason);
      EXPECT_TRUE(absl::IsFailedPrecondition(next.status()));
      const common::Text text = common::TextOf(next.status());
      EXPECT_THAT(text.en, ::testing::HasSubstr(StateText(state).en));
      EXPECT_THAT(text.en, ::testing::HasSubstr(EventText(event).en));
      EXPECT_THAT(text.zh, ::testing::HasSubstr(StateText(state).zh));
      ASSERT_EQ(common::BlockersOf(next.status()).size(), 1u);
      EXPECT_EQ(common::BlockersOf(next.status())[0].subject, "things/1");
    }
  }
}

}  // namespace ronghe::tests
