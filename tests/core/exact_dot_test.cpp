// Exact sums of products against MPFR.
#include <string>

#include <gtest/gtest.h>

#include <trawl/core/exact/exact_sum.hpp>
#include <trawl/core/scan_program.hpp>

#include "core/exact_support.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

ExactDot dot(std::span<const double> a, std::span<const double> b) {
  ExactDot sum;
  sum.add_products(a, b);
  return sum;
}

ExactDot one_by_one(std::span<const double> a, std::span<const double> b) {
  ExactDot sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum.add_product(a[i], b[i]);
  return sum;
}

double mpfr_dot(std::span<const double> a, std::span<const double> b) {
  MpfrSum sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum.add_product(a[i], b[i]);
  EXPECT_FALSE(sum.inexact);
  return sum.value();
}

class ExactDots : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_kernel_target(GetParam()); }
  void TearDown() override { force_kernel_target(""); }
};
INSTANTIATE_TEST_SUITE_P(Targets, ExactDots, testing::ValuesIn(kernel_targets()),
                         [](const auto& target) { return target.param; });

TEST_P(ExactDots, EqualMpfr) {
  Rng rng(21);
  for (int kind = 0; kind < number_kinds; ++kind) {
    for (int other = 0; other < number_kinds; ++other) {
      for (const std::size_t count : {0, 1, 3, 31, 64, 100, 1500}) {
        const auto a = random_numbers(rng, kind, count), b = random_numbers(rng, other, count);
        const ExactDot sum = dot(a, b);
        ASSERT_EQ(sum.to_bytes(), one_by_one(a, b).to_bytes()) << kind << other << " " << count;
        ASSERT_PRED2(same, sum.value(), mpfr_dot(a, b)) << kind << other << " " << count;
      }
    }
  }
}

TEST_P(ExactDots, FillTheRoomOfTheLanes) {
  Rng rng(24);
  for (int bits = 20; bits <= 26; ++bits) {
    for (const double sign : {1.0, -1.0}) {
      const auto a = full_slices(rng, bits, 3000);
      auto b = full_slices(rng, bits, 3000);
      for (double& value : b) value *= sign;
      ASSERT_EQ(dot(a, b).to_bytes(), one_by_one(a, b).to_bytes()) << bits << " " << sign;
    }
  }
}

// Up to and beyond the exponents that slices may have.
TEST_P(ExactDots, TakeAllExponents) {
  Rng rng(25);
  for (int exponent = -540; exponent <= 540; exponent += 9) {
    std::vector<double> a(200), b(200);
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = std::ldexp(random_number(rng, 0), exponent - static_cast<int>(rng() % 85));
      b[i] = std::ldexp(random_number(rng, 0), exponent - static_cast<int>(rng() % 85));
    }
    ASSERT_EQ(dot(a, b).to_bytes(), one_by_one(a, b).to_bytes()) << exponent;
  }
}

// Products that cancel but for a part of 2^-cancelled: condition numbers from 1 to 1e600.
TEST_P(ExactDots, EqualMpfrWhateverTheConditionNumber) {
  Rng rng(26);
  for (int cancelled = 0; cancelled <= 2000; cancelled += 50) {
    std::vector<double> a, b;
    for (int i = 0; i < 40; ++i) {
      const double x = std::ldexp(random_number(rng, 0), cancelled / 4);
      const double y = std::ldexp(random_number(rng, 0), cancelled / 4);
      const double small = std::ldexp(random_number(rng, 0), -cancelled / 4);
      a.insert(a.end(), {x, -x, small});
      b.insert(b.end(), {y, y, std::ldexp(random_number(rng, 0), -cancelled / 4)});
    }
    ASSERT_PRED2(same, dot(a, b).value(), mpfr_dot(a, b)) << cancelled;
    ASSERT_EQ(dot(a, b).to_bytes(), one_by_one(a, b).to_bytes()) << cancelled;
  }
}

// One large number among others must cost a chunk, not the result.
TEST_P(ExactDots, TakeOutliers) {
  Rng rng(23);
  for (const double outlier : {1e30, 1e140, 1e300, largest, infinity, std::nan("")}) {
    auto a = random_numbers(rng, 0, 2000), b = random_numbers(rng, 7, 2000);
    a[700] = outlier;
    b[1999] = -outlier;
    ASSERT_EQ(dot(a, b).to_bytes(), one_by_one(a, b).to_bytes()) << outlier;
  }
}

TEST_P(ExactDots, DoNotDependOnOrderAndCanBeTakenBack) {
  Rng rng(22);
  for (int kind = 0; kind < number_kinds; ++kind) {
    auto a = random_numbers(rng, kind, 3000), b = random_numbers(rng, 8, 3000);
    const ExactDot forward = dot(a, b);
    const ExactDot half = dot(std::span(a).first(1234), std::span(b).first(1234));
    ExactDot rest = forward;
    rest.subtract_products(std::span(a).first(1234), std::span(b).first(1234));
    std::reverse(a.begin(), a.end());
    std::reverse(b.begin(), b.end());
    EXPECT_EQ(dot(b, a).to_bytes(), forward.to_bytes());
    rest.merge(half);
    EXPECT_EQ(rest.to_bytes(), forward.to_bytes());
  }
}

TEST(ExactDot, KeepsWhatOverflowsAndUnderflows) {
  ExactDot sum;
  sum.add_product(largest, largest);
  sum.add_product(smallest, -smallest);
  EXPECT_EQ(sum.value(), infinity);
  sum.subtract_product(largest, largest);
  EXPECT_EQ(sum.sign(), -1);
  EXPECT_PRED2(same, sum.value(), -0.0);  // 2^-2148 rounds to zero, on its side
  sum.add_product(smallest, 1.0);
  EXPECT_EQ(sum.value(), smallest);
  sum.add_product(smallest, -0.5);  // half of the smallest, minus a little: to zero
  EXPECT_EQ(sum.value(), 0.0);
  sum.add_product(smallest, smallest);  // exactly half: to even
  EXPECT_EQ(sum.value(), 0.0);
  sum.add_product(smallest, smallest);
  EXPECT_EQ(sum.value(), smallest);
}

TEST(ExactDot, CountsProductsThatAreNotFinite) {
  ExactDot sum;
  sum.add_product(infinity, -2.0);
  EXPECT_EQ(sum.value(), -infinity);
  sum.add_product(infinity, 0.0);
  EXPECT_EQ(sum.nan_count(), 1);
  sum.subtract_products(std::vector{infinity, infinity}, std::vector{0.0, -2.0});
  EXPECT_TRUE(sum.is_zero());
}

}  // namespace
}  // namespace trawl::core
