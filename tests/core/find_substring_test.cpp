#include <random>
#include <string>

#include <gtest/gtest.h>

#include <trawl/core/scan_program.hpp>

#include "core/kernels/kernels.hpp"

namespace trawl::core {
namespace {

// Against the standard library, on every instruction set, with few letters so that much nearly
// fits.
TEST(FindSubstring, FindsWhatStringFindsOnEveryTarget) {
  std::mt19937_64 random(1);
  for (const std::string& target : kernel_targets()) {
    force_kernel_target(target);
    for (int round = 0; round < 3000; ++round) {
      std::string text(random() % 300, 'a'), needle(1 + random() % 9, 'a');
      for (char& c : text) c = static_cast<char>('a' + random() % 2);
      for (char& c : needle) c = static_cast<char>('a' + random() % 2);
      const std::size_t from = random() % (text.size() + 2);
      const std::size_t expected = std::min(text.find(needle, from), text.size());
      ASSERT_EQ(
          kernels::find_substring(text, kernels::Needle(needle, random() % 2 ? text : "ab"), from),
          expected)
          << target << " '" << text << "' '" << needle << "' " << from;
    }
  }
  force_kernel_target("");
}

}  // namespace
}  // namespace trawl::core
