#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/fdr.hpp>

#include "core/stats/fdr_thresholds.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Rejection nothing(std::uint64_t m) {
  return {.tested = m, .log_threshold = -infinity};
}

std::uint64_t count_at_most(std::span<const double> values, double threshold) {
  return static_cast<std::uint64_t>(
      std::count_if(values.begin(), values.end(), [=](double v) { return v <= threshold; }));
}

std::uint64_t count_refused(std::span<const double> log_p, FdrMethod method) {
  const auto good = [=](double value) { return is_log_value(value, method); };
  const auto count = std::count_if(log_p.begin(), log_p.end(), good);
  return log_p.size() - static_cast<std::uint64_t>(count);
}

void check_local(std::span<const double> log_p, FdrMethod method) {
  if (const std::uint64_t refused = count_refused(log_p, method); refused > 0) {
    refuse_log_values(refused);
  }
}

// Hypotheses of this rank that may still be rejected.
class Candidates {
 public:
  explicit Candidates(std::span<const double> all) : all_(all) {}
  std::uint64_t count(double threshold) const { return count_at_most(values(), threshold); }
  void keep(double threshold) {
    std::vector<double> kept;
    for (const double v : values()) {
      if (v <= threshold) kept.push_back(v);
    }
    kept_ = std::move(kept);
    copied_ = true;
  }
  std::span<const double> values() const { return copied_ ? std::span<const double>(kept_) : all_; }

 private:
  std::span<const double> all_;
  std::vector<double> kept_;
  bool copied_ = false;
};

// The levels of the candidates, and how many there are of each, block by block from above.
class Levels {
 public:
  Levels(std::span<const double> log_p, const Thresholds& thresholds) {
    levels_.reserve(log_p.size());
    for (const double v : log_p) levels_.push_back(thresholds.level(v));
    std::sort(levels_.begin(), levels_.end());
  }
  // counts[0]: levels up to `low`; counts[j]: level low + j.
  void count(std::uint64_t low, std::span<std::uint64_t> counts) const {
    std::fill(counts.begin(), counts.end(), 0);
    const auto first = std::upper_bound(levels_.begin(), levels_.end(), low);
    const auto last = std::upper_bound(first, levels_.end(), low + counts.size() - 1);
    counts[0] = static_cast<std::uint64_t>(first - levels_.begin());
    for (auto level = first; level != last; ++level) ++counts[*level - low];
  }

 private:
  std::vector<std::uint64_t> levels_;
};

// The largest k <= top with at least k levels up to k, given that none above top is one; 0 if none.
std::uint64_t largest_fixed_point(const Levels& levels, std::uint64_t top, const RankSums& ranks,
                                  Rejection& result) {
  std::vector<std::uint64_t> counts;
  while (top > 0) {
    const std::uint64_t low = top - std::min(top, thresholds_per_block);
    counts.resize(top - low + 1);
    levels.count(low, counts);
    ranks.sum_all(counts);
    ++result.bulk_sums;
    std::uint64_t at_most = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    for (std::uint64_t k = top; k > low; --k) {
      if (at_most >= k) return k;
      at_most -= counts[k - low];
    }
    top = std::min(low, at_most);  // no k above the count can be one
  }
  return 0;
}

}  // namespace

RankSums RankSums::solo() {
  return {[](std::uint64_t mine) { return mine; }, [](std::span<std::uint64_t>) {}};
}

Rejection step_up(std::span<const double> log_p, double alpha, FdrMethod method,
                  const RankSums& ranks) {
  return step_up_of_candidates(log_p, log_p.size(), alpha, method, ranks);
}

double log_candidate_bound(double alpha) {
  check_alpha(alpha);
  const double log_alpha = log(alpha).value();
  return std::min(0.0, log_alpha + 1e-9 * std::max(1.0, -log_alpha));
}

Rejection step_up_of_candidates(std::span<const double> log_p, std::uint64_t tested, double alpha,
                                FdrMethod method, const RankSums& ranks) {
  check_alpha(alpha);
  const std::uint64_t refused = ranks.sum(count_refused(log_p, method));
  if (refused > 0) refuse_log_values(refused);
  const std::uint64_t m = ranks.sum(tested);
  Rejection result = nothing(m);
  result.sums = 2;
  if (m == 0) return result;

  const Thresholds thresholds(alpha, m, method);
  Candidates candidates(log_p);
  std::uint64_t k = m;
  for (int round = 0; k > 0; ++round) {
    if (round == counting_rounds) {
      const Levels levels(candidates.values(), thresholds);
      k = largest_fixed_point(levels, k, ranks, result);
      break;
    }
    const std::uint64_t found = ranks.sum(candidates.count(thresholds(k)));
    ++result.sums;
    if (found == k) break;
    candidates.keep(thresholds(k));
    k = found;
  }
  if (k == 0) return result;
  result.rejected = k;
  result.log_threshold = thresholds(k);
  return result;
}

Rejection step_up_by_sorting(std::span<const double> log_p, double alpha, FdrMethod method) {
  check_alpha(alpha);
  check_local(log_p, method);
  Rejection result = nothing(log_p.size());
  std::vector<double> sorted(log_p.begin(), log_p.end());
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) return result;
  const Thresholds thresholds(alpha, sorted.size(), method);
  for (std::uint64_t k = sorted.size(); k >= 1; --k) {
    const double threshold = thresholds(k);
    if (sorted[k - 1] > threshold) continue;
    result.rejected = k;
    result.log_threshold = threshold;
    break;
  }
  return result;
}

std::vector<double> log_adjusted(std::span<const double> log_p, std::uint64_t m, FdrMethod method) {
  check_local(log_p, method);
  if (m < log_p.size()) {
    throw InputError(fmt::format("{} p-values of {} tests cannot be adjusted.", log_p.size(), m));
  }
  std::vector<std::size_t> order(log_p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return log_p[a] < log_p[b]; });
  std::vector<double> adjusted(log_p.size());
  if (log_p.empty()) return adjusted;
  const DoubleDouble factor = log(static_cast<double>(m)) + log_penalty(m, method);
  double smallest = 0.0;
  for (std::size_t rank = order.size(); rank >= 1; --rank) {
    const double own = log_p[order[rank - 1]];
    // Not through 106 bits when p = 0: infinity minus infinity.
    const double candidate =
        own == -infinity ? own : (factor - log(static_cast<double>(rank)) + own).value();
    smallest = std::min(smallest, candidate);
    adjusted[order[rank - 1]] = smallest;
  }
  return adjusted;
}

double log_e_value(double log_p) {
  check_local({&log_p, 1}, FdrMethod::benjamini_hochberg);
  // With u = -log p: (e^u - 1 - u) / u^2.
  const double u = -log_p;
  if (u == infinity) return infinity;
  if (u < 1.0) {  // 1/2 + u/6 + u^2/24 + ...
    double sum = 0;
    for (int n = 20; n >= 2; --n) sum = (sum * u + 1.0) / static_cast<double>(n);
    return log(sum).value();
  }
  return (DoubleDouble(u) + log1p(-(1.0 + u) * exp(-u)) - log(u) * 2.0).value();
}

}  // namespace trawl::core
