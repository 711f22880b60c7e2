// Numbers of about 106 bits as unevaluated sums hi + lo of two doubles (Dekker, "A floating-point
// technique for extending the available precision", Numer. Math. 18, 1971), and the functions of
// them that tails need. Only +, -, *, / of doubles, frexp and ldexp: no function of the host's
// mathematical library, so that the bits are those of IEEE 754 alone (round to nearest, no
// contraction, no flushing of subnormals).
//
// Magnitudes between 2^-900 and 2^900: beyond, low parts are lost or products overflow.
#pragma once

#include <cmath>

namespace trawl::core {

struct DoubleDouble {
  double hi = 0, lo = 0;  // |lo| <= ulp(hi) / 2

  constexpr DoubleDouble() = default;
  constexpr DoubleDouble(double value) : hi(value) {}  // NOLINT: as double converts from int
  constexpr DoubleDouble(double high, double low) : hi(high), lo(low) {}
  constexpr double value() const { return hi + lo; }
};

// Exact (Knuth).
constexpr DoubleDouble two_sum(double a, double b) {
  const double s = a + b;
  const double shadow = s - a;
  return {s, (a - (s - shadow)) + (b - shadow)};
}

// Exact when |a| >= |b| (Dekker).
constexpr DoubleDouble quick_two_sum(double a, double b) {
  const double s = a + b;
  return {s, b - (s - a)};
}

// Exact (Veltkamp's splitting, Dekker's product); without fma, which old processors do in software.
constexpr DoubleDouble two_product(double a, double b) {
  constexpr double splitter = 134217729.0;  // 2^27 + 1
  const double p = a * b;
  const double ta = splitter * a, tb = splitter * b;
  const double ah = ta - (ta - a), bh = tb - (tb - b);
  const double al = a - ah, bl = b - bh;
  return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

// Relative errors of a few 2^-104, after cancellation too (AccurateDWPlusDW, DWTimesDW, DWDivDW of
// Joldes, Muller and Popescu, ACM TOMS 44, 2017).
constexpr DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble s = two_sum(a.hi, b.hi), t = two_sum(a.lo, b.lo);
  const DoubleDouble v = quick_two_sum(s.hi, s.lo + t.hi);
  return quick_two_sum(v.hi, v.lo + t.lo);
}
constexpr DoubleDouble operator-(DoubleDouble a) {
  return {-a.hi, -a.lo};
}
constexpr DoubleDouble operator-(DoubleDouble a, DoubleDouble b) {
  return a + -b;
}
constexpr DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble p = two_product(a.hi, b.hi);
  return quick_two_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}
constexpr DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  const double first = a.hi / b.hi;
  const DoubleDouble rest = a - b * first;
  const double second = rest.hi / b.hi;
  const double third = (rest - b * second).hi / b.hi;
  const DoubleDouble q = quick_two_sum(first, second);
  return quick_two_sum(q.hi, q.lo + third);
}

inline constexpr DoubleDouble dd_ln2{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
inline constexpr DoubleDouble dd_half_log_2pi{0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55};
inline constexpr DoubleDouble dd_euler_gamma{0x1.2788cfc6fb619p-1, -0x1.6cb90701fbfabp-58};

// x times 2^exponent; exact unless it leaves the range.
inline DoubleDouble scale(DoubleDouble x, int exponent) {
  return {std::ldexp(x.hi, exponent), std::ldexp(x.lo, exponent)};
}

// log x for x > 0, relative error below 2^-95; -infinity for 0, infinity for infinity.
DoubleDouble log(DoubleDouble x);
// log(1 + x) for x > -1, with the same relative error near 0.
DoubleDouble log1p(DoubleDouble x);
// exp x to 2 ulp; 0 below the smallest subnormal number, infinity above the largest.
double exp(DoubleDouble x);
// log(1 - exp(x)) for x < 0, to a few 2^-52 relative.
DoubleDouble log1m_exp(DoubleDouble x);
// log of the gamma function for x > 0: absolute error below 1e-26 times max(1, log gamma).
DoubleDouble log_gamma(DoubleDouble x);

}  // namespace trawl::core
