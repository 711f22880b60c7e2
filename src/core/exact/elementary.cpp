#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include <trawl/core/exact/elementary.hpp>

#include "core/exact/elementary_fast.hpp"
#include "core/exact/elementary_integers.hpp"
#include "core/exact/kernels.hpp"

namespace trawl::core::rounded {
namespace {

using exact::exp_scaled;
using exact::Scaled;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Relative errors of all that follows are below 2^-95; the largest of a million that were compared
// with 400 bits was 2^-103.8.
constexpr double error = 0x1p-88;

// Beyond these exp is infinite, or 0 (nearer to 0 than to 2^-1074).
constexpr double exp_high = 709.79, exp_low = -745.14;
// For |x| below this, 1 + x and x - x^2/2 round to 1 and x.
constexpr double tiny = 0x1p-54;
// exp(-40) < 2^-57: beside 1, less than half a unit of the last place.
constexpr double certain = 40;

// value * 2^k for |k| < 1022; exact.
DoubleDouble times_power(DoubleDouble value, int k) {
  const double power = std::bit_cast<double>(static_cast<std::uint64_t>(1023 + k) << 52);
  return {value.hi * power, value.lo * power};
}

// The double nearest to a number that is known to `error`, if that decides it. |x| > 2^-900.
std::optional<double> decided(DoubleDouble x) {
  const double margin = x.hi * error;
  const double a = x.hi + (x.lo - margin), b = x.hi + (x.lo + margin);
  if (a != b) return std::nullopt;
  return a;
}

// The same where the result is a multiple of 2^-1074; x.m in [1, 2], so 2^k <= result < 2^-1021.
std::optional<double> decided_subnormal(const Scaled& x) {
  const int unit = -1074 - x.k;  // -51 to 1: in units of x.m
  if (unit > 1) return 0.0;
  const double big = std::ldexp(1.0, 52 + unit);  // doubles from here to 2 big are 2^unit apart
  const DoubleDouble sum = two_sum(big, x.m.hi);
  double count = (sum.hi - big) / std::ldexp(1.0, unit);
  // What is left of m.hi is a multiple of 2^-52, and m.lo is less than half of that: only halfway
  // does it matter.
  if (std::abs(sum.lo) == std::ldexp(0.5, unit)) {
    if (std::abs(x.m.lo) <= 4 * error) return std::nullopt;
    if ((sum.lo > 0) == (x.m.lo > 0)) count += sum.lo > 0 ? 1 : -1;
  }
  return std::bit_cast<double>(static_cast<std::uint64_t>(count));
}

std::optional<double> decided(Scaled x) {
  if (x.m.hi < 1) x = {x.m + x.m, x.k - 1};
  if (x.m.hi >= 2) x = {times_power(x.m, -1), x.k + 1};
  if (x.k > 1023) return infinity;
  if (x.k == -1022 && x.m.hi == 1) return std::nullopt;  // on either side of the smallest normal
  if (x.k < -1022) return decided_subnormal(x);
  const auto m = decided(x.m);
  if (!m) return std::nullopt;
  // m may be 2, and the result infinite: the exponent counts up to just that.
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(*m) +
                               (static_cast<std::uint64_t>(x.k) << 52));
}

bool fast() {
  return exact::default_float_environment();
}

// Where exp(-x) is so small, squares of it beside it do not matter to `error`.
constexpr int no_square = -110;

std::optional<double> fast_sigmoid(double x) {
  const Scaled e = exp_scaled(-std::abs(x));
  if (e.k < no_square) return decided(e);  // x < 0, for other x are certain
  const DoubleDouble sum = times_power(e.m, e.k) + 1.0;
  if (x >= 0) return decided(DoubleDouble(1.0) / sum);
  return decided(Scaled{e.m / sum, e.k});
}

std::optional<double> fast_log_sigmoid(double x) {
  const Scaled e = exp_scaled(-std::abs(x));
  if (e.k < no_square) {
    const auto magnitude = decided(e);
    return magnitude ? std::optional(-*magnitude) : std::nullopt;
  }
  const DoubleDouble l = core::log1p(times_power(e.m, e.k));
  return decided(x < 0 ? DoubleDouble(x) - l : -l);
}

std::optional<double> fast_logit(double p) {
  if (p >= 0.25 && p <= 0.75) {
    const double u = 2 * p - 1;  // exact; p / (1 - p) = (1 + u) / (1 - u)
    return decided(core::log1p(u) - core::log1p(-u));
  }
  if (p > 0.5) return decided(core::log(p) - core::log(1 - p));  // 1 - p is exact
  return decided(p < 0x1p-110 ? core::log(p) : core::log(p) - core::log1p(-p));
}

}  // namespace

double exp(double x) {
  if (std::isnan(x)) return nan;
  if (x > exp_high) return infinity;
  if (x < exp_low) return 0;
  if (std::abs(x) < tiny) return 1;
  const auto result = fast() ? decided(exp_scaled(x)) : std::nullopt;
  return result ? *result : exact::integer_exp(x);
}

double log(double x) {
  if (std::isnan(x) || x < 0) return nan;
  if (x == 0) return -infinity;
  if (x == infinity) return infinity;
  if (x == 1) return 0;
  const auto result = fast() ? decided(core::log(DoubleDouble(x))) : std::nullopt;
  return result ? *result : exact::integer_log(x);
}

double log1p(double x) {
  if (std::isnan(x) || x < -1) return nan;
  if (x == -1) return -infinity;
  if (x == infinity || std::abs(x) < tiny) return x;
  const auto result = fast() ? decided(core::log1p(DoubleDouble(x))) : std::nullopt;
  return result ? *result : exact::integer_log1p(x);
}

double sigmoid(double log_odds) {
  if (std::isnan(log_odds)) return nan;
  if (log_odds > certain) return 1;
  if (log_odds < exp_low) return 0;
  if (std::abs(log_odds) < tiny) return 0.5;
  const auto result = fast() ? fast_sigmoid(log_odds) : std::nullopt;
  return result ? *result : exact::integer_sigmoid(log_odds);
}

double log_sigmoid(double log_odds) {
  if (std::isnan(log_odds)) return nan;
  if (log_odds > -exp_low) return -0.0;
  if (log_odds < -certain) return log_odds;
  const auto result = fast() ? fast_log_sigmoid(log_odds) : std::nullopt;
  return result ? *result : exact::integer_log_sigmoid(log_odds);
}

double logit(double p) {
  if (std::isnan(p) || p < 0 || p > 1) return nan;
  if (p == 0) return -infinity;
  if (p == 1) return infinity;
  if (p == 0.5) return 0;
  const auto result = fast() ? fast_logit(p) : std::nullopt;
  return result ? *result : exact::integer_logit(p);
}

}  // namespace trawl::core::rounded
