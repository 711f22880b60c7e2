// The one rounding, at ties and a hair beside them.
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "core/exact/wide.hpp"

namespace trawl::core::exact {
namespace {

// t / 2^53, 54 bits and odd, is halfway between two doubles below `even`'s neighbours.
struct Tie {
  BigInt between;
  double even, below, above;
};

Tie random_tie(std::mt19937_64& random) {
  const std::uint64_t mantissa = random() >> 11 | std::uint64_t{1} << 52;
  const auto low = static_cast<double>(mantissa), high = static_cast<double>(mantissa + 1);
  return {BigInt(2 * mantissa + 1), mantissa % 2 == 0 ? low : high, low, high};
}

TEST(RoundRatio, TiesGoToEvenAndNothingElseIsATie) {
  std::mt19937_64 random(61);
  for (int trial = 0; trial < 1000; ++trial) {
    const Tie tie = random_tie(random);
    const BigInt scale = (BigInt(random() | 1) << (random() % 300)) + 1;
    const auto ratio = [&](int beside, int sign) {
      return round_ratio({sign * (tie.between * scale + beside), 7}, {2 * scale, 7});
    };
    for (const int sign : {1, -1}) {
      ASSERT_EQ(ratio(0, sign), sign * tie.even);
      ASSERT_EQ(ratio(1, sign), sign * tie.above);
      ASSERT_EQ(ratio(-1, sign), sign * tie.below);
    }
  }
}

TEST(RoundRoot, TiesGoToEvenAndNothingElseIsATie) {
  std::mt19937_64 random(62);
  for (int trial = 0; trial < 1000; ++trial) {
    const Tie tie = random_tie(random);
    const BigInt scale = BigInt(random() | 1) << (random() % 300 + 120);
    const int exponent = static_cast<int>(random() % 100);
    const auto root = [&](int beside, int sign) {
      return round_root_of_ratio({sign * (tie.between * tie.between * scale + beside), exponent},
                                 {4 * scale, exponent});
    };
    for (const int sign : {1, -1}) {
      ASSERT_EQ(root(0, sign), sign * tie.even);
      ASSERT_EQ(root(1, sign), sign * tie.above);
      ASSERT_EQ(root(-1, sign), sign * tie.below);
    }
  }
}

// Numbers of all sizes, some with few digits, so that roots and ratios that are exact occur too.
Wide random_wide(std::mt19937_64& random) {
  BigInt value = 0;
  for (std::size_t limb = random() % 7; limb-- > 0;) value = value << 64 | random();
  value >>= random() % 64;
  if (random() % 4 == 0) value = random() % 1000;
  if (random() % 8 == 0) value *= value;
  if (random() % 2 == 0) value = -value;
  return {value, static_cast<int>(random() % 500) - 250};
}

TEST(RoundRatioAndRoot, AreTheirSlowTwins) {
  std::mt19937_64 random(63);
  const auto bits = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  for (int trial = 0; trial < 300'000; ++trial) {
    const Wide a = random_wide(random), b = random_wide(random);
    ASSERT_EQ(bits(round_ratio(a, b)), bits(round_ratio_in_integers(a, b)))
        << a.value << " " << a.exponent << " / " << b.value << " " << b.exponent;
    ASSERT_EQ(bits(round_root_of_ratio(a, b)), bits(round_root_of_ratio_in_integers(a, b)))
        << a.value << " " << a.exponent << " / " << b.value << " " << b.exponent;
  }
}

TEST(RoundRoot, OddPowersOfTwo) {
  for (int exponent = -301; exponent <= 301; ++exponent) {
    const double expected = std::ldexp(std::sqrt(std::ldexp(9.0, exponent & 1)), exponent >> 1);
    EXPECT_EQ(round_root_of_ratio({BigInt(9), exponent}, {BigInt(1), 0}), expected) << exponent;
    EXPECT_EQ(round_root_of_ratio({BigInt(9), 0}, {BigInt(1), -exponent}), expected) << exponent;
  }
}

TEST(RoundRatio, Extremes) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double smallest = std::numeric_limits<double>::denorm_min();
  const auto power = [](int exponent) {
    return round_ratio({BigInt(1), exponent}, {BigInt(1), 0});
  };
  EXPECT_EQ(power(1023), std::ldexp(1.0, 1023));
  EXPECT_EQ(power(1024), infinity);
  EXPECT_EQ(power(-1074), smallest);
  EXPECT_EQ(power(-1075), 0.0);  // half of the smallest: to even
  EXPECT_EQ(round_ratio({BigInt(3), -1076}, {BigInt(1), 0}), smallest);
  EXPECT_EQ(power(-5000), 0.0);
  EXPECT_TRUE(std::isnan(round_ratio({BigInt(1), 0}, {BigInt(0), 0})));
  EXPECT_TRUE(std::isnan(round_root_of_ratio({BigInt(1), 0}, {BigInt(0), 0})));
}

TEST(Wide, ScaledIntegersComeBack) {
  std::mt19937_64 random(63);
  for (int trial = 0; trial < 1000; ++trial) {
    BigInt value = (BigInt(random()) << (random() % 200)) + random() % 3;
    if (trial % 2 == 0) value = -value;
    const Wide wide{value, -77};
    const Wide back = to_wide(to_scaled(wide));
    ASSERT_EQ(back.value, value);
    ASSERT_EQ(back.exponent, value == 0 ? 0 : -77);
  }
}

}  // namespace
}  // namespace trawl::core::exact
