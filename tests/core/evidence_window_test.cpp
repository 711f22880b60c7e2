// Sums in a window of 128 bits against those without one, and against MPFR.
#include <gtest/gtest.h>

#include <trawl/core/evidence/source_sums.hpp>

#include "core/evidence_support.hpp"

namespace trawl::evidence {
namespace {

std::vector<std::byte> bytes_of_sums(const GroupSums& sums) {
  std::vector<std::byte> out;
  sums.append_bytes(out);
  return out;
}

// Terms of any exponent, most of them ordinary.
Contribution random_contribution(Rng& rng) {
  const int low = rng() % 8 == 0 ? -1060 : -40, high = rng() % 8 == 0 ? 60 : 20;
  const int exponent = low + static_cast<int>(rng() % static_cast<std::uint64_t>(high - low));
  const std::uint64_t kept = rng() % 3 == 0 ? 3 : 53;  // short mantissas too
  const double mantissa =
      std::ldexp(static_cast<double>(rng() >> (64 - kept)), -static_cast<int>(kept));
  const double weight = rng() % 4 == 0   ? 1
                        : rng() % 9 == 0 ? std::ldexp(unit(rng), -100)
                                         : unit(rng);
  const double value = std::ldexp(rng() % 2 == 0 ? mantissa : -mantissa, exponent);
  return {value, weight, rng() % 5 == 0, Refusal::none};
}

TEST(WindowSums, WithWhatTheyRefuseAreTheSums) {
  Rng rng(1);
  std::size_t refused = 0, taken = 0;
  for (int trial = 0; trial < 300; ++trial) {
    WindowSums window;
    GroupSums sums, whole;
    core::MpfrSum reference;
    for (std::uint64_t left = rng() % 300; left > 0; --left) {
      const Contribution c = random_contribution(rng);
      const bool fits = window.add(c.value, c.weight, c.clamped);
      if (!fits) sums.add(c);
      ++(fits ? taken : refused);
      whole.add(c);
      reference.add(c.value);
    }
    EXPECT_EQ(window.records() + static_cast<std::uint64_t>(sums.records()),
              static_cast<std::uint64_t>(whole.records()));
    sums.merge(window);
    ASSERT_EQ(bytes_of_sums(sums), bytes_of_sums(whole));
    SourceSums of_source;
    of_source.group(std::int64_t{0}).merge(sums);
    const double total = whole.records() > 0 ? of_source.total(INFINITY).pooled.value() : 0;
    ASSERT_PRED2(same, total, reference.value());
  }
  EXPECT_GT(refused, taken / 50);
  EXPECT_GT(taken, 2 * refused);
}

TEST(WindowSums, RefuseWhatDoesNotFitAndStayAsTheyWere) {
  WindowSums window;
  for (const double value : {0x1p-97, 0x1.8p-96, -0x1.0000000000001p-45, 0x1p200, -0x1p-1074})
    EXPECT_FALSE(window.add(value, 1, true)) << value;
  EXPECT_FALSE(window.add(1, 0x1p-100, true));
  EXPECT_EQ(window.records() + window.clamped(), 0u);
  for (const double value : {0.0, -0.0, 0x1p-96, -0x1.8p-95, 0x1.fffffffffffffp29, 50.0, 0x1p20})
    EXPECT_TRUE(window.add(value, 0x1p-96, false)) << value;
}

TEST(WindowSums, RefuseToOverflow) {
  for (const double sign : {1.0, -1.0}) {
    WindowSums window;
    GroupSums whole;
    std::size_t count = 0;
    for (; window.add(sign * 0x1p28, 1, false); ++count) whole.add({sign * 0x1p28, 1, false, {}});
    EXPECT_EQ(count, sign > 0 ? 7u : 8u);
    GroupSums sums;
    sums.merge(window);
    EXPECT_EQ(bytes_of_sums(sums), bytes_of_sums(whole));
  }
}

}  // namespace
}  // namespace trawl::evidence
