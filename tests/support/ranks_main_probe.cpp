// What ranks_main.cpp is tried on.
#include <gtest/gtest.h>

#include "support/ranks.hpp"

namespace {

TEST(Probe, FailsOnRankTwo) {
  EXPECT_NE(trawl::test::world().rank(), 2);
}

// Hangs when the ranks that did not fail come here without the one that did.
TEST(Probe, Passes) {
  trawl::test::world().barrier();
}

}  // namespace
