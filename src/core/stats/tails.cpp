#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/tails.hpp>

#include "core/stats/incomplete_beta.hpp"
#include "core/stats/log_quantile.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void need_positive(double value, const char* name) {
  if (value > 0.0 && value < infinity) return;
  throw InputError(fmt::format(
      "a tail probability cannot be computed: {} = {} (it must be positive and finite).", name,
      value));
}

void need_number(double x) {
  if (!std::isnan(x)) return;
  throw InputError("a tail probability cannot be computed: the value is NaN. Leave it out.");
}

// Part and rest of IncompleteBeta, far from overflow and underflow.
struct Odds {
  DoubleDouble part, rest;
};

// a b : c for positive numbers, scaled so that the two parts are about 2^s and 2^-s.
Odds odds(double a, double b, double c) {
  int ea = 0, eb = 0, ec = 0;
  const double ma = std::frexp(a, &ea), mb = std::frexp(b, &eb), mc = std::frexp(c, &ec);
  const int shift = ea + eb - ec, half = shift / 2;
  return {scale(two_product(ma, mb), half), scale(mc, half - shift)};
}

class FLaw {
 public:
  FLaw(double d1, double d2) : d1_(d1), d2_(d2), beta_(checked(d1, d2)) {}
  double log_upper(double x) const {
    if (x <= 0.0) return 0.0;
    if (x == infinity) return -infinity;
    const Odds o = odds(x, d1_, d2_);
    return beta_.log_upper(o.part, o.rest).value();
  }

 private:
  static IncompleteBeta checked(double d1, double d2) {
    need_positive(d1, "numerator degrees of freedom");
    need_positive(d2, "denominator degrees of freedom");
    return {0.5 * d1, 0.5 * d2};
  }
  double d1_, d2_;
  IncompleteBeta beta_;
};

class TLaw {
 public:
  explicit TLaw(double nu) : nu_(nu), beta_(checked(nu)) {}
  double log_upper(double x) const {
    if (x == 0.0) return -dd_ln2.hi;
    if (std::isinf(x)) return x > 0.0 ? -infinity : 0.0;
    const DoubleDouble one_side = log_half_both_sides(std::abs(x));
    return x > 0.0 ? one_side.value() : log1m_exp(one_side).value();
  }

 private:
  static IncompleteBeta checked(double nu) {
    need_positive(nu, "degrees of freedom");
    return {0.5, 0.5 * nu};
  }
  // log of P(|T| > x) / 2, x > 0
  DoubleDouble log_half_both_sides(double x) const {
    // Beyond 2^400 the tail is a power of x, exactly to 10^-200; the square would overflow.
    constexpr double far = 0x1p400;
    if (x > far) return log_half_both_sides(far) - (log(x) - log(far)) * nu_;
    const Odds o = odds(x, x, nu_);
    return beta_.log_upper(o.part, o.rest) - dd_ln2;
  }
  double nu_;
  IncompleteBeta beta_;
};

struct ChiSquareLaw {
  double k;
  double log_upper(double x) const { return x <= 0.0 ? 0.0 : log_gamma_q(0.5 * k, 0.5 * x); }
};

template <class Law>
double law_quantile(const Law& law, double p) {
  return log_quantile([&](double x) { return law.log_upper(x); }, log(p).value());
}

void need_probability(double p) {
  if (p > 0.0 && p < 1.0) return;
  throw InputError(
      fmt::format("a quantile cannot be computed: p = {} (it must be between 0 and 1).", p));
}

}  // namespace

double log_upper_chi_square(double x, double k) {
  need_number(x);
  need_positive(k, "degrees of freedom");
  return log_gamma_q(0.5 * k, 0.5 * x);
}

double log_upper_beta(double x, double a, double b) {
  need_number(x);
  need_positive(a, "shape a");
  need_positive(b, "shape b");
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return -infinity;
  return IncompleteBeta(a, b).log_upper(x, two_sum(1.0, -x)).value();
}

double log_lower_beta(double x, double a, double b) {
  need_number(x);
  need_positive(a, "shape a");
  need_positive(b, "shape b");
  if (x <= 0.0) return -infinity;
  if (x >= 1.0) return 0.0;
  return IncompleteBeta(a, b).log_lower(x, two_sum(1.0, -x)).value();
}

double log_upper_f(double x, double d1, double d2) {
  need_number(x);
  return FLaw(d1, d2).log_upper(x);
}

double log_upper_t(double x, double nu) {
  need_number(x);
  return TLaw(nu).log_upper(x);
}

double upper_t_quantile(double p, double nu) {
  need_probability(p);
  if (p == 0.5) return 0.0;
  const TLaw law(nu);
  const double x = law_quantile(law, p < 0.5 ? p : 1.0 - p);  // the difference is exact
  return p < 0.5 ? x : -x;
}

double upper_chi_square_quantile(double p, double k) {
  need_probability(p);
  need_positive(k, "degrees of freedom");
  return law_quantile(ChiSquareLaw{k}, p);
}

double upper_f_quantile(double p, double d1, double d2) {
  need_probability(p);
  return law_quantile(FLaw(d1, d2), p);
}

}  // namespace trawl::core
