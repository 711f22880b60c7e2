#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/fdr.hpp>

#include "core/fdr_support.hpp"
#include "core/tails_support.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr FdrMethod methods[] = {FdrMethod::benjamini_hochberg, FdrMethod::benjamini_yekutieli,
                                 FdrMethod::e_values};

// p, p.adjust(p, "BH"), p.adjust(p, "BY") by R 4.2.2: ties, 0, 1, and a p near the smallest double.
struct Adjusted {
  double p, bh, by;
};
constexpr Adjusted table_of_r[] = {
    {0.01, 0.029999999999999999, 0.11327874533260519},
    {0.050000000000000003, 0.07058823529411766, 0.26653822431201224},
    {0.050000000000000003, 0.07058823529411766, 0.26653822431201224},
    {0.050000000000000003, 0.07058823529411766, 0.26653822431201224},
    {1, 1, 1},
    {0.00012, 0.00072000000000000005, 0.002718689887982525},
    {0.00040000000000000002, 0.00192, 0.0072498397012867337},
    {0.0019, 0.0076, 0.028697282150926651},
    {0.0094999999999999998, 0.029999999999999999, 0.11327874533260519},
    {0.0201, 0.048239999999999998, 0.18215222249482915},
    {0.027799999999999998, 0.0596, 0.22504710739410899},
    {0.0298, 0.0596, 0.22504710739410899},
    {0.0344, 0.063507692307692307, 0.23980239011948423},
    {0.045900000000000003, 0.07058823529411766, 0.26653822431201224},
    {0.32400000000000001, 0.432, 1},
    {0.42620000000000002, 0.53835789473684215, 1},
    {0.57189999999999996, 0.68627999999999989, 1},
    {0.65280000000000005, 0.74605714285714286, 1},
    {0.75900000000000001, 0.82799999999999996, 1},
    {1, 1, 1},
    {1e-300, 1.2000000000000001e-299, 4.5311498133042081e-299},
    {9.9999999999999998e-13, 7.9999999999999998e-12, 3.0207665422028054e-11},
    {0, 0, 0},
    {0.0201, 0.048239999999999998, 0.18215222249482915},
};

TEST(Fdr, EqualsRsAdjustedValuesAndRejections) {
  std::vector<double> log_p;
  for (const Adjusted& row : table_of_r) log_p.push_back(std::log(row.p));
  const auto bh = log_adjusted(log_p, log_p.size(), FdrMethod::benjamini_hochberg);
  const auto by = log_adjusted(log_p, log_p.size(), FdrMethod::benjamini_yekutieli);
  for (std::size_t i = 0; i < log_p.size(); ++i) {
    EXPECT_NEAR(std::exp(bh[i]), table_of_r[i].bh, 1e-13 * table_of_r[i].bh) << table_of_r[i].p;
    EXPECT_NEAR(std::exp(by[i]), table_of_r[i].by, 1e-13 * table_of_r[i].by) << table_of_r[i].p;
  }
  for (const double alpha : {1e-10, 0.001, 0.01, 0.02, 0.031, 0.05, 0.06, 0.1, 0.3, 0.6, 0.99}) {
    const auto by_sums_bh = step_up(log_p, alpha, FdrMethod::benjamini_hochberg, RankSums::solo());
    const auto by_sums_by = step_up(log_p, alpha, FdrMethod::benjamini_yekutieli, RankSums::solo());
    for (std::size_t i = 0; i < log_p.size(); ++i) {
      EXPECT_EQ(log_p[i] <= by_sums_bh.log_threshold, table_of_r[i].bh <= alpha)
          << i << " " << alpha;
      EXPECT_EQ(log_p[i] <= by_sums_by.log_threshold, table_of_r[i].by <= alpha)
          << i << " " << alpha;
    }
  }
}

// As tests/data/count_rejections.R has them.
std::vector<double> million_log_p() {
  std::vector<double> out;
  for (std::uint64_t i = 1; i <= 1'000'000; ++i) {
    const double u = (static_cast<double>(i * 2654435761 % 4294967296) + 0.5) / 4294967296;
    out.push_back(std::log(i % 10 == 0 ? u * u * u * u * u * u : u));
  }
  return out;
}

TEST(Fdr, RejectsAsManyOfAMillionAsR) {
  const std::vector<double> log_p = million_log_p();
  const auto rejected = [&](FdrMethod method, double alpha) {
    return step_up(log_p, alpha, method, RankSums::solo()).rejected;
  };
  EXPECT_EQ(rejected(FdrMethod::benjamini_hochberg, 0.001), 15'868u);
  EXPECT_EQ(rejected(FdrMethod::benjamini_hochberg, 0.01), 25'396u);
  EXPECT_EQ(rejected(FdrMethod::benjamini_hochberg, 0.05), 36'625u);
  EXPECT_EQ(rejected(FdrMethod::benjamini_yekutieli, 0.001), 9'301u);
  EXPECT_EQ(rejected(FdrMethod::benjamini_yekutieli, 0.01), 14'744u);
  EXPECT_EQ(rejected(FdrMethod::benjamini_yekutieli, 0.05), 20'408u);
  // Just above all thresholds, where R rejects none, and one below in the middle, where half.
  std::vector<double> grid;
  for (int i = 1; i <= 1'000'000; ++i) grid.push_back(std::log(0.05 * (i + 0.5) / 1e6));
  const auto of_grid = [&] {
    return step_up(grid, 0.05, FdrMethod::benjamini_hochberg, RankSums::solo()).rejected;
  };
  EXPECT_EQ(of_grid(), 0u);
  grid[499'999] = std::log(0.05 * 500'000 / 1e6 * (1 - 1e-6));
  EXPECT_EQ(of_grid(), 500'000u);
}

void expect_same_as_sorting(std::span<const double> log_p, double alpha, FdrMethod method,
                            std::mt19937_64& rng, const std::string& what) {
  const Rejection expected = step_up_by_sorting(log_p, alpha, method);
  const auto below = std::count_if(log_p.begin(), log_p.end(),
                                   [&](double v) { return v <= expected.log_threshold; });
  EXPECT_EQ(static_cast<std::uint64_t>(below), expected.rejected) << what;
  const std::size_t ranks = 1 + rng() % 8;
  std::vector<std::size_t> owner(log_p.size());
  const bool lopsided = rng() % 3 == 0;
  for (std::size_t& o : owner) o = lopsided ? ranks - 1 : rng() % ranks;
  for (const Rejection& result : step_up_on_ranks(log_p, owner, ranks, alpha, method)) {
    EXPECT_EQ(result.tested, log_p.size()) << what;
    EXPECT_EQ(result.rejected, expected.rejected) << what;
    EXPECT_EQ(result.log_threshold, expected.log_threshold) << what;
    EXPECT_LE(result.sums, counting_rounds + 2) << what;
    EXPECT_LE(static_cast<std::uint64_t>(result.bulk_sums), log_p.size() / thresholds_per_block + 1)
        << what;
  }
}

TEST(Fdr, AnyPartitionGivesWhatSortingGives) {
  constexpr std::uint64_t seed = 31;
  std::mt19937_64 rng(seed);
  for (int i = 0; i < 300; ++i) {
    const std::size_t m = i % 7 == 0 ? rng() % 4 : rng() % 2000;
    const int kind = static_cast<int>(rng() % kinds_of_log_p);
    const double alpha =
        i % 11 == 0 ? 1.0 : std::pow(0.1, 4 * std::ldexp(static_cast<double>(rng() >> 11), -53));
    const std::vector<double> log_p = random_log_p(rng, kind, m);
    expect_same_as_sorting(log_p, alpha, methods[rng() % 3], rng,
                           "seed " + std::to_string(seed) + " case " + std::to_string(i) +
                               " kind " + std::to_string(kind));
  }
}

// Just above all thresholds: rounds of counting end after their cap, blocks find the result.
TEST(Fdr, AdversarialGrid) {
  constexpr double alpha = 0.05;
  std::mt19937_64 rng(32);
  for (const std::size_t m : {100, 10'000, 70'000}) {
    for (const double excess : {1e-9, -1e-9}) {
      std::vector<double> log_p = adversarial_grid(m, alpha, excess);
      std::shuffle(log_p.begin(), log_p.end(), rng);
      expect_same_as_sorting(log_p, alpha, FdrMethod::benjamini_hochberg, rng, std::to_string(m));
      const Rejection r = step_up(log_p, alpha, FdrMethod::benjamini_hochberg, RankSums::solo());
      EXPECT_EQ(r.rejected, excess < 0 ? m : 0);
      if (excess > 0) {
        EXPECT_EQ(r.sums, counting_rounds + 2);
        EXPECT_EQ(static_cast<std::uint64_t>(r.bulk_sums), (m - 33) / thresholds_per_block + 1);
      }
    }
    // One fixed point, anywhere.
    for (int i = 0; i < 3; ++i) {
      std::vector<double> log_p = adversarial_grid(m, alpha, 1e-9);
      const std::size_t k = 1 + rng() % m;
      log_p[k - 1] = std::log(alpha * static_cast<double>(k) / static_cast<double>(m) * (1 - 1e-9));
      expect_same_as_sorting(log_p, alpha, FdrMethod::benjamini_hochberg, rng, std::to_string(k));
      EXPECT_EQ(step_up(log_p, alpha, FdrMethod::benjamini_hochberg, RankSums::solo()).rejected, k);
    }
  }
}

// Fixed points at both ends of every block, and blocks that are skipped.
TEST(Fdr, AdversarialGridOverSeveralBlocks) {
  constexpr double alpha = 0.05;
  constexpr auto bh = FdrMethod::benjamini_hochberg;
  constexpr std::size_t m = 3 * thresholds_per_block + 100, top = m - counting_rounds;
  const std::vector<double> grid = adversarial_grid(m, alpha, 1e-9);
  for (std::size_t end = top; end <= top; end -= thresholds_per_block) {
    for (const std::size_t k : {end + 1, end}) {
      std::vector<double> log_p = grid;
      log_p[k - 1] = std::log(alpha * static_cast<double>(k) / static_cast<double>(m) * (1 - 1e-9));
      EXPECT_EQ(step_up(log_p, alpha, bh, RankSums::solo()).rejected, k);
    }
  }
  // Many at once just above the end of the first block: none for 40,000 thresholds below it.
  constexpr std::size_t end = top - thresholds_per_block, fixed = end - 40'000;
  std::vector<double> log_p = grid;
  for (std::size_t k = fixed + 1; k < end; ++k) log_p[k - 1] = log_p[end - 1];
  log_p[fixed - 1] =
      std::log(alpha * static_cast<double>(fixed) / static_cast<double>(m) * (1 - 1e-9));
  const Rejection r = step_up(log_p, alpha, bh, RankSums::solo());
  EXPECT_EQ(r.rejected, fixed);
  EXPECT_EQ(r.rejected, step_up_by_sorting(log_p, alpha, bh).rejected);
  EXPECT_EQ(r.bulk_sums, 2);
}

TEST(Fdr, CandidatesAloneGiveWhatSortingAllGives) {
  std::mt19937_64 rng(9);
  for (int round = 0; round < 400; ++round) {
    const std::size_t m = 1 + rng() % 3000;
    const double alpha = round % 5 == 0 ? 1.0 : std::pow(10, -static_cast<double>(rng() % 5)) * 0.7;
    const auto all = round % 9 == 0 ? adversarial_grid(m, alpha, 1e-12)
                                    : random_log_p(rng, round % kinds_of_log_p, m);
    for (const FdrMethod method : methods) {
      std::vector<double> candidates;
      for (const double v : all) {
        if (v <= log_candidate_bound(alpha)) candidates.push_back(v);
      }
      const Rejection got = step_up_of_candidates(candidates, m, alpha, method, RankSums::solo());
      const Rejection want = step_up_by_sorting(all, alpha, method);
      EXPECT_EQ(got.tested, m);
      EXPECT_EQ(got.rejected, want.rejected) << round;
      EXPECT_EQ(got.log_threshold, want.log_threshold) << round;
    }
  }
}

TEST(EValue, IsBelowOneOverP) {
  for (double log_p = 0; log_p > -1000; log_p = log_p * 1.1 - 1e-6)
    EXPECT_LT(log_e_value(log_p), -log_p + (log_p == 0 ? 1e-9 : 0)) << log_p;
}

TEST(Fdr, TieAtTheThresholdIsRejected) {
  const std::vector<double> one = {std::log(0.05)};
  EXPECT_EQ(step_up(one, 0.05, FdrMethod::benjamini_hochberg, RankSums::solo()).rejected, 1u);
  const std::vector<double> equal(1000, std::log(0.05));
  EXPECT_EQ(step_up(equal, 0.05, FdrMethod::benjamini_hochberg, RankSums::solo()).rejected, 1000u);
  EXPECT_EQ(step_up(equal, 0.0499, FdrMethod::benjamini_hochberg, RankSums::solo()).rejected, 0u);
}

TEST(Fdr, NoHypotheses) {
  for (const FdrMethod method : methods) {
    const Rejection r = step_up({}, 0.05, method, RankSums::solo());
    EXPECT_EQ(r.tested, 0u);
    EXPECT_EQ(r.rejected, 0u);
    EXPECT_EQ(r.log_threshold, -infinity);
    EXPECT_TRUE(log_adjusted({}, 0, method).empty());
  }
}

TEST(Fdr, RefusesWhatIsNoProbability) {
  constexpr auto bh = FdrMethod::benjamini_hochberg;
  const double nan = std::nan("");
  for (const double bad : {nan, 0.1, infinity}) {
    const std::vector<double> log_p = {-1, bad};
    EXPECT_THROW(step_up(log_p, 0.05, bh, RankSums::solo()), InputError) << bad;
    EXPECT_THROW(step_up_by_sorting(log_p, 0.05, bh), InputError) << bad;
    EXPECT_THROW(log_adjusted(log_p, 2, bh), InputError) << bad;
    EXPECT_THROW(log_e_value(bad), InputError) << bad;
    EXPECT_EQ(std::isnan(bad), [&] {
      try {
        step_up(log_p, 0.05, FdrMethod::e_values,
                RankSums::solo());  // e < 1 is a value like others
        return false;
      } catch (const InputError&) {
        return true;
      }
    }());
  }
  const std::vector<double> good = {-1, -2};
  for (const double alpha : {0.0, -1.0, 1.5, nan})
    EXPECT_THROW(step_up(good, alpha, bh, RankSums::solo()), InputError);
  EXPECT_THROW(log_adjusted(good, 1, bh), InputError);
}

// By definition: the smallest of m p_(j) / j over all j from the value's rank on.
TEST(Fdr, AdjustedValuesOfTheRejectedNeedNoOthers) {
  constexpr std::uint64_t seed = 33;
  std::mt19937_64 rng(seed);
  for (int i = 0; i < 60; ++i) {
    std::vector<double> log_p = random_log_p(rng, i % kinds_of_log_p, 1 + rng() % 300);
    std::sort(log_p.begin(), log_p.end());
    const std::size_t m = log_p.size();
    const auto all = log_adjusted(log_p, m, FdrMethod::benjamini_hochberg);
    for (std::size_t k = 0; k < m; ++k) {
      double smallest = 0;
      for (std::size_t j = k; j < m; ++j) {
        smallest = std::min(
            smallest, log_p[j] + std::log(static_cast<double>(m) / static_cast<double>(j + 1)));
      }
      if (smallest == -infinity) {
        EXPECT_EQ(all[k], -infinity);
      } else {
        EXPECT_NEAR(all[k], smallest, 1e-13 * std::max(1.0, -smallest)) << "seed " << seed;
      }
    }
    const double alpha = 0.2;
    const Rejection r = step_up_by_sorting(log_p, alpha, FdrMethod::benjamini_hochberg);
    const auto some =
        log_adjusted(std::span(log_p).first(r.rejected), m, FdrMethod::benjamini_hochberg);
    for (std::size_t k = 0; k < some.size(); ++k) {
      EXPECT_EQ(some[k], all[k]);
      EXPECT_LE(some[k], std::log(alpha) + 1e-13);
    }
    const bool others = some.size() < m;
    EXPECT_TRUE(!others || all[some.size()] > std::log(alpha));
  }
}

TEST(Fdr, PenaltyIsTheHarmonicNumber) {
  for (const std::uint64_t m : {1, 2, 63, 64, 65, 100, 100'000}) {
    Precise sum = 0;
    for (std::uint64_t i = 1; i <= m; ++i) sum += Precise(1) / i;
    const std::vector<double> one = {-20.0};
    const double adjusted = log_adjusted(one, m, FdrMethod::benjamini_yekutieli)[0];
    const Precise expected = log(sum) + log(Precise(m)) - 20;
    EXPECT_LT(relative_error(adjusted, expected), 2e-16) << m;
  }
}

TEST(EValue, IsTheIntegralOverCalibrators) {
  EXPECT_EQ(log_e_value(0), -std::log(2));
  EXPECT_EQ(log_e_value(-infinity), infinity);
  for (const double log_p :
       {-1e-300, -1e-9, -0.01, -0.3, -0.999, -1.0, -1.001, -3.0, -30.0, -700.0, -690775.0}) {
    const Precise u = -Precise(log_p), e = (exp(u) - 1 - u) / (u * u);
    if (-log_p < 1e-20) continue;
    const double value = log_e_value(log_p);
    EXPECT_LT(static_cast<double>(abs(value - log(e))), 1e-14 * std::max(1.0, std::abs(value)))
        << log_p;
  }
  // The mean of e over uniform p is 1: that is what makes it an e-value.
  double sum = 0;
  constexpr int steps = 200'000;
  for (int i = 0; i < steps; ++i) {
    const double u = 60 * (i + 0.5) / steps;  // p = exp(-u), dp = exp(-u) du
    sum += std::exp(log_e_value(-u) - u) * 60 / steps;
  }
  EXPECT_NEAR(sum, 1 - 1 / 60., 1e-3);
}

}  // namespace
}  // namespace trawl::core
