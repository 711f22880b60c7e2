#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/mcd.hpp>
#include <trawl/core/stats/tails.hpp>

#include "core/stats/mcd_correction.hpp"
#include "core/stats/mcd_starts.hpp"

namespace trawl::core {
namespace {

// Records row by row, sorted by their values: the same for every order they come in.
class SortedRecords {
 public:
  SortedRecords(std::span<const double> rows, std::size_t width) : width_(width) {
    order_.resize(rows.size() / width);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    const auto record = [&](std::size_t r) { return rows.subspan(r * width, width); };
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      const auto x = record(a), y = record(b);
      const auto [i, j] = std::mismatch(x.begin(), x.end(), y.begin());
      return i == x.end() ? a < b : *i < *j;
    });
    values_.reserve(rows.size());
    for (const std::size_t r : order_) {
      for (const double x : record(r)) values_.push_back(x + 0.0);  // -0 becomes 0
    }
  }
  std::size_t size() const { return order_.size(); }
  std::size_t width() const { return width_; }
  std::span<const double> all() const { return values_; }
  std::span<const double> record(std::size_t r) const { return all().subspan(r * width_, width_); }
  std::size_t original(std::size_t r) const { return order_[r]; }

  SortedRecords only(std::span<const std::size_t> features) const {
    SortedRecords out(*this);
    out.width_ = features.size();
    out.values_.clear();
    for (std::size_t r = 0; r < size(); ++r) {
      for (const std::size_t i : features) out.values_.push_back(record(r)[i]);
    }
    return out;
  }
  // Columns within [-1, 1], by powers of two.
  std::vector<std::vector<double>> scaled_columns() const {
    std::vector<std::vector<double>> out(width_, std::vector<double>(size()));
    for (std::size_t i = 0; i < width_; ++i) {
      double largest = 0;
      for (std::size_t r = 0; r < size(); ++r) largest = std::max(largest, std::abs(record(r)[i]));
      const int exponent = -std::ilogb(largest) - 1;
      for (std::size_t r = 0; r < size(); ++r) out[i][r] = std::ldexp(record(r)[i], exponent);
    }
    return out;
  }
  template <class Keep>
  ExactMoments moments_where(const Keep& keep) const {
    std::vector<double> kept;
    for (std::size_t r = 0; r < size(); ++r) {
      if (keep(r)) kept.insert(kept.end(), record(r).begin(), record(r).end());
    }
    ExactMoments out(width_);
    out.add(kept);
    return out;
  }

 private:
  std::size_t width_;
  std::vector<std::size_t> order_;
  std::vector<double> values_;
};

Baseline baseline_of(const SortedRecords& records, std::span<const std::size_t> subset) {
  std::vector<char> in(records.size());
  for (const std::size_t r : subset) in[r] = 1;
  return Baseline(records.moments_where([&](std::size_t r) { return in[r] != 0; }));
}

std::vector<double> distances_to(const Baseline& baseline, std::span<const double> rows) {
  std::vector<double> out(rows.size() / baseline.features());
  baseline.squared_distances(rows, out);
  return out;
}

// The first `size` of an order, ascending.
std::vector<std::size_t> first_of(std::vector<std::size_t> order, std::size_t size) {
  order.resize(size);
  std::sort(order.begin(), order.end());
  return order;
}

// The `size` records nearest to a baseline, ascending; ties in the order of the records.
std::vector<std::size_t> nearest(const Baseline& baseline, const SortedRecords& records,
                                 std::size_t size) {
  const std::vector<double> d = distances_to(baseline, records.all());
  std::vector<std::size_t> order(d.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::nth_element(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(size) - 1, order.end(),
      [&](std::size_t a, std::size_t b) { return d[a] != d[b] ? d[a] < d[b] : a < b; });
  return first_of(std::move(order), size);
}

struct Fit {
  std::vector<std::size_t> subset;
  Baseline baseline;
  int start = 0, steps = 0;
};

// C-steps until the subset stays or is singular. Its determinant falls at each.
Fit concentrate(const SortedRecords& records, std::vector<std::size_t> subset, int start) {
  constexpr int max_steps = 100;
  Baseline first = baseline_of(records, subset);
  Fit fit{std::move(subset), std::move(first), start, 0};
  while (fit.steps < max_steps && !fit.baseline.singular()) {
    std::vector<std::size_t> next = nearest(fit.baseline, records, fit.subset.size());
    if (next == fit.subset) break;
    fit.subset = std::move(next);
    fit.baseline = baseline_of(records, fit.subset);
    ++fit.steps;
  }
  return fit;
}

// The h records nearest to the mean and covariance of the first half in the order of a start; the
// first h when these are singular.
std::vector<std::size_t> first_subset(const SortedRecords& records,
                                      const std::vector<std::size_t>& order, std::size_t h) {
  const Baseline half = baseline_of(records, first_of(order, (order.size() + 1) / 2));
  return half.singular() ? first_of(order, h) : nearest(half, records, h);
}

// Records in full rank.
Fit search(const SortedRecords& records, std::size_t h) {
  const McdStarts starts(records.scaled_columns());
  std::optional<Fit> best;
  for (int start = 0; start < mcd_starts; ++start) {
    Fit fit = concentrate(records, first_subset(records, starts.order(start), h), start);
    if (fit.baseline.singular()) return fit;
    if (!best || fit.baseline.log_determinant() < best->baseline.log_determinant()) {
      best = std::move(fit);
    }
  }
  return *std::move(best);
}

// The correction is left out where its fit was not made for: tiny samples of many features.
double sensible(double small_sample) {
  return small_sample > 0 && small_sample < 50 ? small_sample : 1.0;
}

void set_distances(Mcd& mcd, std::span<const double> rows) {
  mcd.squared_distances = distances_to(mcd.reweighted, rows);
  for (double& d : mcd.squared_distances) d /= mcd.correction.factor();
}

void keep_hyperplane(Mcd& mcd, const SortedRecords& records, const Baseline& of_subset) {
  mcd.exact_fit = true;
  mcd.raw = Baseline(records.moments_where(
      [&](std::size_t r) { return of_subset.keeps_dependencies(records.record(r)); }));
  mcd.reweighted = mcd.raw;
}

void reweight(Mcd& mcd, const SortedRecords& records, std::size_t p, double alpha) {
  const std::size_t n = records.size();
  if (mcd.subset_size < n) {
    const double share = static_cast<double>(mcd.subset_size) / static_cast<double>(n);
    mcd.raw_correction = {mcd_consistency(p, share), sensible(mcd_small_sample(p, n, alpha))};
  }
  const std::vector<double> d = distances_to(mcd.raw, records.all());
  const double limit = mcd.cutoff * mcd.raw_correction.factor();
  mcd.reweighted = mcd.raw;
  mcd.correction = mcd.raw_correction;
  const ExactMoments kept = records.moments_where([&](std::size_t r) { return d[r] < limit; });
  if (kept.count() < 2) return;
  Baseline reweighted(kept);
  if (reweighted.rank() < p) return;
  mcd.reweighted = std::move(reweighted);
  mcd.correction = {};
  const auto count = static_cast<std::size_t>(kept.count());
  if (count == n) return;
  const double share = static_cast<double>(count) / static_cast<double>(n);
  mcd.correction = {mcd_consistency(p, share), sensible(mcd_small_sample_reweighted(p, n, alpha))};
}

void check(std::span<const double> rows, std::size_t features, const McdOptions& options) {
  const auto need = [](bool good, std::string_view what) {
    if (!good) throw InputError(fmt::format("no robust covariance: {}.", what));
  };
  need(features > 0 && rows.size() % features == 0, "rows are not whole records");
  need(std::all_of(rows.begin(), rows.end(), [](double x) { return std::isfinite(x); }),
       "a value is not finite (leave its record out)");
  need(options.alpha >= 0.5 && options.alpha <= 1, "alpha must be from 0.5 to 1");
  need(options.tail > 0 && options.tail < 1, "tail must be between 0 and 1");
}

}  // namespace

Mcd minimum_covariance_determinant(std::span<const double> rows, std::size_t features,
                                   const McdOptions& options) {
  check(rows, features, options);
  const SortedRecords records(rows, features);
  const std::size_t n = records.size();
  const Baseline all(records.moments_where([](std::size_t) { return true; }));
  const std::size_t p = all.rank();
  if (n <= p + 1) {
    throw InputError(fmt::format(
        "no robust covariance: {} records of rank {}; at least {} are needed.", n, p, p + 2));
  }
  Mcd mcd{.raw = all, .reweighted = all};
  mcd.subset_size = mcd_subset_size(options.alpha, n, p);
  if (p == 0) {
    mcd.cutoff = std::numeric_limits<double>::infinity();
    mcd.squared_distances.resize(n);
    return mcd;
  }
  mcd.cutoff = upper_chi_square_quantile(options.tail, static_cast<double>(p));
  const SortedRecords independent = records.only(all.independent());
  const Fit fit = search(independent, mcd.subset_size);
  mcd.best_start = fit.start;
  mcd.steps = fit.steps;
  for (const std::size_t r : fit.subset) mcd.subset.push_back(records.original(r));
  std::sort(mcd.subset.begin(), mcd.subset.end());
  mcd.raw = baseline_of(records, fit.subset);
  if (fit.baseline.singular()) {
    keep_hyperplane(mcd, records, Baseline(mcd.raw));
  } else {
    reweight(mcd, records, p, options.alpha);
  }
  set_distances(mcd, rows);
  return mcd;
}

std::vector<std::size_t> Mcd::outliers() const {
  std::vector<std::size_t> out;
  for (std::size_t r = 0; r < squared_distances.size(); ++r) {
    if (is_outlier(r)) out.push_back(r);
  }
  return out;
}

std::vector<double> Mcd::covariance() const {
  std::vector<double> out = reweighted.covariance();
  for (double& c : out) c *= correction.factor();
  return out;
}

double Mcd::squared_distance(std::span<const double> record) const {
  return reweighted.squared_distance(record) / correction.factor();
}

}  // namespace trawl::core
