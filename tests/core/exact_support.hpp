// Doubles that break summation, and what MPFR says their exact sum is.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <mpfr.h>

namespace trawl::core {

using Rng = std::mt19937_64;

// A sum of doubles and products in more bits than any of them can have; rounded by MPFR.
class MpfrSum {
 public:
  MpfrSum() {
    mpfr_inits2(4600, sum_, term_, nullptr);
    mpfr_set_zero(sum_, 1);
  }
  ~MpfrSum() { mpfr_clears(sum_, term_, nullptr); }
  MpfrSum(const MpfrSum&) = delete;
  MpfrSum& operator=(const MpfrSum&) = delete;

  void add(double value) {
    if (mpfr_add_d(sum_, sum_, value, MPFR_RNDN) != 0) inexact = true;
  }
  void add_product(double a, double b) {
    mpfr_set_d(term_, a, MPFR_RNDN);
    if (mpfr_mul_d(term_, term_, b, MPFR_RNDN) != 0) inexact = true;
    if (mpfr_add(sum_, sum_, term_, MPFR_RNDN) != 0) inexact = true;
  }
  double value() const { return mpfr_zero_p(sum_) != 0 ? 0.0 : mpfr_get_d(sum_, MPFR_RNDN); }

  bool inexact = false;  // the oracle itself had too few bits

 private:
  mpfr_t sum_, term_;
};

// Equal as bits, but any NaN equals any.
inline bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

inline constexpr int number_kinds = 9;

// One finite double of a kind: what exponents and how many bits.
inline double random_number(Rng& rng, int kind) {
  constexpr double largest = std::numeric_limits<double>::max();
  const double unit = std::ldexp(static_cast<double>(rng() >> 11), -53);  // [0, 1)
  const double sign = rng() % 2 == 0 ? 1 : -1;
  const auto exponent = [&](int lo, int hi) {
    return lo + static_cast<int>(rng() % static_cast<std::uint64_t>(hi - lo));
  };
  switch (kind) {
    case 0:
      return sign * unit;
    case 1:
      return static_cast<double>(rng() % 2'000'001) - 1e6;  // integers
    case 2:
      return sign * std::ldexp(unit, exponent(-60, 60));  // wide
    case 3:
      return sign * std::ldexp(1 + unit, exponent(-1074, 1024));  // every exponent
    case 4:
      return sign * std::ldexp(unit, exponent(-1070, -1020));  // subnormal and near
    case 5:
      return sign * largest * (rng() % 4 == 0 ? 1 : 0.5 + unit / 2);
    case 6:
      return sign * std::ldexp(1.0, exponent(-1074, 1024));  // powers of two
    case 7:
      return rng() % 3 == 0 ? sign * 0.0 : sign * (1e7 + unit);
    default:
      return random_number(rng, static_cast<int>(rng() % 8));
  }
}

inline std::vector<double> random_numbers(Rng& rng, int kind, std::size_t count) {
  std::vector<double> values(count);
  for (double& value : values) value = random_number(rng, kind);
  return values;
}

// A sum whose terms are about 2^cancelled times larger than it is: pairs that cancel, and a rest.
inline std::vector<double> cancelling_numbers(Rng& rng, int cancelled, std::size_t count) {
  std::vector<double> values;
  const int top = std::min(cancelled / 2, 1000);
  while (values.size() + 3 < count) {
    const double big = std::ldexp(random_number(rng, 0), static_cast<int>(rng() % (top + 1u)));
    const double small = std::ldexp(random_number(rng, 0), top - cancelled);
    values.insert(values.end(), {big, -big, small});
  }
  std::shuffle(values.begin(), values.end(), rng);
  return values;
}

// Numbers whose first three slices of `bits` bits are nearly as large as they may be, and odd.
inline std::vector<double> full_slices(Rng& rng, int bits, std::size_t count) {
  std::vector<double> values(count);
  for (double& value : values) {
    const auto less = [&] { return static_cast<double>(1 + rng() % 8); };
    const double full = std::ldexp(1.0, bits - 1);
    value = std::ldexp(full - less(), 2 * bits) + std::ldexp(full - less(), bits) +
            (full - std::ldexp(less(), 3 * bits - 54));  // 53 bits from first to last
  }
  return values;
}

}  // namespace trawl::core
