// Regularised incomplete beta and gamma functions in logarithms; behind tails.hpp and the laws of
// Mahalanobis distances.
#pragma once

#include "core/stats/double_double.hpp"

namespace trawl::core {

// I_x(a, b) and its complement for fixed a and b. A part in odds: x = part / (part + rest), so that
// neither x nor 1 - x has to be rounded.
class IncompleteBeta {
 public:
  IncompleteBeta(double a, double b);  // both > 0 and finite
  // with log B(a, b) from before
  IncompleteBeta(double a, double b, DoubleDouble log_beta) : a_(a), b_(b), log_beta_(log_beta) {}
  DoubleDouble log_beta() const { return log_beta_; }
  // log I_x(a, b); part, rest >= 0 and between 2^-900 and 2^900 unless 0, not both 0.
  DoubleDouble log_lower(DoubleDouble part, DoubleDouble rest) const;
  // log(1 - I_x(a, b)) = log I_{1-x}(b, a)
  DoubleDouble log_upper(DoubleDouble part, DoubleDouble rest) const;

 private:
  // log I_x(a, b) of the given parameters by the continued fraction; x below the mean.
  DoubleDouble log_fraction(double a, double b, DoubleDouble part, DoubleDouble rest) const;

  double a_, b_;
  DoubleDouble log_beta_;
};

// log Q(a, z) = log of the upper incomplete gamma function over gamma(a); a > 0, z >= 0.
double log_gamma_q(double a, double z);

}  // namespace trawl::core
