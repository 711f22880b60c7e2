#include "core/stats/double_double.hpp"

#include <array>
#include <cstddef>
#include <limits>

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr int most_terms = 22;
constexpr auto reciprocals = [] {
  std::array<DoubleDouble, most_terms> odd;
  for (std::size_t k = 0; k < odd.size(); ++k) {
    odd[k] = DoubleDouble(1.0) / DoubleDouble(2.0 * static_cast<double>(k) + 1.0);
  }
  return odd;
}();

// 2 atanh(s) = 2 s (1 + s^2/3 + s^4/5 + ...), DLMF 4.38.5; the first `exact` of `terms` terms need
// 106 bits, the others are small.
template <std::size_t exact, std::size_t terms>
constexpr DoubleDouble twice_atanh(DoubleDouble s) {
  const DoubleDouble square = s * s;
  double tail = 0;
  for (std::size_t k = terms; k-- > exact;) tail = tail * square.hi + reciprocals[k].hi;
  DoubleDouble sum = tail;
  for (std::size_t k = exact; k-- > 0;) sum = sum * square + reciprocals[k];
  return s * sum * 2.0;
}

// log(j / 64) for j / 64 from sqrt(1/2) to sqrt(2); |s| <= 0.175, s^2 = 2^-5.03.
constexpr int grid = 64, grid_first = 45, grid_last = 91;
constexpr auto grid_logs = [] {
  std::array<DoubleDouble, grid_last - grid_first + 1> logs;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const double c = static_cast<double>(grid_first + static_cast<int>(i)) / grid;
    logs[i] = twice_atanh<10, most_terms>((DoubleDouble(c) - 1.0) / (DoubleDouble(c) + 1.0));
  }
  return logs;
}();

// log(m / c) for |m - c| <= 1 / 128, c > 0.7: s^2 <= 2^-14.9.
constexpr DoubleDouble log_near(DoubleDouble difference, DoubleDouble sum) {
  return twice_atanh<4, 7>(difference / sum);
}

// Stirling's series, DLMF 5.11.1: B_2k / (2k (2k - 1)) for k = 1 to 9.
constexpr std::array<DoubleDouble, 9> stirling = {
    DoubleDouble(1.0) / DoubleDouble(12.0),         DoubleDouble(-1.0) / DoubleDouble(360.0),
    DoubleDouble(1.0) / DoubleDouble(1260.0),       DoubleDouble(-1.0) / DoubleDouble(1680.0),
    DoubleDouble(1.0) / DoubleDouble(1188.0),       DoubleDouble(-691.0) / DoubleDouble(360360.0),
    DoubleDouble(1.0) / DoubleDouble(156.0),        DoubleDouble(-3617.0) / DoubleDouble(122400.0),
    DoubleDouble(43867.0) / DoubleDouble(244188.0),
};

// Above this the first term left out is below 1.4 / 32^19 = 4e-29.
constexpr double stirling_start = 32.0;

}  // namespace

DoubleDouble log(DoubleDouble x) {
  if (x.hi == 0.0) return -infinity;
  if (!(x.hi < infinity)) return x.hi;
  int exponent = 0;
  if (std::frexp(x.hi, &exponent) < 0.7071067811865476) --exponent;
  const DoubleDouble m = scale(x, -exponent);
  // The nearest of the grid; 1 is one of them, so that small logarithms are not differences.
  const int j = static_cast<int>(m.hi * grid + 0.5);
  const double c = static_cast<double>(j) / grid;
  return dd_ln2 * static_cast<double>(exponent) +
         grid_logs[static_cast<std::size_t>(j - grid_first)] + log_near(m - c, m + c);
}

DoubleDouble log1p(DoubleDouble x) {
  if (std::abs(x.hi) > 1.0 / 128) return log(x + 1.0);
  return log_near(x, x + 2.0);
}

double exp(DoubleDouble x) {
  if (std::isnan(x.hi)) return x.hi;
  if (x.hi > 710.0) return infinity;
  if (x.hi < -746.0) return 0.0;
  const double k = std::floor(x.hi * 1.4426950408889634 + 0.5);
  const DoubleDouble r = x - dd_ln2 * k;
  // (exp(r) - 1 - r) / r^2 = (1 + r/3 (1 + r/4 (1 + ...))) / 2; |r| < 0.35, so that term 16 is
  // below 2^-77.
  double sum = 0;
  for (int n = 18; n >= 2; --n) sum = (sum * r.hi + 1.0) / static_cast<double>(n);
  const double power = 1.0 + (r.hi + (r.lo + r.hi * r.hi * sum));
  return std::ldexp(power, static_cast<int>(k));
}

DoubleDouble log1m_exp(DoubleDouble x) {
  return log1p(-exp(x));
}

DoubleDouble log_gamma(DoubleDouble x) {
  DoubleDouble shift = 1.0;  // gamma(x) = gamma(x + n) / (x (x + 1) ... (x + n - 1)), DLMF 5.5.1
  DoubleDouble z = x;
  for (; z.hi < stirling_start; z = z + 1.0) shift = shift * z;
  const DoubleDouble inverse = DoubleDouble(1.0) / z, square = inverse * inverse;
  DoubleDouble series;
  for (std::size_t k = stirling.size(); k-- > 0;) series = series * square + stirling[k];
  return (z - 0.5) * log(z) - z + dd_half_log_2pi + series * inverse - log(shift);
}

}  // namespace trawl::core
