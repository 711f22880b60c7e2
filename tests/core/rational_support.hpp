// Rational arithmetic by GMP, and its rounding by MPFR: what moments must be equal to.
#pragma once

#include <vector>

#include <boost/multiprecision/gmp.hpp>
#include <mpfr.h>

namespace trawl::core {

using Rational = boost::multiprecision::mpq_rational;

// To nearest, ties to even, subnormal numbers too.
inline double nearest(const Rational& exact) {
  const mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
  mpfr_t rounded;
  mpfr_init2(rounded, 53);
  mpfr_set_emin(-1073);
  mpfr_set_emax(1024);
  int direction = mpfr_set_q(rounded, exact.backend().data(), MPFR_RNDN);
  direction = mpfr_check_range(rounded, direction, MPFR_RNDN);
  mpfr_subnormalize(rounded, direction, MPFR_RNDN);
  const double out = mpfr_zero_p(rounded) != 0 && exact == 0 ? 0.0 : mpfr_get_d(rounded, MPFR_RNDN);
  mpfr_clear(rounded);
  mpfr_set_emin(emin);
  mpfr_set_emax(emax);
  return out;
}

// The sign of `exact` times the root of its magnitude, rounded at 5000 bits and then to a double:
// no root of a number with fewer bits lies so near to a tie without being one.
inline double nearest_root(const Rational& exact) {
  const bool negative = exact < 0;
  const Rational magnitude = abs(exact);
  mpfr_t root;
  mpfr_init2(root, 5000);
  mpfr_set_q(root, magnitude.backend().data(), MPFR_RNDN);
  mpfr_sqrt(root, root, MPFR_RNDN);
  const double out = mpfr_get_d(root, MPFR_RNDN);
  mpfr_clear(root);
  return negative ? -out : out;
}

// Moments by their definition, with deviations from the mean.
class RationalMoments {
 public:
  explicit RationalMoments(std::vector<std::vector<Rational>> columns)
      : columns_(std::move(columns)) {
    for (const auto& column : columns_) {
      Rational sum = 0;
      for (const Rational& value : column) sum += value;
      means_.push_back(sum / static_cast<long>(column.size()));
    }
  }
  const Rational& mean(std::size_t i) const { return means_[i]; }
  Rational deviations(std::size_t i, std::size_t j) const {
    Rational sum = 0;
    for (std::size_t row = 0; row < columns_[i].size(); ++row) {
      sum += (columns_[i][row] - means_[i]) * (columns_[j][row] - means_[j]);
    }
    return sum;
  }
  Rational covariance(std::size_t i, std::size_t j, long freedom) const {
    return deviations(i, j) / (static_cast<long>(columns_[i].size()) - freedom);
  }
  double correlation(std::size_t i, std::size_t j) const {
    const Rational xy = deviations(i, j), xx = deviations(i, i), yy = deviations(j, j);
    const Rational square = xy * xy / (xx * yy);
    return nearest_root(xy < 0 ? -square : square);
  }

 private:
  std::vector<std::vector<Rational>> columns_;
  std::vector<Rational> means_;
};

}  // namespace trawl::core
