// Exact sums against MPFR, and against themselves in other orders, blocks and instruction sets.
#include <cfenv>
#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/exact_sum.hpp>
#include <trawl/core/scan_program.hpp>

#include "core/exact_support.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();
const double nan = std::numeric_limits<double>::quiet_NaN();

ExactSum sum_of(std::span<const double> values) {
  ExactSum sum;
  sum.add(values);
  return sum;
}

// The slow twin: one by one, in integers only.
ExactSum one_by_one(std::span<const double> values) {
  ExactSum sum;
  for (const double value : values) sum.add(value);
  return sum;
}

double mpfr_sum(std::span<const double> values) {
  MpfrSum sum;
  for (const double value : values) sum.add(value);
  EXPECT_FALSE(sum.inexact);
  return sum.value();
}

// Repeats a test under every instruction set.
class ExactSums : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_kernel_target(GetParam()); }
  void TearDown() override { force_kernel_target(""); }
};
INSTANTIATE_TEST_SUITE_P(Targets, ExactSums, testing::ValuesIn(kernel_targets()),
                         [](const auto& target) { return target.param; });

TEST_P(ExactSums, EqualMpfr) {
  Rng rng(1);
  for (int kind = 0; kind < number_kinds; ++kind) {
    for (const std::size_t count : {0, 1, 2, 15, 16, 17, 33, 100, 1000, 2047, 2048, 2049, 5000}) {
      const auto values = random_numbers(rng, kind, count);
      const ExactSum sum = sum_of(values);
      ASSERT_EQ(sum.to_bytes(), one_by_one(values).to_bytes()) << kind << " " << count;
      ASSERT_PRED2(same, sum.value(), mpfr_sum(values)) << kind << " " << count;
    }
  }
}

TEST_P(ExactSums, EqualMpfrWhateverTheConditionNumber) {
  Rng rng(2);
  for (int cancelled = 0; cancelled <= 1040; cancelled += 20) {  // condition numbers 1e0 to 1e313
    for (const std::size_t count : {10, 100, 3000}) {
      const auto values = cancelling_numbers(rng, cancelled, count);
      ASSERT_PRED2(same, sum_of(values).value(), mpfr_sum(values)) << cancelled << " " << count;
    }
  }
}

TEST_P(ExactSums, DoNotDependOnOrderSplitOrMerge) {
  Rng rng(3);
  for (int kind = 0; kind < number_kinds; ++kind) {
    auto values = random_numbers(rng, kind, 6000);
    if (kind == 8) values.insert(values.end(), {nan, infinity, -infinity, -nan});
    const auto bytes = one_by_one(values).to_bytes();
    for (int trial = 0; trial < 10; ++trial) {
      std::shuffle(values.begin(), values.end(), rng);
      std::vector<ExactSum> parts;
      for (std::size_t begin = 0; begin < values.size();) {
        const std::size_t count = std::min<std::size_t>(1 + rng() % 4000, values.size() - begin);
        parts.push_back(sum_of(std::span(values).subspan(begin, count)));
        begin += count;
      }
      std::shuffle(parts.begin(), parts.end(), rng);
      ExactSum all;
      for (const ExactSum& part : parts) all.merge(part);
      ASSERT_EQ(all.to_bytes(), bytes) << kind << " " << trial;
    }
  }
}

// Every lane goes as far from its start as it may, on both levels and sides.
TEST_P(ExactSums, FillTheRoomOfTheLanes) {
  for (const double value : {2 - std::ldexp(1.0, -52), 1 + std::ldexp(1.0, -45), 1.0}) {
    for (const double scale : {1.0, -1.0, 0x1p-1000, -0x1p1000, 0x1p-1040}) {
      const std::vector<double> values(4096, value * scale);
      ASSERT_EQ(sum_of(values).to_bytes(), one_by_one(values).to_bytes()) << value << " " << scale;
    }
  }
}

TEST_P(ExactSums, SubtractionUndoesAddition) {
  Rng rng(4);
  for (int kind = 0; kind < number_kinds; ++kind) {
    const auto keep = random_numbers(rng, kind, 3000);
    auto leave = random_numbers(rng, 8, 3000);
    leave.insert(leave.end(), {nan, infinity, -infinity, infinity});
    const auto bytes = sum_of(keep).to_bytes();

    ExactSum by_value = sum_of(keep);
    by_value.add(leave);
    by_value.subtract(leave);
    EXPECT_EQ(by_value.to_bytes(), bytes);

    ExactSum by_state = sum_of(leave);
    by_state.merge(sum_of(keep));
    by_state.subtract(sum_of(leave));
    EXPECT_EQ(by_state.to_bytes(), bytes);

    ExactSum inverse = sum_of(leave);
    inverse.negate();
    inverse.merge(sum_of(leave));
    EXPECT_TRUE(inverse.is_zero());
    EXPECT_EQ(inverse.to_bytes(), ExactSum().to_bytes());
  }
}

TEST(ExactSum, OfNothingAndOfNegativeZerosIsPositiveZero) {
  EXPECT_PRED2(same, ExactSum().value(), 0.0);
  EXPECT_PRED2(same, sum_of(std::vector<double>(100, -0.0)).value(), 0.0);
  EXPECT_EQ(ExactSum().to_bytes().size(), 4u);
  EXPECT_EQ(ExactSum().sign(), 0);
}

TEST(ExactSum, RoundsHalfToEvenAtEveryExponent) {
  for (int e = -1022; e <= 1023; ++e) {
    const double one = std::ldexp(1.0, e);
    if (e - 54 < -1074) continue;
    const double half = std::ldexp(1.0, e - 53), next = one + 2 * half, little = half / 2;
    EXPECT_EQ(sum_of(std::vector{one, half}).value(), one) << e;
    EXPECT_EQ(sum_of(std::vector{one, half, smallest}).value(), next) << e;
    EXPECT_EQ(sum_of(std::vector{next, half}).value(), next + 2 * half) << e;
    EXPECT_EQ(sum_of(std::vector{one, half, little, -little, -smallest}).value(), one) << e;
    EXPECT_EQ(sum_of(std::vector{-one, -half}).value(), -one) << e;
  }
}

TEST(ExactSum, OverflowsWhereRoundingDoes) {
  const double half_ulp = std::ldexp(1.0, 970);
  EXPECT_EQ(sum_of(std::vector{largest, half_ulp}).value(), infinity);
  EXPECT_EQ(sum_of(std::vector{largest, half_ulp, -smallest}).value(), largest);
  EXPECT_EQ(sum_of(std::vector{-largest, -half_ulp}).value(), -infinity);
  const std::vector<double> many(100'000, largest);
  ExactSum sum = sum_of(many);
  EXPECT_EQ(sum.value(), infinity);
  EXPECT_EQ(sum.positive_infinity_count(), 0);
  sum.subtract(std::span(many).first(99'999));
  EXPECT_EQ(sum.value(), largest);
}

TEST(ExactSum, KeepsSubnormals) {
  EXPECT_EQ(sum_of(std::vector{smallest, smallest}).value(), 2 * smallest);
  EXPECT_EQ(sum_of(std::vector<double>(10'000, smallest)).value(), 10'000 * smallest);
  EXPECT_EQ(sum_of(std::vector{1e300, smallest, -1e300}).value(), smallest);
}

TEST(ExactSum, CountsWhatIsNotFinite) {
  ExactSum sum = sum_of(std::vector{1.0, infinity});
  EXPECT_EQ(sum.value(), infinity);
  sum.add(-infinity);
  EXPECT_TRUE(std::isnan(sum.value()));
  sum.subtract(infinity);
  EXPECT_EQ(sum.value(), -infinity);
  sum.subtract(-infinity);
  EXPECT_EQ(sum.value(), 1.0);
  sum.add(nan);
  EXPECT_EQ(sum.nan_count(), 1);
  EXPECT_TRUE(std::isnan(sum.value()));
  sum.subtract(std::vector<double>{nan, nan});
  EXPECT_EQ(sum.nan_count(), -1);
  EXPECT_TRUE(std::isnan(sum.value()));
}

TEST(ExactSum, CarriesWaitWithoutLoss) {
  // 2^30 doublings of pending deposits: every merge doubles them.
  ExactSum sum = sum_of(std::vector{largest, -smallest, 1.0});
  MpfrSum expected;
  ExactSum doubled = sum;
  for (int i = 0; i < 70; ++i) doubled.merge(ExactSum(doubled));
  const ExactSum read = ExactSum::from_bytes(doubled.to_bytes());
  EXPECT_EQ(read, doubled);
  EXPECT_EQ(doubled.sign(), 1);
  // 2^70 * (largest - smallest + 1) - 2^70 * largest
  ExactSum most;
  most.add(largest);
  for (int i = 0; i < 70; ++i) most.merge(ExactSum(most));
  doubled.subtract(most);
  EXPECT_EQ(doubled.value(), std::ldexp(1.0, 70));
}

TEST(ExactSum, RefusesToGrowBeyondItsCapacity) {
  ExactSum sum;
  sum.add(largest);
  const auto double_often = [&] {
    for (int i = 0; i < 300; ++i) sum.merge(ExactSum(sum));
  };
  EXPECT_THROW(double_often(), InputError);
}

TEST(ExactSum, DoesNotTrustTheFloatEnvironment) {
  Rng rng(5);
  const auto values = random_numbers(rng, 8, 5000);
  const auto bytes = sum_of(values).to_bytes();
  const double value = sum_of(values).value();
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    std::fesetround(mode);
    const ExactSum sum = sum_of(values);
    const double rounded = sum.value();
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(sum.to_bytes(), bytes) << mode;
    EXPECT_EQ(rounded, value) << mode;
  }
}

}  // namespace
}  // namespace trawl::core
