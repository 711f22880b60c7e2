// Means, variances, covariances, correlations: exact numerators, one rounding.
#include <limits>

#include <trawl/core/exact/moments.hpp>

#include "core/exact/wide.hpp"

namespace trawl::core {
namespace {

using exact::BigInt;
using exact::Wide;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// n * sum(x y) - sum(x) * sum(y)
Wide centred(std::int64_t count, const Wide& products, const Wide& x, const Wide& y) {
  return exact::subtract(exact::multiply({BigInt(count), 0}, products), exact::multiply(x, y));
}

double covariance_of(const Wide& numerator, std::int64_t count, int freedom) {
  if (count < 1 || count <= freedom) return nan;
  return exact::round_ratio(numerator, {BigInt(count) * (count - freedom), 0});
}

double correlation_of(const Wide& xy, const Wide& xx, const Wide& yy) {
  if (xx.value <= 0 || yy.value <= 0) return nan;
  Wide square = exact::multiply(xy, xy);
  if (xy.value < 0) square.value = -square.value;
  return exact::round_root_of_ratio(square, exact::multiply(xx, yy));
}

// All sums as integers, converted once for a whole matrix.
template <class Sums>
std::vector<Wide> centred_triangle(const Sums& sums, std::int64_t count) {
  std::vector<Wide> x;
  for (std::size_t i = 0; i < sums.features(); ++i) x.push_back(exact::to_wide(sums.sum(i)));
  std::vector<Wide> out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      out.push_back(centred(count, exact::to_wide(sums.product_sum(i, j)), x[i], x[j]));
    }
  }
  return out;
}

template <class Entry>
std::vector<double> symmetric(std::size_t width, const Entry& entry) {
  std::vector<double> out(width * width);
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t j = 0; j <= i; ++j) out[i * width + j] = out[j * width + i] = entry(i, j);
  }
  return out;
}

template <class Sums>
Wide centred(const Sums& sums, std::int64_t count, std::size_t i, std::size_t j) {
  return centred(count, exact::to_wide(sums.product_sum(i, j)), exact::to_wide(sums.sum(i)),
                 exact::to_wide(sums.sum(j)));
}

}  // namespace

template <class Sums>
double Moments<Sums>::mean(std::size_t i) const {
  if (count_ < 1) return nan;
  return exact::round_mean(sums_.sum(i), count_);
}

template <class Sums>
double Moments<Sums>::covariance(std::size_t i, std::size_t j, int freedom) const {
  return covariance_of(centred(sums_, count_, i, j), count_, freedom);
}

template <class Sums>
double Moments<Sums>::standard_deviation(std::size_t i, int freedom) const {
  const Wide numerator = centred(sums_, count_, i, i);
  if (count_ < 1 || count_ <= freedom || numerator.value < 0) return nan;
  return exact::round_root_of_ratio(numerator, {BigInt(count_) * (count_ - freedom), 0});
}

template <class Sums>
double Moments<Sums>::correlation(std::size_t i, std::size_t j) const {
  return correlation_of(centred(sums_, count_, i, j), centred(sums_, count_, i, i),
                        centred(sums_, count_, j, j));
}

template <class Sums>
std::vector<double> Moments<Sums>::means() const {
  std::vector<double> out;
  for (std::size_t i = 0; i < features(); ++i) out.push_back(mean(i));
  return out;
}

template <class Sums>
std::vector<double> Moments<Sums>::covariance_matrix(int freedom) const {
  const std::vector<Wide> numerators = centred_triangle(sums_, count_);
  return symmetric(features(), [&](std::size_t i, std::size_t j) {
    return covariance_of(numerators[pair_index(i, j)], count_, freedom);
  });
}

template <class Sums>
std::vector<double> Moments<Sums>::correlation_matrix() const {
  const std::vector<Wide> numerators = centred_triangle(sums_, count_);
  return symmetric(features(), [&](std::size_t i, std::size_t j) {
    return correlation_of(numerators[pair_index(i, j)], numerators[pair_index(i, i)],
                          numerators[pair_index(j, j)]);
  });
}

template <class Sums>
ScaledInteger Moments<Sums>::numerator(std::size_t i, std::size_t j) const {
  return exact::to_scaled(centred(sums_, count_, i, j));
}

template class Moments<ExactSums>;
template class Moments<FixedSums>;

}  // namespace trawl::core
