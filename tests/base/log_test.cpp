#include <functional>

#include <gtest/gtest.h>

#include <trawl/base/log.hpp>

namespace trawl {
namespace {

std::string written_by(const std::function<void()>& f) {
  testing::internal::CaptureStderr();
  f();
  return testing::internal::GetCapturedStderr();
}

std::string everything() {
  return written_by([] {
    log::story("a");
    log::warning("b");
    log::any_rank("c");
  });
}

class Log : public testing::Test {
 protected:
  ~Log() override {
    log::set_rank(0);
    log::set_quiet(false);
  }
};

TEST_F(Log, TheRootTellsTheStory) {
  EXPECT_EQ(everything(), "a\nwarning: b\nrank 0: c\n");
}

TEST_F(Log, OthersSayOnlyWhatTheyAloneKnow) {
  log::set_rank(3);
  EXPECT_EQ(everything(), "rank 3: c\n");
}

TEST_F(Log, QuietKeepsWarnings) {
  log::set_quiet(true);
  EXPECT_EQ(everything(), "warning: b\nrank 0: c\n");
}

TEST_F(Log, StandardOutputIsForResults) {
  testing::internal::CaptureStdout();
  everything();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

}  // namespace
}  // namespace trawl
