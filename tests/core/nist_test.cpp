// The nine univariate sets of NIST's Statistical Reference Datasets: equal to the rational result
// for the doubles that were given, and to the certified digits for the decimals that were meant.
#include <cmath>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <mpfr.h>

#include <trawl/core/exact/moments.hpp>

#include "core/exact_support.hpp"
#include "core/rational_support.hpp"

namespace trawl::core {
namespace {

struct NistSet {
  std::string name;
  int decimals;  // digits behind the point in the data
  double certified_mean, certified_deviation;
  std::vector<double> values;
};

std::vector<double> from_file(const std::string& name) {
  std::ifstream file(TRAWL_SOURCE_DIR "/tests/data/nist/" + name + ".txt");
  std::vector<double> values;
  for (std::string word; file >> word;) values.push_back(std::stod(word));
  return values;
}

// NumAcc2 to 4 are the centre once, then 0.1 less and 0.1 more in turns, 1001 values.
std::vector<double> around(const char* less, const char* centre, const char* more) {
  std::vector<double> values = {std::stod(centre)};
  for (int i = 0; i < 500; ++i) values.insert(values.end(), {std::stod(less), std::stod(more)});
  return values;
}

// The first 5000 digits of pi as NIST's file has them: its 957th is 3, and that of pi is 8; the
// certified values are those of the file.
std::vector<double> pi_digits() {
  mpfr_t pi;
  mpfr_init2(pi, 17000);
  mpfr_const_pi(pi, MPFR_RNDN);
  mpfr_exp_t exponent = 0;
  char* text = mpfr_get_str(nullptr, &exponent, 10, 5010, pi, MPFR_RNDN);
  std::vector<double> digits;
  for (int i = 0; i < 5000; ++i) digits.push_back(text[i] - '0');
  digits[956] = 3;
  mpfr_free_str(text);
  mpfr_clear(pi);
  return digits;
}

const std::vector<NistSet>& nist_sets() {
  static const std::vector<NistSet> sets = {
      {"PiDigits", 0, 4.53480000000000, 2.86733906028871, pi_digits()},
      {"Lottery", 0, 518.958715596330, 291.699727470969, from_file("lottery")},
      {"Lew", 0, -177.435000000000, 277.332168044316, from_file("lew")},
      {"Mavro", 5, 2.00185600000000, 0.000429123454003053, from_file("mavro")},
      {"Michelso", 2, 299.852400000000, 0.0790105478190518, from_file("michelso")},
      {"NumAcc1", 0, 10000002, 1, {10000001, 10000003, 10000002}},
      {"NumAcc2", 1, 1.2, 0.1, around("1.1", "1.2", "1.3")},
      {"NumAcc3", 1, 1000000.2, 0.1, around("1000000.1", "1000000.2", "1000000.3")},
      {"NumAcc4", 1, 10000000.2, 0.1, around("10000000.1", "10000000.2", "10000000.3")},
  };
  return sets;
}

class Nist : public testing::TestWithParam<NistSet> {};
INSTANTIATE_TEST_SUITE_P(Univariate, Nist, testing::ValuesIn(nist_sets()),
                         [](const auto& set) { return set.param.name; });

ExactMoments moments_of(const std::vector<double>& values) {
  ExactMoments moments(1);
  moments.add(values);
  return moments;
}

TEST_P(Nist, EqualsTheRationalResultRoundedOnce) {
  const NistSet& set = GetParam();
  const RationalMoments expected({std::vector<Rational>(set.values.begin(), set.values.end())});
  const ExactMoments moments = moments_of(set.values);
  EXPECT_EQ(moments.count(), static_cast<std::int64_t>(set.values.size()));
  EXPECT_EQ(moments.mean(0), nearest(expected.mean(0)));
  EXPECT_EQ(moments.variance(0), nearest(expected.covariance(0, 0, 1)));
  EXPECT_EQ(moments.standard_deviation(0), nearest_root(expected.covariance(0, 0, 1)));
}

// The certified values are about decimals; scaled to integers, doubles hold them exactly.
TEST_P(Nist, HasAllCertifiedDigits) {
  const NistSet& set = GetParam();
  const double scale = std::pow(10.0, set.decimals);
  std::vector<double> integers;
  for (const double value : set.values) integers.push_back(std::round(value * scale));
  const ExactMoments moments = moments_of(integers);
  // 15 digits are certified: half a unit of the last.
  EXPECT_NEAR(moments.mean(0) / scale, set.certified_mean, 5e-15 * std::abs(set.certified_mean));
  EXPECT_NEAR(moments.standard_deviation(0) / scale, set.certified_deviation,
              5e-15 * set.certified_deviation);
}

TEST(NistFixedPoint, IsAsGoodForIntegers) {
  for (const NistSet& set : nist_sets()) {
    if (set.decimals != 0) continue;
    FixedMoments fixed({0});
    fixed.add(set.values);
    const ExactMoments exact = moments_of(set.values);
    EXPECT_EQ(fixed.mean(0), exact.mean(0)) << set.name;
    EXPECT_EQ(fixed.variance(0), exact.variance(0)) << set.name;
  }
}

}  // namespace
}  // namespace trawl::core
