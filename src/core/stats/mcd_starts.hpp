// Where the search of the MCD starts: orders of records by distances that do not need a covariance
// of clean records. Sources in mcd.hpp.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace trawl::core {

inline constexpr int mcd_starts = 6;

// Of records as columns, each made comparable: (x - median) / tau-scale.
class McdStarts {
 public:
  // Columns of equal size, none constant, values in [-1, 1]. Order matters to the last bits: the
  // caller sorts.
  explicit McdStarts(std::vector<std::vector<double>> columns);

  // Records, the most central first; ties in the order given.
  std::vector<std::size_t> order(int start) const;

 private:
  using Matrix = std::vector<double>;  // p x p by rows
  Matrix scatter(int start) const;
  Matrix correlation_of(const std::vector<std::vector<double>>& columns) const;
  Matrix sigmoid_correlation() const;
  Matrix rank_correlation(bool logistic) const;
  Matrix sign_covariance() const;
  Matrix central_half_covariance() const;
  Matrix pairwise_covariance() const;
  std::vector<double> squared_norms() const;

  std::size_t rows_;
  std::vector<std::vector<double>> z_;
};

// The order of indices by (value, index).
std::vector<std::size_t> sorted_by(std::span<const double> values);

double median(std::vector<double> values);
// Up to a constant factor; 0 only for values that are all equal.
double tau_scale(std::span<const double> values);
// Columns of the result, p x p by rows, are eigenvectors of a symmetric matrix.
std::vector<double> eigenvectors(std::vector<double> symmetric, std::size_t size);

}  // namespace trawl::core
