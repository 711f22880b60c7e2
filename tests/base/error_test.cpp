#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

namespace trawl {
namespace {

TEST(Error, EveryKindHasItsExitCode) {
  EXPECT_EQ(exit_code_of(InputError("x")), ExitCode::bad_input);
  EXPECT_EQ(exit_code_of(DataError("x")), ExitCode::incomplete);
  EXPECT_EQ(exit_code_of(CheckError("x")), ExitCode::check_failed);
  EXPECT_EQ(exit_code_of(CollectiveError(ExitCode::interrupted, "x")), ExitCode::interrupted);
  EXPECT_EQ(exit_code_of(Error("x")), ExitCode::internal_error);
  EXPECT_EQ(exit_code_of(std::runtime_error("x")), ExitCode::internal_error);
}

TEST(Error, ExitCodesAreThoseScriptsKnow) {
  EXPECT_EQ(static_cast<int>(ExitCode::complete), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::internal_error), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::bad_input), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::quarantined), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::incomplete), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::check_failed), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::interrupted), 75);
}

}  // namespace
}  // namespace trawl
