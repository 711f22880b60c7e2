#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <type_traits>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/baseline.hpp>

#include "core/stats/double_double.hpp"
#include "core/stats/exact_factor.hpp"

namespace trawl::core {
namespace {

using exact::BigInt;
using exact::Wide;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t lanes = 32;  // records at a time: one column of them is 256 bytes

double value_of(double x) {
  return x;
}
double value_of(DoubleDouble x) {
  return x.value();
}

template <class Sums>
CentredMatrix centred_matrix(const Moments<Sums>& moments) {
  if (moments.count() < 2) {
    throw InputError("a baseline of " + std::to_string(moments.count()) +
                     " records: it needs two at least.");
  }
  CentredMatrix out;
  out.count = moments.count();
  const Wide count{BigInt(moments.count()), 0};
  for (std::size_t i = 0; i < moments.features(); ++i) {
    out.sums.push_back(exact::to_wide(moments.sum(i)));
    for (std::size_t j = 0; j <= i; ++j) {
      const Wide products = exact::to_wide(moments.product_sum(i, j));
      out.entries.push_back(exact::subtract(exact::multiply(count, products),
                                            exact::multiply(out.sums[i], out.sums[j])));
    }
  }
  return out;
}

std::vector<double> covariance_of(const CentredMatrix& matrix) {
  const std::size_t width = matrix.size();
  const Wide freedom{BigInt(matrix.count) * (matrix.count - 1), 0};
  std::vector<double> out(width * width);
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      out[i * width + j] = out[j * width + i] =
          exact::round_ratio(matrix.entries[pair_index(i, j)], freedom);
    }
  }
  return out;
}

Dependency rounded(const Relation& relation, std::int64_t count) {
  Dependency out;
  out.feature = relation.features.back();
  const Wide& own = relation.weights.back();
  for (std::size_t i = 0; i + 1 < relation.features.size(); ++i) {
    out.others.push_back(relation.features[i]);
    const Wide& weight = relation.weights[i];
    out.coefficients.push_back(exact::round_ratio({-weight.value, weight.exponent}, own));
  }
  out.constant = exact::round_ratio(relation.total, {own.value * count, own.exponent});
  return out;
}

double log_determinant_of(const Factor& factor) {
  DoubleDouble sum = 0;
  for (std::size_t k = 0; k < factor.pivots.size(); ++k) {
    sum = sum + log(DoubleDouble(factor.pivots[k])) + dd_ln2 * (2.0 * factor.scales[k]);
  }
  return sum.value();
}

bool any_nan(std::span<const double> record) {
  return std::any_of(record.begin(), record.end(), [](double x) { return std::isnan(x); });
}

bool all_finite(std::span<const double> record) {
  return std::all_of(record.begin(), record.end(), [](double x) { return std::isfinite(x); });
}

}  // namespace

// x - mean in units of the scale.
template <class Number>
Number Baseline::centred(double x, const Centre& c) {
  if constexpr (std::is_same_v<Number, double>) {
    return ((x * c.before - c.mean) - c.rest) * c.after;
  } else {
    const DoubleDouble d = two_sum(x * c.before, -c.mean) - c.rest;
    return {d.hi * c.after, d.lo * c.after};
  }
}

struct Baseline::Relations {
  std::vector<Relation> all;
};

template <class Sums>
Baseline::Baseline(const Moments<Sums>& moments) : count_(moments.count()) {
  if constexpr (std::is_same_v<Sums, FixedSums>) units_ = moments.configuration().units;
  const CentredMatrix matrix = centred_matrix(moments);
  covariance_ = covariance_of(matrix);
  std::vector<std::size_t> all(matrix.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::optional<Factor> factor = factor_in_doubles(matrix, all);
  if (!factor) {
    ExactFactor exact = factor_in_integers(matrix);
    if (!exact.relations.empty()) factor = factor_in_doubles(matrix, exact.factor.independent);
    if (!factor) factor = std::move(exact.factor);
    for (const Relation& r : exact.relations) dependencies_.push_back(rounded(r, count_));
    relations_ = std::make_shared<const Relations>(Relations{std::move(exact.relations)});
  }
  const Wide count{BigInt(count_), 0};
  for (const Wide& sum : matrix.sums) means_.push_back(exact::round_ratio(sum, count));
  for (std::size_t k = 0; k < factor->independent.size(); ++k) {
    const std::size_t i = factor->independent[k];
    const double before = std::ldexp(1.0, -std::max(factor->scales[k], 0));
    const double after = std::ldexp(1.0, -std::min(factor->scales[k], 0));
    const double rest = round_rest(matrix.sums[i], count, means_[i]);
    centres_.push_back({means_[i] * before, rest * before, before, after});
  }
  log_determinant_ = log_determinant_of(*factor);
  independent_ = std::move(factor->independent);
  lower_ = std::move(factor->lower);
  lower_rests_ = std::move(factor->lower_rests);
  pivots_ = std::move(factor->pivots);
}

std::vector<std::size_t> Baseline::constants() const {
  std::vector<std::size_t> out;
  for (const Dependency& d : dependencies_) {
    if (d.others.empty()) out.push_back(d.feature);
  }
  return out;
}

std::vector<double> Baseline::counted(std::span<const double> rows) const {
  std::vector<double> out(rows.begin(), rows.end());
  if (units_.empty()) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = fixed_point(out[i], units_[i % units_.size()]);
  }
  return out;
}

// Distances of at most `lanes` records over the independent features.
template <class Number>
void Baseline::solve(const double* rows, std::size_t count, double* out) const {
  const std::size_t size = rank();
  std::array<Number, max_features * lanes> y;
  for (std::size_t k = 0; k < size; ++k) {
    const std::size_t feature = independent_[k];
    for (std::size_t r = 0; r < count; ++r) {
      y[k * lanes + r] = centred<Number>(rows[r * features() + feature], centres_[k]);
    }
  }
  std::fill(out, out + count, 0.0);
  for (std::size_t k = 0; k < size; ++k) {
    const Number* solved = &y[k * lanes];
    for (std::size_t r = 0; r < count; ++r) {
      const double z = value_of(solved[r]);
      out[r] += z * z / pivots_[k];
    }
    for (std::size_t i = k + 1; i < size; ++i) {
      Number* next = &y[i * lanes];
      Number l = lower_[k * size + i];
      if constexpr (!std::is_same_v<Number, double>) l.lo = lower_rests_[k * size + i];
      for (std::size_t r = 0; r < count; ++r) next[r] = next[r] - l * solved[r];
    }
  }
}

void Baseline::squared_distances(std::span<const double> rows, std::span<double> out) const {
  const std::size_t width = features();
  if (rows.size() != width * out.size()) {
    throw InputError("records for distances have other features than the baseline.");
  }
  for (std::size_t begin = 0; begin < out.size(); begin += lanes) {
    const std::size_t count = std::min(lanes, out.size() - begin);
    std::span<const double> block = rows.subspan(begin * width, count * width);
    std::vector<double> rounded_block;
    if (!units_.empty()) block = rounded_block = counted(block);
    const std::span<double> results = out.subspan(begin, count);
    if (lower_rests_.empty()) {
      solve<double>(block.data(), count, results.data());
    } else {
      solve<DoubleDouble>(block.data(), count, results.data());
    }
    for (std::size_t r = 0; r < count; ++r) {
      const auto record = block.subspan(r * width, width);
      if (std::isnan(results[r]) || (singular() && any_nan(record))) {
        results[r] = any_nan(record) ? std::numeric_limits<double>::quiet_NaN() : infinity;
      } else if (singular() && !keeps(record)) {
        results[r] = infinity;
      }
    }
  }
}

double Baseline::squared_distance(std::span<const double> record) const {
  double out = 0;
  squared_distances(record, {&out, 1});
  return out;
}

bool Baseline::violates(std::size_t dependency, std::span<const double> record) const {
  const Relation& relation = relations_->all[dependency];
  Wide rest{-relation.total.value, relation.total.exponent};
  for (std::size_t i = 0; i < relation.features.size(); ++i) {
    const double value = record[relation.features[i]];
    if (!std::isfinite(value)) return true;
    const Wide x = double_to_wide(value);
    rest = exact::subtract(
        rest, exact::multiply(relation.weights[i], {BigInt(x.value * -count_), x.exponent}));
  }
  return rest.value != 0;
}

bool Baseline::keeps(std::span<const double> counted_record) const {
  for (std::size_t i = 0; i < dependencies_.size(); ++i) {
    if (violates(i, counted_record)) return false;
  }
  return true;
}

bool Baseline::keeps_dependencies(std::span<const double> record) const {
  if (record.size() != features()) {
    throw InputError("a record has other features than the baseline.");
  }
  return keeps(counted(record));
}

// y_i * (S^-1 y)_i for the independent features.
template <class Number>
void Baseline::explain(std::span<const double> record, Distance& out) const {
  const std::size_t size = rank();
  std::array<Number, max_features> y, z;
  const auto lower = [&](std::size_t i, std::size_t k) {
    Number l = lower_[k * size + i];
    if constexpr (!std::is_same_v<Number, double>) l.lo = lower_rests_[k * size + i];
    return l;
  };
  for (std::size_t k = 0; k < size; ++k) {
    const std::size_t feature = independent_[k];
    y[k] = z[k] = centred<Number>(record[feature], centres_[k]);
  }
  for (std::size_t k = 0; k < size; ++k) {
    for (std::size_t i = k + 1; i < size; ++i) z[i] = z[i] - lower(i, k) * z[k];
  }
  for (std::size_t k = size; k-- > 0;) {
    z[k] = z[k] / pivots_[k];
    for (std::size_t i = k + 1; i < size; ++i) z[k] = z[k] - lower(i, k) * z[i];
    const double product = value_of(y[k] * z[k]);
    out.contributions[independent_[k]] = std::isnan(product) ? infinity : product;
  }
}

Distance Baseline::distance(std::span<const double> record) const {
  Distance out;
  out.squared = squared_distance(record);
  out.contributions.resize(features());
  const std::vector<double> values = counted(record);
  if (!all_finite(values)) {
    for (std::size_t i = 0; i < features(); ++i) {
      if (!std::isfinite(values[i])) out.contributions[i] = out.squared;
    }
    return out;
  }
  if (lower_rests_.empty()) {
    explain<double>(values, out);
  } else {
    explain<DoubleDouble>(values, out);
  }
  for (std::size_t i = 0; i < dependencies_.size(); ++i) {
    if (!violates(i, values)) continue;
    out.violated.push_back(i);
    out.contributions[dependencies_[i].feature] = infinity;
  }
  return out;
}

template Baseline::Baseline(const Moments<ExactSums>&);
template Baseline::Baseline(const Moments<FixedSums>&);

}  // namespace trawl::core
