#include "core/exact/elementary_fast.hpp"

#include <array>
#include <cstddef>

namespace trawl::core::exact {
namespace {

// (log 2) / 64 in three parts, the first two of 32 bits: times a whole number below 2^21 they are
// exact. By mpmath with 400 bits: v = log(2)/64, each part the leading bits of what is left.
constexpr int steps = 64;
constexpr double step_high = 0x1.62e42feep-7, step_middle = 0x1.a39ef356p-39,
                 step_low = 0x1.93c7673007e5fp-71, steps_per_unit = 0x1.71547652b82fep+6;

// exp(x) - 1 = x + x^2/2 + ... for |x| < 0.7; 36 terms suffice for 106 bits.
constexpr DoubleDouble exp_by_series(DoubleDouble x) {
  DoubleDouble sum = 1.0;
  for (int n = 36; n >= 1; --n) sum = sum * x / static_cast<double>(n) + 1.0;
  return sum;
}

// 2^(j / 64).
constexpr auto powers = [] {
  std::array<DoubleDouble, steps> table;
  for (std::size_t j = 0; j < table.size(); ++j) {
    table[j] = exp_by_series(dd_ln2 * (static_cast<double>(j) / steps));
  }
  return table;
}();

constexpr auto reciprocal_factorials = [] {
  std::array<DoubleDouble, 13> out;
  out[0] = 1.0;
  for (std::size_t n = 1; n < out.size(); ++n) out[n] = out[n - 1] / static_cast<double>(n);
  return out;
}();

// exp(r) for |r| < 0.0055: the terms from r^6 on are below 2^-54, so doubles do for their sum.
DoubleDouble exp_near_0(DoubleDouble r) {
  double tail = 0;
  for (std::size_t n = 12; n >= 6; --n) tail = tail * r.hi + reciprocal_factorials[n].hi;
  DoubleDouble sum = tail;
  for (std::size_t n = 6; n-- > 0;) sum = sum * r + reciprocal_factorials[n];
  return sum;
}

}  // namespace

Scaled exp_scaled(double x) {
  const double y = x * steps_per_unit;
  const int count = static_cast<int>(y + (y < 0 ? -0.5 : 0.5));
  const auto n = static_cast<double>(count);
  const DoubleDouble r =
      two_sum(x, -n * step_high) + DoubleDouble(-n * step_middle) + DoubleDouble(-n * step_low);
  const int j = ((count % steps) + steps) % steps;
  return {powers[static_cast<std::size_t>(j)] * exp_near_0(r), (count - j) / steps};
}

}  // namespace trawl::core::exact
