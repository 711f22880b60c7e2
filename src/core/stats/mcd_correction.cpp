#include "core/stats/mcd_correction.hpp"

#include <cmath>

#include <trawl/core/stats/tails.hpp>

#include "core/stats/double_double.hpp"

namespace trawl::core {
namespace {

double real(std::size_t x) {
  return static_cast<double>(x);
}

// What the uncorrected covariance is too small by: 1 - exp(scale) / n^power.
struct Law {
  double scale, power;
  double operator()(double n) const {
    return 1.0 - exp(DoubleDouble(scale) - log(DoubleDouble(n)) * power);
  }
};

// For p > 2, from fits at sample sizes q p^2 for q = 2 and 3: there the deficit is
// size / p^power.
struct Fit {
  double size2, power2, size3, power3;
  Law law(double p) const {
    const double y2 = (log(DoubleDouble(size2)) - log(DoubleDouble(p)) * power2).value();
    const double y3 = (log(DoubleDouble(size3)) - log(DoubleDouble(p)) * power3).value();
    const double n2 = log(DoubleDouble(2 * p * p)).value();
    const double n3 = log(DoubleDouble(3 * p * p)).value();
    const double power = (y2 - y3) / (n3 - n2);
    return {y2 + power * n2, power};
  }
};

// By alpha, with the values of 0.5 and 0.875 known, and no correction at 1.
double interpolated(double at_500, double at_875, double alpha) {
  if (alpha <= 0.875) return at_500 + (at_875 - at_500) / 0.375 * (alpha - 0.5);
  return at_875 + (1.0 - at_875) / 0.125 * (alpha - 0.875);
}

struct Table {
  Law one_500, one_875, two_500, two_875;
  Fit more_500, more_875;
  double factor(std::size_t p, std::size_t n, double alpha) const {
    const Law low = p == 1 ? one_500 : p == 2 ? two_500 : more_500.law(real(p));
    const Law high = p == 1 ? one_875 : p == 2 ? two_875 : more_875.law(real(p));
    return 1.0 / interpolated(low(real(n)), high(real(n)), alpha);
  }
};

constexpr Table raw{{0.262024211897096, 0.604756680630497},
                    {-0.351584646688712, 1.01646567502486},
                    {0.673292623522027, 0.691365864961895},
                    {0.446537815635445, 1.06690782995919},
                    {1.42764571687802, 1.26263336932151, 1.06141115981725, 1.28907991440387},
                    {0.455179464070565, 1.11192541278794, 0.294241208320834, 1.09649329149811}};

constexpr Table reweighted{
    {1.11098143415027, 1.5182890270453},
    {-0.66046776772861, 0.88939595831888},
    {3.11101712909049, 1.91401056721863},
    {0.79473550581058, 1.10081930350091},
    {1.02842572724793, 1.67659883081926, 0.26800273450853, 1.35968562893582},
    {0.544482443573914, 1.25994483222292, 0.343791072183285, 1.25159004257133}};

}  // namespace

std::size_t mcd_subset_size(double alpha, std::size_t n, std::size_t p) {
  const double half = real((n + p + 1) / 2);
  return static_cast<std::size_t>(std::floor(2 * half - real(n) + 2 * (real(n) - half) * alpha));
}

double mcd_consistency(std::size_t p, double share) {
  if (share >= 1.0) return 1.0;
  const double quantile = upper_chi_square_quantile(1.0 - share, real(p));
  return share / (1.0 - exp(DoubleDouble(log_upper_chi_square(quantile, real(p + 2)))));
}

double mcd_small_sample(std::size_t p, std::size_t n, double alpha) {
  return raw.factor(p, n, alpha);
}

double mcd_small_sample_reweighted(std::size_t p, std::size_t n, double alpha) {
  return reweighted.factor(p, n, alpha);
}

}  // namespace trawl::core
