#include "core/stats/mcd_starts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <trawl/core/exact/moments.hpp>

#include "core/stats/double_double.hpp"

namespace trawl::core {
namespace {

using Columns = std::vector<std::vector<double>>;

ExactMoments moments_of(const Columns& columns) {
  ExactMoments out(columns.size());
  const std::vector<std::span<const double>> spans(columns.begin(), columns.end());
  out.add_columns(spans);
  return out;
}

// Ranks from 1, equal values share the mean of theirs.
std::vector<double> ranks(std::span<const double> values) {
  const std::vector<std::size_t> order = sorted_by(values);
  std::vector<double> out(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double shared = 0.5 * static_cast<double>(begin + 1 + end);
    for (std::size_t i = begin; i < end; ++i) out[order[i]] = shared;
  }
  return out;
}

double logistic_score(double rank, double count) {
  return (log(DoubleDouble(rank)) - log(DoubleDouble(count + 1 - rank))).value();
}

}  // namespace

std::vector<std::size_t> sorted_by(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a < b;
  });
  return order;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0) return *middle;
  return 0.5 * *middle + 0.5 * *std::max_element(values.begin(), middle);
}

// With c1 = 4.5 and c2 = 3: efficiency 80 % at the normal law, breakdown point 50 %.
double tau_scale(std::span<const double> values) {
  constexpr double c1 = 4.5, c2 = 3.0;
  const double centre = median({values.begin(), values.end()});
  std::vector<double> deviations;
  for (const double x : values) deviations.push_back(std::abs(x - centre));
  double first = median(deviations);
  if (first == 0) {  // half of the values are equal: what the others say is better than nothing
    first = std::accumulate(deviations.begin(), deviations.end(), 0.0) /
            static_cast<double>(values.size());
  }
  if (first == 0) return 0;
  double weights = 0, weighted = 0;
  for (const double x : values) {
    const double u = (x - centre) / first / c1;
    if (!(std::abs(u) < 1)) continue;
    const double w = (1 - u * u) * (1 - u * u);
    weights += w;
    weighted += w * ((x - centre) / first);
  }
  const double shift = weighted / weights;
  double sum = 0;
  for (const double x : values) {
    const double u = (x - centre) / first - shift;
    sum += std::min(u * u, c2 * c2);
  }
  return first * std::sqrt(sum / static_cast<double>(values.size()));
}

// Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 4th ed., 8.5).
std::vector<double> eigenvectors(std::vector<double> a, std::size_t size) {
  std::vector<double> v(size * size);
  for (std::size_t i = 0; i < size; ++i) v[i * size + i] = 1;
  const auto rotate = [size](std::vector<double>& m, std::size_t i, std::size_t j, double c,
                             double s) {  // elements i and j
    const double x = m[i], y = m[j];
    m[i] = c * x - s * y;
    m[j] = s * x + c * y;
  };
  for (int sweep = 0; sweep < 30; ++sweep) {
    bool changed = false;
    for (std::size_t p = 0; p < size; ++p) {
      for (std::size_t q = p + 1; q < size; ++q) {
        const double off = a[p * size + q], app = a[p * size + p], aqq = a[q * size + q];
        if (std::abs(off) <= 0x1p-60 * (std::abs(app) + std::abs(aqq))) continue;
        changed = true;
        const double tau = (aqq - app) / (2 * off);
        const double t = (tau < 0 ? -1 : 1) / (std::abs(tau) + std::sqrt(1 + tau * tau));
        const double c = 1 / std::sqrt(1 + t * t), s = t * c;
        for (std::size_t k = 0; k < size; ++k) rotate(a, p * size + k, q * size + k, c, s);
        for (std::size_t k = 0; k < size; ++k) rotate(a, k * size + p, k * size + q, c, s);
        for (std::size_t k = 0; k < size; ++k) rotate(v, k * size + p, k * size + q, c, s);
      }
    }
    if (!changed) break;
  }
  return v;
}

McdStarts::McdStarts(Columns columns) : rows_(columns.front().size()), z_(std::move(columns)) {
  for (auto& column : z_) {
    const double centre = median(column), scale = tau_scale(column);
    // Further out makes no difference to any order, and squares of it might be infinite.
    for (double& x : column) x = std::clamp((x - centre) / scale, -0x1p300, 0x1p300);
  }
}

std::vector<double> McdStarts::squared_norms() const {
  std::vector<double> out(rows_);
  for (const auto& column : z_) {
    for (std::size_t r = 0; r < rows_; ++r) out[r] += column[r] * column[r];
  }
  return out;
}

McdStarts::Matrix McdStarts::correlation_of(const Columns& columns) const {
  Matrix out = moments_of(columns).correlation_matrix();
  for (double& r : out) r = std::isnan(r) ? 0.0 : r;  // a column of equal scores
  return out;
}

McdStarts::Matrix McdStarts::sigmoid_correlation() const {
  Columns y = z_;
  for (auto& column : y) {
    for (double& x : column) x /= std::sqrt(1 + x * x);
  }
  return correlation_of(y);
}

McdStarts::Matrix McdStarts::rank_correlation(bool logistic) const {
  Columns y;
  for (const auto& column : z_) {
    y.push_back(ranks(column));
    if (!logistic) continue;
    for (double& r : y.back()) r = logistic_score(r, static_cast<double>(rows_));
  }
  return correlation_of(y);
}

McdStarts::Matrix McdStarts::sign_covariance() const {
  const std::size_t p = z_.size();
  const std::vector<double> norms = squared_norms();
  Matrix out(p * p);
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t r = 0; r < rows_; ++r) {
        if (norms[r] > 0) sum += z_[i][r] * z_[j][r] / norms[r];
      }
      out[i * p + j] = out[j * p + i] = sum;
    }
  }
  return out;
}

McdStarts::Matrix McdStarts::central_half_covariance() const {
  std::vector<std::size_t> order = sorted_by(squared_norms());
  order.resize((rows_ + 1) / 2);
  Columns half;
  for (const auto& column : z_) {
    half.emplace_back();
    for (const std::size_t r : order) half.back().push_back(column[r]);
  }
  return moments_of(half).covariance_matrix();
}

McdStarts::Matrix McdStarts::pairwise_covariance() const {
  const std::size_t p = z_.size();
  Matrix out(p * p);
  std::vector<double> sum(rows_), difference(rows_);
  for (std::size_t i = 0; i < p; ++i) {
    out[i * p + i] = tau_scale(z_[i]) * tau_scale(z_[i]);
    for (std::size_t j = 0; j < i; ++j) {
      for (std::size_t r = 0; r < rows_; ++r) {
        sum[r] = z_[i][r] + z_[j][r];
        difference[r] = z_[i][r] - z_[j][r];
      }
      const double plus = tau_scale(sum), minus = tau_scale(difference);
      out[i * p + j] = out[j * p + i] = 0.25 * (plus * plus - minus * minus);
    }
  }
  return out;
}

McdStarts::Matrix McdStarts::scatter(int start) const {
  switch (start) {
    case 0:
      return sigmoid_correlation();
    case 1:
      return rank_correlation(false);
    case 2:
      return rank_correlation(true);
    case 3:
      return sign_covariance();
    case 4:
      return central_half_covariance();
    default:
      return pairwise_covariance();
  }
}

// With P the eigenvectors and L the scales along them: the centre is S^(1/2) times the medians of
// S^(-1/2) z for S = P L^2 P', and the distance is in S. In coordinates w = P' z.
std::vector<std::size_t> McdStarts::order(int start) const {
  const std::size_t p = z_.size();
  const Matrix vectors = eigenvectors(scatter(start), p);
  Columns w(p, std::vector<double>(rows_));
  for (std::size_t k = 0; k < p; ++k) {
    for (std::size_t i = 0; i < p; ++i) {
      for (std::size_t r = 0; r < rows_; ++r) w[k][r] += vectors[i * p + k] * z_[i][r];
    }
    const double scale = tau_scale(w[k]);
    for (double& x : w[k]) x /= scale > 0 ? scale : 1.0;  // 0: all equal but for rounding
  }
  std::vector<double> medians;  // of S^(-1/2) z = P w
  for (std::size_t i = 0; i < p; ++i) {
    std::vector<double> whitened(rows_);
    for (std::size_t k = 0; k < p; ++k) {
      for (std::size_t r = 0; r < rows_; ++r) whitened[r] += vectors[i * p + k] * w[k][r];
    }
    medians.push_back(median(std::move(whitened)));
  }
  std::vector<double> distances(rows_);
  for (std::size_t k = 0; k < p; ++k) {
    double centre = 0;
    for (std::size_t i = 0; i < p; ++i) centre += vectors[i * p + k] * medians[i];
    for (std::size_t r = 0; r < rows_; ++r) {
      distances[r] += (w[k][r] - centre) * (w[k][r] - centre);
    }
  }
  return sorted_by(distances);
}

}  // namespace trawl::core
