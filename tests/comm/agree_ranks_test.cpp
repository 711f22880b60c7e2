#include <functional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "support/ranks.hpp"

namespace trawl::test {
namespace {

struct Outcome {
  bool threw = false;
  std::string text;
  ExitCode code = ExitCode::complete;
};

Outcome outcome_of(const std::function<void()>& step) {
  try {
    world().agree("open datasets", step);
    return {};
  } catch (const CollectiveError& error) {
    return {true, error.what(), error.code()};
  }
}

std::string failed_on(int count, int lowest) {
  return "open datasets failed on " + std::to_string(count) + " of " +
         std::to_string(world().size()) + " ranks; rank " + std::to_string(lowest) + ": ";
}

TEST(Agree, RunsTheStepOnceAndReturns) {
  int runs = 0;
  EXPECT_FALSE(outcome_of([&] { ++runs; }).threw);
  EXPECT_EQ(runs, 1);
}

TEST(Agree, FailsForAllWhenOneRankFails) {
  for (int bad = 0; bad < world().size(); ++bad) {
    const Outcome outcome = outcome_of([&] {
      if (world().rank() == bad) throw DataError("cannot open 'x.h5'");
    });
    EXPECT_TRUE(outcome.threw);
    EXPECT_EQ(outcome.code, exit_code_of(DataError("")));
    const std::string who = world().size() == 1 ? "" : failed_on(1, bad);
    EXPECT_EQ(outcome.text, who + "cannot open 'x.h5'");
  }
}

TEST(Agree, TakesTextAndCodeOfTheLowestRank) {
  if (world().size() < 3) return;
  const Outcome outcome = outcome_of([] {
    if (world().rank() == 1) throw InputError("first");
    if (world().rank() == 2) throw std::runtime_error("a longer second text");
  });
  EXPECT_EQ(outcome.text, failed_on(2, 1) + "first");
  EXPECT_EQ(outcome.code, ExitCode::bad_input);
}

TEST(Agree, LetsTheSameTextStandAlone) {
  const Outcome outcome = outcome_of([] { throw InputError("no column 'amout'"); });
  EXPECT_EQ(outcome.text, "no column 'amout'");
  EXPECT_EQ(outcome.code, ExitCode::bad_input);
}

TEST(Agree, NamesTheLowestRankOfDifferentTexts) {
  if (world().size() == 1) return;
  const Outcome outcome = outcome_of([] { throw Error("text " + std::to_string(world().rank())); });
  EXPECT_EQ(outcome.text, failed_on(world().size(), 0) + "text 0");
}

TEST(Agree, CountsEmptyTextsAndForeignExceptionsAsFailures) {
  const bool last = world().rank() == world().size() - 1;
  const Outcome empty = outcome_of([&] {
    if (last) throw Error("");
  });
  EXPECT_TRUE(empty.threw);
  const Outcome foreign = outcome_of([&] {
    if (last) throw 42;
  });
  EXPECT_TRUE(foreign.threw);
  EXPECT_EQ(foreign.code, ExitCode::internal_error);
}

TEST(Agree, KeepsTextAndCodeOfANestedFailure) {
  const Outcome outcome = outcome_of([] {
    world().agree("read", [] {
      if (world().rank() == 0) throw CollectiveError(ExitCode::interrupted, "stop");
    });
  });
  EXPECT_EQ(outcome.code, ExitCode::interrupted);
  EXPECT_EQ(outcome.text.find("open datasets"), std::string::npos);
  EXPECT_NE(outcome.text.find("stop"), std::string::npos);
}

}  // namespace
}  // namespace trawl::test
