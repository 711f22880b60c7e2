// Moments against rational arithmetic, to the last bit.
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>

#include "core/moments_support.hpp"
#include "core/rational_support.hpp"

namespace trawl::core {
namespace {

std::vector<std::vector<Rational>> rational(const Table& table) {
  std::vector<std::vector<Rational>> columns;
  for (const auto& column : table) columns.emplace_back(column.begin(), column.end());
  return columns;
}

template <class M>
void expect_moments(const M& moments, const RationalMoments& expected) {
  for (std::size_t i = 0; i < moments.features(); ++i) {
    ASSERT_PRED2(same, moments.mean(i), nearest(expected.mean(i)));
    ASSERT_PRED2(same, moments.standard_deviation(i), nearest_root(expected.covariance(i, i, 1)));
    for (std::size_t j = 0; j <= i; ++j) {
      ASSERT_PRED2(same, moments.covariance(i, j), nearest(expected.covariance(i, j, 1)));
      ASSERT_PRED2(same, moments.covariance(j, i, 0), nearest(expected.covariance(i, j, 0)));
      if (expected.deviations(i, i) == 0 || expected.deviations(j, j) == 0) continue;
      ASSERT_PRED2(same, moments.correlation(i, j), expected.correlation(i, j));
    }
  }
}

TEST(ExactMomentsRational, AreRoundedOnce) {
  Rng rng(41);
  for (int kind = 0; kind <= number_kinds; ++kind) {
    for (const std::size_t rows : {2, 3, 10, 100, 700}) {
      if (kind == 3 && rows > 10) continue;  // rationals of 4000 bits
      const Table table = random_table(rng, kind, 3, rows);
      ExactMoments moments(3);
      moments.add(rows_of(table));
      SCOPED_TRACE(testing::Message() << kind << " " << rows);
      expect_moments(moments, RationalMoments(rational(table)));
    }
  }
}

// mean / standard deviation up to 1e15, where textbook formulas lose every digit.
TEST(ExactMomentsRational, SurviveCancellation) {
  Rng rng(42);
  for (int shift = 0; shift <= 50; shift += 5) {
    Table table = random_table(rng, 0, 2, 200);
    for (auto& column : table) {
      for (double& value : column) value += std::ldexp(1.0, shift);
    }
    ExactMoments moments(2);
    moments.add_columns(spans_of(table));
    expect_moments(moments, RationalMoments(rational(table)));
  }
}

TEST(ExactMomentsRational, NearlyPerfectCorrelations) {
  Rng rng(43);
  for (int trial = 0; trial < 50; ++trial) {
    Table table = random_table(rng, 0, 1, 50);
    table.push_back(table[0]);
    for (double& value : table[1]) value *= -3;
    if (trial % 2 == 0) table[1][trial] = std::nextafter(table[1][trial], 9.0);
    ExactMoments moments(2);
    moments.add_columns(spans_of(table));
    expect_moments(moments, RationalMoments(rational(table)));
  }
}

// Values become the nearest multiple of the unit, ties to even: said in rationals.
Rational quantised(double value, int unit) {
  Rational units = Rational(value);
  const Rational scale = boost::multiprecision::pow(boost::multiprecision::mpz_int(2),
                                                    static_cast<unsigned>(std::abs(unit)));
  units = unit < 0 ? Rational(units * scale) : Rational(units / scale);
  const Rational twice = units * 2 + 1;
  const boost::multiprecision::mpz_int doubled = 2 * denominator(twice);
  boost::multiprecision::mpz_int rounded = numerator(twice) / doubled;  // towards zero
  if (numerator(twice) < 0 && rounded * doubled != numerator(twice)) --rounded;
  const bool tie = rounded * doubled == numerator(twice);
  if (tie && rounded % 2 != 0) --rounded;
  return unit < 0 ? Rational(rounded / scale) : Rational(rounded * scale);
}

TEST(FixedMomentsRational, AreOfTheRoundedValues) {
  Rng rng(44);
  for (const int unit : {-40, -20, -1, 0, 3, 100, -390, 430}) {
    for (const std::size_t rows : {2, 20, 150}) {
      Table table = random_table(rng, 0, 3, rows);
      for (auto& column : table) {
        const int size = static_cast<int>(rng() % 46) - 2;
        for (double& value : column) value = std::ldexp(value, unit + std::min(size, 43));
      }
      for (double& value : table[2]) {  // ties
        value = std::ldexp(static_cast<double>(static_cast<int>(rng() % 99) - 50) + 0.5, unit);
      }
      FixedMoments moments({unit, unit, unit});
      moments.add_columns(spans_of(table));
      ASSERT_EQ(moments.refused(), 0);
      auto columns = rational(table);
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t row = 0; row < rows; ++row) {
          columns[i][row] = quantised(table[i][row], unit);
        }
      }
      SCOPED_TRACE(testing::Message() << unit << " " << rows);
      expect_moments(moments, RationalMoments(columns));
    }
  }
}

TEST(FixedMomentsRational, RangeIsWhatTheConfigurationSays) {
  const double end = std::ldexp(1.0, 43 - 10);
  FixedMoments moments({-10});
  moments.add(std::vector{end, -end, std::nextafter(end, 0.0), std::nextafter(-end, 0.0), 1e300});
  EXPECT_EQ(moments.count(), 2);
  EXPECT_EQ(moments.refused_values(0), (RefusedValues{0, 1, 2}));
  EXPECT_EQ(moments.mean(0), 0.0);
  EXPECT_EQ(moments.variance(0, 0), end * end);  // both rounded to the end
  EXPECT_THROW(FixedMoments({-391}), InputError);
  EXPECT_THROW(FixedMoments({431}), InputError);
}

TEST(FixedMomentsRational, RefuseToOverflow) {
  FixedMoments moments({0});
  moments.add(std::vector<double>(1000, std::ldexp(1.0, 43) - 1));
  const auto double_often = [&] {
    for (int i = 0; i < 40; ++i) moments.merge(FixedMoments(moments));
  };
  EXPECT_THROW(double_often(), InputError);
}

TEST(MomentsRational, NumeratorIsExact) {
  ExactMoments moments(2);
  moments.add(std::vector{1.0, 10.0, 2.0, -20.0});  // 2 * (10 - 40) - 3 * -10
  const ScaledInteger numerator = moments.numerator(0, 1);
  Rational value = 0;
  for (std::size_t i = 0; i < numerator.words.size(); ++i) {
    Rational word = numerator.words[i];
    if (i + 1 == numerator.words.size() && numerator.words[i] >> 31 != 0) {
      word -= Rational(4294967296.0);
    }
    value += word * Rational(std::ldexp(1.0, static_cast<int>(32 * i)));
  }
  EXPECT_EQ(std::ldexp(nearest(value), numerator.exponent), -30.0);
}

}  // namespace
}  // namespace trawl::core
