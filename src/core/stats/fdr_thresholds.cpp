#include "core/stats/fdr_thresholds.hpp"

#include <cmath>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::core {
namespace {

// 1 + 1/2 + ... + 1/m; above 64 by DLMF 2.10.8 (Euler and Maclaurin), whose first term left out is
// below 1 / (240 m^8) = 2e-17.
DoubleDouble harmonic(std::uint64_t m) {
  if (m <= 64) {
    DoubleDouble sum;
    for (std::uint64_t i = m; i >= 1; --i) {
      sum = sum + DoubleDouble(1.0) / static_cast<double>(i);
    }
    return sum;
  }
  const DoubleDouble n = static_cast<double>(m), inverse = DoubleDouble(1.0) / n;
  const DoubleDouble square = inverse * inverse;
  const DoubleDouble correction =
      (DoubleDouble(-1.0) / 12.0 + square * (DoubleDouble(1.0) / 120.0 - square / 252.0)) * square;
  return log(n) + dd_euler_gamma + inverse * 0.5 + correction;
}

}  // namespace

DoubleDouble log_penalty(std::uint64_t m, FdrMethod method) {
  return method == FdrMethod::benjamini_yekutieli ? log(harmonic(m)) : DoubleDouble();
}

Thresholds::Thresholds(double alpha, std::uint64_t m, FdrMethod method)
    : first_(log(alpha) - log(static_cast<double>(m)) - log_penalty(m, method)), m_(m) {}

double Thresholds::operator()(std::uint64_t k) const {
  return (first_ + log(static_cast<double>(k))).value();
}

std::uint64_t Thresholds::level(double log_p) const {
  // A guess from exp, then steps of one: decided by the rounded thresholds themselves.
  const double guess = std::ceil(exp(DoubleDouble(log_p) - first_));
  const auto most = static_cast<double>(m_);
  std::uint64_t k = guess >= most ? m_ : guess >= 1.0 ? static_cast<std::uint64_t>(guess) : 1;
  while (k > 1 && log_p <= (*this)(k - 1)) --k;
  while (k < m_ && log_p > (*this)(k)) ++k;
  return k;
}

void check_alpha(double alpha) {
  if (alpha > 0.0 && alpha <= 1.0) return;
  throw InputError(fmt::format(
      "the false discovery rate cannot be controlled at {} (it must be above 0 and at most 1).",
      alpha));
}

bool is_log_value(double value, FdrMethod method) {
  return method == FdrMethod::e_values ? !std::isnan(value) : value <= 0.0;
}

void refuse_log_values(std::uint64_t count) {
  throw InputError(fmt::format(
      "{} of the tested values are not logarithms of probabilities (NaN, or above 0). Leave out "
      "what could not be tested.",
      count));
}

}  // namespace trawl::core
