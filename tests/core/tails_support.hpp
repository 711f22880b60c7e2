// Tail probabilities in 80 digits, by other formulas than the product's where there are some.
#pragma once

#include <boost/multiprecision/mpfr.hpp>

namespace trawl::core {

using Precise = boost::multiprecision::number<boost::multiprecision::mpfr_float_backend<80>,
                                              boost::multiprecision::et_off>;

inline Precise precise_log_gamma(const Precise& x) {
  Precise result;
  mpfr_lngamma(result.backend().data(), x.backend().data(), MPFR_RNDN);
  return result;
}

// 1 + n(1) / (1 + n(2) / (1 + ...)), Lentz
template <class Numerator>
Precise precise_fraction(const Numerator& numerator) {
  Precise f = 1, c = 1, d = 0;
  const Precise small("1e-70");
  for (int m = 1; m < 200'000; ++m) {
    const Precise n = numerator(m);
    d = 1 / (1 + n * d);
    c = 1 + n / c;
    f *= c * d;
    if (abs(c * d - 1) < small) break;
  }
  return f;
}

// DLMF 8.17.22, odd and even steps one by one
inline Precise precise_beta_fraction(const Precise& a, const Precise& b, const Precise& x,
                                     const Precise& y) {
  const Precise f = precise_fraction([&](int step) -> Precise {
    const int m = step / 2;
    if (step % 2 == 0) return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
  });
  return a * log(x) + b * log(y) - log(a) - log(f) -
         (precise_log_gamma(a) + precise_log_gamma(b) - precise_log_gamma(a + b));
}

// log I_x(a, b), y = 1 - x
inline Precise precise_log_beta(const Precise& a, const Precise& b, const Precise& x,
                                const Precise& y) {
  if (x * (a + b + 2) < a + 1) return precise_beta_fraction(a, b, x, y);
  return log1p(-exp(precise_beta_fraction(b, a, y, x)));
}

// log I_x(a, m) for an integer m: a finite sum of positive terms (DLMF 8.17.5 in another order)
inline Precise precise_log_beta_sum(const Precise& a, int m, const Precise& x, const Precise& y) {
  Precise sum = 0, term = 1;
  for (int j = 0; j < m; ++j) {
    sum += term;
    term *= (a + j) / (j + 1) * y;
  }
  return a * log(x) + log(sum);
}

inline Precise precise_log_upper_beta(double x, double a, double b) {
  return precise_log_beta(b, a, 1 - Precise(x), x);
}

inline Precise precise_log_lower_beta(double x, double a, double b) {
  return precise_log_beta(a, b, x, 1 - Precise(x));
}

inline Precise precise_log_upper_f(double x, double d1, double d2) {
  const Precise part = Precise(x) * d1, total = part + d2;
  return precise_log_beta(Precise(d2) / 2, Precise(d1) / 2, d2 / total, part / total);
}

inline Precise precise_log_upper_t(double x, double nu) {
  const Precise square = Precise(x) * x, total = square + nu;
  const Precise half = Precise(1) / 2;
  const Precise one =
      precise_log_beta(Precise(nu) / 2, half, nu / total, square / total) + log(half);
  return x > 0 ? one : Precise(log1p(-exp(one)));
}

// DLMF 8.7.1 for the lower, 8.9.2 for the upper incomplete gamma function
inline Precise precise_log_upper_chi_square(double x, double k) {
  const Precise a = Precise(k) / 2, z = Precise(x) / 2, power = a * log(z) - z;
  if (z < a + 1) {
    Precise sum = 1, term = 1;
    for (int i = 1; term > sum * Precise("1e-75"); ++i) sum += term *= z / (a + i);
    return log1p(-exp(power - precise_log_gamma(a + 1) + log(sum)));
  }
  const Precise f = precise_fraction([&](int step) -> Precise {
    const int m = step / 2;
    return (step % 2 == 0 ? Precise(m) : m + 1 - a) / z;
  });
  return power - precise_log_gamma(a) - log(z) - log(f);
}

inline double relative_error(double value, const Precise& exact) {
  return static_cast<double>(abs((value - exact) / exact));
}

}  // namespace trawl::core
