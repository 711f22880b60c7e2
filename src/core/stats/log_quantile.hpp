// The argument at which the logarithm of a tail probability has a given value.
#pragma once

#include <cmath>
#include <limits>

#include "core/stats/double_double.hpp"

namespace trawl::core {

// The x > 0 with log_upper(x) = target < 0, for a tail that falls from 0 at x = 0: a bracket of two
// powers of 2, then regula falsi (the Illinois rule: an end that stays counts half) on log(-log p)
// over log x, which is nearly straight, for small p and for p near 1. It ends when the logarithm is
// right to rounding, or when the bracket is two neighbours. Infinity if x is beyond the doubles.
template <class LogUpper>
double log_quantile(const LogUpper& log_upper, double target) {
  double low = 1.0, high = 1.0;
  while (low > 0.0 && log_upper(low) < target) low *= 0.5;
  while (log_upper(high) > target) high *= 2.0;
  if (low == 0.0 || std::isinf(high)) return low == 0.0 ? low : high;
  const double small = 4.0 * std::numeric_limits<double>::epsilon() * -target;
  const auto height = [&](double log_p) { return log(DoubleDouble(log_p) / target).value(); };
  double log_low = log_upper(low), log_high = log_upper(high);
  if (std::abs(log_low - target) <= small) return low;
  if (std::abs(log_high - target) <= small) return high;
  double f_low = height(log_low), f_high = height(log_high);  // f_low < 0 < f_high
  int last_side = 0;
  for (int step = 0; step < 300; ++step) {
    const double width = log(DoubleDouble(high) / low).value();
    double x = low * exp(width * (f_low / (f_low - f_high)));
    if (!(x > low && x < high)) x = low + 0.5 * (high - low);
    if (x <= low || x >= high) break;
    const double log_p = log_upper(x);
    if (std::abs(log_p - target) <= small) return x;
    const int side = log_p > target ? -1 : 1;
    (side < 0 ? low : high) = x;
    (side < 0 ? f_low : f_high) = height(log_p);
    if (side == last_side) (side < 0 ? f_high : f_low) *= 0.5;
    last_side = side;
  }
  return high;
}

}  // namespace trawl::core
