#include "core/stats/incomplete_beta.hpp"

#include <cmath>
#include <limits>

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double epsilon = std::numeric_limits<double>::epsilon();
// Lentz: what stands for a denominator of zero.
constexpr double tiny = 1e-290;
// Far more than parameters of 1e9 need; a guard against never ending.
constexpr int most_steps = 2'000'000;

double not_zero(double x) {
  return x == 0.0 ? tiny : x;
}

// b0 + a1 / (b1 + a2 / (b2 + ...)) by the modified Lentz algorithm (Thompson and Barnett, J.
// Comput. Phys. 64, 1986); numerator(m) for m >= 1, denominator(m) for m >= 0.
template <class Numerator, class Denominator>
double continued_fraction(const Numerator& numerator, const Denominator& denominator) {
  double f = not_zero(denominator(0.0));
  double c = f, d = 0.0;
  for (int step = 1; step < most_steps; ++step) {
    const auto m = static_cast<double>(step);
    const double an = numerator(m), bn = denominator(m);
    d = 1.0 / not_zero(bn + an * d);
    c = not_zero(bn + an / c);
    const double change = c * d;
    f *= change;
    if (std::abs(change - 1.0) <= epsilon) break;
  }
  return f;
}

// BFRAC of TOMS 708: I_x(a, b) = x^a y^b / B(a, b) / fraction, with y = 1 - x and lambda = a y - b
// x.
double beta_fraction(double a, double b, double x, double y, double lambda) {
  const auto numerator = [=](double m) {
    const double span = a + 2.0 * m - 1.0;
    return ((a + m - 1.0) / span) * ((a + b + m - 1.0) * x / span) * (m * (b - m) * x);
  };
  const auto denominator = [=](double m) {
    const double first = m == 0.0 ? 0.0 : m * (b - m) * x / (a + 2.0 * m - 1.0);  // 0 / 0 for a = 1
    return m + first + (a + m) * (lambda + 1.0 + m * (1.0 + y)) / (a + 2.0 * m + 1.0);
  };
  return continued_fraction(numerator, denominator);
}

// Even part of DLMF 8.9.2: gamma(a, z) = e^-z z^a / fraction, for z > a.
double gamma_fraction(double a, double z) {
  return continued_fraction([=](double m) { return -m * (m - a); },
                            [=](double m) { return z - a + (2.0 * m + 1.0); });
}

// DLMF 8.7.1: P(a, z) gamma(a + 1) / (e^-z z^a) = sum of z^k / (a + 1)_k; terms are positive.
double gamma_series(double a, double z) {
  double sum = 1.0, term = 1.0;
  for (int k = 1; k < most_steps && term > sum * (epsilon / 4); ++k) {
    term *= z / (a + static_cast<double>(k));
    sum += term;
  }
  return sum;
}

// A logarithm of a probability: rounding may not lift it above 0.
DoubleDouble at_most_zero(DoubleDouble log_p) {
  return log_p.hi < 0.0 ? log_p : DoubleDouble();
}

// log of part / (part + rest)
DoubleDouble log_share(DoubleDouble part, DoubleDouble rest) {
  if (part.hi >= rest.hi) return -log1p(rest / part);
  return log(part) - log(part + rest);
}

}  // namespace

IncompleteBeta::IncompleteBeta(double a, double b)
    : a_(a), b_(b), log_beta_(log_gamma(a) + log_gamma(b) - log_gamma(two_sum(a, b))) {}

DoubleDouble IncompleteBeta::log_fraction(double a, double b, DoubleDouble part,
                                          DoubleDouble rest) const {
  const DoubleDouble total = part + rest;
  const double x = (part / total).hi, y = (rest / total).hi;
  const double lambda = ((rest * a - part * b) / total).hi;
  const DoubleDouble power = log_share(part, rest) * a + log_share(rest, part) * b;
  return power - log_beta_ - log(beta_fraction(a, b, x, y, lambda));
}

DoubleDouble IncompleteBeta::log_lower(DoubleDouble part, DoubleDouble rest) const {
  if (part.hi == 0.0) return -infinity;
  if (rest.hi == 0.0) return 0.0;
  // The fraction of I_x converges fast for x < (a + 1) / (a + b + 2), DLMF 8.17.22.
  if ((part * (b_ + 1.0)).hi < (rest * (a_ + 1.0)).hi) {
    return at_most_zero(log_fraction(a_, b_, part, rest));
  }
  return at_most_zero(log1m_exp(log_fraction(b_, a_, rest, part)));
}

DoubleDouble IncompleteBeta::log_upper(DoubleDouble part, DoubleDouble rest) const {
  if (part.hi == 0.0) return 0.0;
  if (rest.hi == 0.0) return -infinity;
  if ((part * (b_ + 1.0)).hi < (rest * (a_ + 1.0)).hi) {
    return at_most_zero(log1m_exp(log_fraction(a_, b_, part, rest)));
  }
  return at_most_zero(log_fraction(b_, a_, rest, part));
}

double log_gamma_q(double a, double z) {
  if (z <= 0.0) return 0.0;
  if (z == infinity) return -infinity;
  const DoubleDouble power = log(z) * a - z;
  if (z < a + 1.0) {
    const DoubleDouble log_p = power - log_gamma(DoubleDouble(a) + 1.0) + log(gamma_series(a, z));
    return at_most_zero(log1m_exp(log_p)).value();
  }
  return at_most_zero((power - log_gamma(a) - log(gamma_fraction(a, z)))).value();
}

}  // namespace trawl::core
