#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/timer.hpp>
#include <trawl/base/version.hpp>

namespace trawl {
namespace {

TEST(PhaseTimer, PhasesFollowEachOther) {
  PhaseTimer timer;
  timer.end();  // nothing runs: nothing happens
  timer.begin("open");
  timer.begin("plan");
  timer.end();
  timer.end();
  timer.begin("fold");
  timer.end();
  ASSERT_EQ(timer.phases().size(), 3u);
  EXPECT_EQ(timer.phases()[0].name, "open");
  EXPECT_EQ(timer.phases()[1].name, "plan");
  EXPECT_EQ(timer.phases()[2].name, "fold");
  double before = 0;
  for (const Phase& phase : timer.phases()) {
    EXPECT_GE(phase.begin, before);
    EXPECT_GE(phase.end, phase.begin);
    before = phase.end;
  }
  EXPECT_GE(timer.seconds(), before);
}

TEST(PhaseTimer, AnEndedPhaseStaysAsItIs) {
  PhaseTimer timer;
  timer.begin("a");
  timer.end();
  const double end = timer.phases()[0].end;
  timer.begin("b");
  EXPECT_EQ(timer.phases()[0].end, end);
}

TEST(Clock, UtcNowIsAName) {
  EXPECT_THAT(utc_now_compact(), testing::MatchesRegex("2[0-9]{7}T[0-9]{6}Z"));
}

TEST(Version, IsThatOfTheBuild) {
  EXPECT_THAT(std::string(version()), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(std::string(commit()), testing::MatchesRegex("unknown|[0-9a-f]{7,40}(-dirty)?"));
}

}  // namespace
}  // namespace trawl
