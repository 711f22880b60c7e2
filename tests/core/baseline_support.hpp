// Distances by rational arithmetic: the slow, obvious way.
#pragma once

#include <optional>
#include <vector>

#include "core/moments_support.hpp"
#include "core/rational_support.hpp"

namespace trawl::core {

inline std::vector<std::vector<Rational>> rational_columns(const Table& table) {
  std::vector<std::vector<Rational>> columns;
  for (const auto& column : table) columns.emplace_back(column.begin(), column.end());
  return columns;
}

using RationalMatrix = std::vector<std::vector<Rational>>;

// x with a x = b by Gauss and Jordan; nothing when a is singular.
inline std::optional<std::vector<Rational>> solution(RationalMatrix a, std::vector<Rational> b) {
  const std::size_t size = b.size();
  for (std::size_t k = 0; k < size; ++k) {
    std::size_t row = k;
    while (row < size && a[row][k] == 0) ++row;
    if (row == size) return std::nullopt;
    std::swap(a[row], a[k]);
    std::swap(b[row], b[k]);
    for (std::size_t i = 0; i < size; ++i) {
      if (i == k || a[i][k] == 0) continue;
      const Rational f = a[i][k] / a[k][k];
      for (std::size_t j = k; j < size; ++j) a[i][j] -= f * a[k][j];
      b[i] -= f * b[k];
    }
  }
  for (std::size_t k = 0; k < size; ++k) b[k] /= a[k][k];
  return b;
}

class RationalBaseline {
 public:
  explicit RationalBaseline(const Table& table)
      : columns_(rational_columns(table)), moments_(columns_) {
    for (std::size_t j = 0; j < table.size(); ++j) {
      independent_.push_back(j);
      if (!solution(matrix(), std::vector<Rational>(independent_.size()))) independent_.pop_back();
    }
  }
  const std::vector<std::size_t>& independent() const { return independent_; }
  Rational squared_distance(const std::vector<double>& record) const {
    const std::vector<Rational> y = centred(record);
    const std::vector<Rational> x = *solution(matrix(), y);
    Rational sum = 0;
    for (std::size_t k = 0; k < y.size(); ++k) sum += x[k] * y[k];
    return sum;
  }
  // x_j - m_j minus what the independent features say about it.
  Rational residual(const std::vector<double>& record, std::size_t j) const {
    std::vector<Rational> right;
    for (const std::size_t i : independent_) right.push_back(moments_.covariance(i, j, 1));
    const std::vector<Rational> b = *solution(matrix(), right);
    Rational rest = Rational(record[j]) - moments_.mean(j);
    const std::vector<Rational> y = centred(record);
    for (std::size_t k = 0; k < y.size(); ++k) rest -= b[k] * y[k];
    return rest;
  }

 private:
  RationalMatrix matrix() const {
    RationalMatrix out(independent_.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      for (const std::size_t j : independent_) {
        out[i].push_back(moments_.covariance(independent_[i], j, 1));
      }
    }
    return out;
  }
  std::vector<Rational> centred(const std::vector<double>& record) const {
    std::vector<Rational> out;
    for (const std::size_t i : independent_) out.push_back(Rational(record[i]) - moments_.mean(i));
    return out;
  }

  std::vector<std::vector<Rational>> columns_;
  RationalMoments moments_;
  std::vector<std::size_t> independent_;
};

template <class M = ExactMoments>
M moments_of(const Table& table) {
  M moments(table.size());
  moments.add_columns(spans_of(table));
  return moments;
}

inline std::vector<double> record_of(const Table& table, std::size_t row) {
  std::vector<double> record;
  for (const auto& column : table) record.push_back(column[row]);
  return record;
}

}  // namespace trawl::core
