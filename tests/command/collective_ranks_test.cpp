// What root does for all, on any number of ranks.
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "command/collective.hpp"
#include "support/ranks.hpp"

namespace trawl::command {
namespace {

using test::world;

// The code and text of what `step` throws, or nothing.
template <class Step>
std::optional<std::pair<ExitCode, std::string>> thrown_by(const Step& step) {
  try {
    step();
  } catch (const CollectiveError& error) {
    return std::pair(error.code(), std::string(error.what()));
  }
  return std::nullopt;
}

TEST(FromRoot, AllRanksGetTheTextOfRoot) {
  const std::string text = from_root(world(), [] { return std::string("a\nb"); });
  EXPECT_EQ(text, "a\nb");
  EXPECT_EQ(from_root(world(), [] { return std::string(); }), "");
  const std::string bytes("\0\xff\n", 3);
  EXPECT_EQ(from_root(world(), [&] { return bytes; }), bytes);
}

TEST(FromRoot, OnlyRootWorks) {
  int calls = 0;
  on_root(world(), [&] { ++calls; });
  EXPECT_EQ(calls, world().is_root() ? 1 : 0);
}

TEST(FromRoot, AllRanksThrowTheErrorOfRoot) {
  const auto input = thrown_by([] { on_root(world(), [] { throw InputError("wrong\n2\n"); }); });
  const auto data = thrown_by([] { on_root(world(), [] { throw DataError("damaged"); }); });
  const auto other = thrown_by([] { on_root(world(), [] { throw std::logic_error("defect"); }); });
  EXPECT_EQ(input, std::pair(ExitCode::bad_input, std::string("wrong\n2\n")));
  EXPECT_EQ(data, std::pair(exit_code_of(DataError("")), std::string("damaged")));
  EXPECT_EQ(other, std::pair(ExitCode::internal_error, std::string("defect")));
}

TEST(FromRoot, AFileOfTheUserThatIsMissingIsBadInput) {
  const auto missing = thrown_by([] { file_from_root(world(), "/no/such/file.cfg"); });
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->first, ExitCode::bad_input);
  EXPECT_NE(missing->second.find("/no/such/file.cfg"), std::string::npos);
}

}  // namespace
}  // namespace trawl::command
