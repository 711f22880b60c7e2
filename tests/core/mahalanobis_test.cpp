#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/mahalanobis.hpp>
#include <trawl/core/stats/tails.hpp>

#include "core/tails_support.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double log_p(double d2, std::int64_t n, std::int64_t rank, BaselineKind baseline) {
  return DistanceLaw(n, rank, baseline).log_p(d2).value();
}

// pf(D2 n (n-d) / (d (n^2-1)), d, n-d) and pbeta(D2 n / (n-1)^2, d/2, (n-d-1)/2) by R 4.2.2, upper
// tails, log.p = TRUE.
TEST(DistanceLaw, EqualR) {
  struct Case {
    double d2;
    std::int64_t n, d;
    double without, with;
  };
  const Case cases[] = {
      {29.588298445074418, 50, 5, -7.3739991899844517, -17.317405274426598},
      {3, 30, 3, -0.79071089872514411, -0.93666519731998499},
      {12.5, 640, 64, -5.08575999685691e-14, -8.8412097938667731e-14},
      {500, 1000, 10, -183.42332822872109, -324.85299171245464},
      {40, 1000000, 10, -10.985131192072856, -10.985796151870717},
      {0.25, 20, 1, -0.46018238250622201, -0.47610154984764763},
  };
  for (const Case& c : cases) {
    EXPECT_NEAR(log_p(c.d2, c.n, c.d, BaselineKind::without_record) / c.without, 1, 1e-12) << c.d2;
    EXPECT_NEAR(log_p(c.d2, c.n, c.d, BaselineKind::with_record) / c.with, 1, 1e-12) << c.d2;
  }
}

TEST(DistanceLaw, EqualsEightyDigits) {
  constexpr std::uint64_t seed = 21;
  std::mt19937_64 rng(seed);
  for (int i = 0; i < 1000; ++i) {
    const auto d = static_cast<std::int64_t>(1 + rng() % 64);
    const auto n =
        static_cast<std::int64_t>(10 * d) + static_cast<std::int64_t>(rng() >> (35 + rng() % 29));
    const double limit =
        static_cast<double>(n - 1) * static_cast<double>(n - 1) / static_cast<double>(n);
    const double share = std::ldexp(static_cast<double>(rng() >> 11), -53);
    const double d2 = i % 2 == 0 ? 3 * static_cast<double>(d) * share : limit * share;
    const Precise part = Precise(d2) * n, one = Precise(n) * n - 1,
                  inner = Precise(n - 1) * (n - 1);
    const Precise half_d = Precise(d) / 2;
    const Precise without =
        precise_log_beta(Precise(n - d) / 2, half_d, one / (one + part), part / (one + part));
    EXPECT_LT(relative_error(log_p(d2, n, d, BaselineKind::without_record), without), 1e-14)
        << d2 << " " << n << " " << d << " seed " << seed;
    if (part >= inner) continue;
    const Precise with =
        precise_log_beta(Precise(n - d - 1) / 2, half_d, (inner - part) / inner, part / inner);
    EXPECT_LT(relative_error(log_p(d2, n, d, BaselineKind::with_record), with), 1e-14)
        << d2 << " " << n << " " << d << " seed " << seed;
  }
}

// One feature, by hand: a record of 40, and the same record against the 39 others.
TEST(DistanceLaw, RecordOfTheBaselineIsARecordAgainstTheOthers) {
  std::mt19937_64 rng(3);
  std::vector<double> x(40);
  for (double& value : x) value = static_cast<double>(rng() % 1000);
  x[0] = 2500;
  const auto squared_distance = [&](std::size_t first) {
    const auto n = static_cast<double>(x.size() - first);
    double sum = 0, square = 0;
    for (std::size_t i = first; i < x.size(); ++i) sum += x[i];
    for (std::size_t i = first; i < x.size(); ++i) square += (x[i] - sum / n) * (x[i] - sum / n);
    return (x[0] - sum / n) * (x[0] - sum / n) / (square / (n - 1));
  };
  const double with = log_p(squared_distance(0), 40, 1, BaselineKind::with_record);
  const double without = log_p(squared_distance(1), 39, 1, BaselineKind::without_record);
  EXPECT_LT(with, -10);
  EXPECT_NEAR(with / without, 1, 1e-12);
  // And that is Student's t test, two-sided.
  const double t = std::sqrt(squared_distance(1) * 39 / 40);
  EXPECT_NEAR((log_upper_t(t, 38) + std::log(2)) / without, 1, 1e-12);
}

// True rate of false alarms at the chi-square limit for 1 in 1000, d = 10.
TEST(DistanceLaw, ChiSquareWouldBeWrong) {
  EXPECT_NEAR(log_upper_chi_square(29.588298445074418, 10), std::log(1e-3), 1e-9);
  EXPECT_NEAR(std::exp(log_upper_f(29.588298445074418 * 50 * 40 / (10 * 2499.), 10, 40)), 2.6e-2,
              1e-3);
  EXPECT_NEAR(std::exp(log_p(29.588298445074418, 100, 10, BaselineKind::without_record)), 6.8e-3,
              1e-4);
  EXPECT_NEAR(std::exp(log_p(29.588298445074418, 1000, 10, BaselineKind::without_record)), 1.25e-3,
              1e-5);
}

TEST(DistanceLaw, UndecidedWithFewRecords) {
  for (const BaselineKind baseline : {BaselineKind::without_record, BaselineKind::with_record}) {
    EXPECT_FALSE(DistanceLaw(99, 10, baseline).log_p(1000));
    EXPECT_FALSE(DistanceLaw(99, 10, baseline).critical_squared_distance(-3));
    EXPECT_TRUE(DistanceLaw(100, 10, baseline).log_p(1000));
    EXPECT_FALSE(DistanceLaw(100, 0, baseline).decided());
    EXPECT_FALSE(DistanceLaw(0, 1, baseline).decided());
  }
}

TEST(DistanceLaw, Ends) {
  for (const BaselineKind baseline : {BaselineKind::without_record, BaselineKind::with_record}) {
    EXPECT_EQ(log_p(0, 100, 3, baseline), 0.0);
    EXPECT_EQ(log_p(-1e-9, 100, 3, baseline), 0.0);
    EXPECT_EQ(log_p(infinity, 100, 3, baseline), -infinity);
    EXPECT_THROW(log_p(std::nan(""), 100, 3, baseline), InputError);
    EXPECT_THROW(DistanceLaw(-1, 3, baseline), InputError);
    EXPECT_THROW(DistanceLaw(100, 3, baseline).critical_squared_distance(0), InputError);
  }
  EXPECT_EQ(log_p(99. * 99 / 100 + 1e-9, 100, 3, BaselineKind::with_record), -infinity);
  EXPECT_GT(log_p(99. * 99 / 100 - 1e-9, 100, 3, BaselineKind::with_record), -3000);
  EXPECT_GT(log_p(1e300, 100, 3, BaselineKind::without_record), -40000);
  EXPECT_LT(log_p(1e300, 100, 3, BaselineKind::without_record), -30000);
}

TEST(DistanceLaw, CriticalDistanceInvertsIt) {
  for (const BaselineKind baseline : {BaselineKind::without_record, BaselineKind::with_record}) {
    for (const std::int64_t d : {1, 2, 10, 64}) {
      for (const std::int64_t n : {640, 1000, 1'000'000, 1'000'000'000}) {
        const DistanceLaw law(n, d, baseline);
        for (const double target : {-1e-3, -0.7, -7.0, -100.0, -20'000.0}) {
          // Near its end the tail of the beta law falls by more from one double to the next.
          if (baseline == BaselineKind::with_record && target * 1000 < -static_cast<double>(n))
            continue;
          const double d2 = law.critical_squared_distance(target).value();
          EXPECT_NEAR(law.log_p(d2).value() / target, 1, 1e-12) << d << " " << n << " " << target;
        }
      }
    }
  }
}

// Mean vectors: one feature is Student's t, two-sided.
TEST(Hotelling, OneFeatureIsStudent) {
  const double t = upper_t_quantile(0.025, 29);
  EXPECT_NEAR(upper_hotelling_quantile(0.05, 30, 1), t * t, 1e-13 * t * t);
  EXPECT_NEAR(upper_hotelling_quantile(0.05, 30, 3), 3. * 29 / 27 * upper_f_quantile(0.05, 3, 27),
              1e-13);
  EXPECT_THROW(upper_hotelling_quantile(0.05, 3, 3), InputError);
}

}  // namespace
}  // namespace trawl::core
