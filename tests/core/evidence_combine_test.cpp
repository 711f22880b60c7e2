// The robust centre against its definition in rational numbers, and its guarantee against liars
// who know everything.
#include <limits>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/assess.hpp>
#include <trawl/core/evidence/mixture.hpp>
#include <trawl/core/exact/elementary.hpp>

#include "core/evidence/interval_ranks.hpp"
#include "core/evidence_support.hpp"

namespace trawl::evidence {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<Opinion> random_opinions(Rng& rng, std::size_t count, std::uint32_t most_votes) {
  const bool few_values = rng() % 3 == 0;
  std::vector<Opinion> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double x = few_values ? static_cast<double>(rng() % 3) : core::random_number(rng, 2);
    out.push_back(
        {static_cast<std::int64_t>(i), x, 1 + static_cast<std::uint32_t>(rng()) % most_votes});
  }
  std::shuffle(out.begin(), out.end(), rng);
  return out;
}

// By trying: for sources with one to five votes.
std::uint64_t slow_most_sources(const std::vector<Opinion>& opinions, std::uint64_t votes) {
  std::uint64_t count = 0;
  for (std::uint32_t size = 1; size <= 5; ++size) {
    for (const Opinion& o : opinions) {
      if (o.votes != size || votes < size) continue;
      votes -= size;
      ++count;
    }
  }
  return count;
}

// The definition, in whole numbers: 1 - 0.95 is a twentieth. Up to 50 draws.
std::uint64_t slow_rank(std::uint64_t honest) {
  std::uint64_t below = 0, binomial = 1, k = 0;
  while (k <= honest && 40 * (below + binomial) <= std::uint64_t{1} << honest) {
    below += binomial;
    binomial = binomial * (honest - k) / (k + 1);
    ++k;
  }
  return k;
}

Interval slow_interval(const std::vector<Opinion>& opinions, std::uint64_t liars) {
  std::vector<double> values;
  for (const Opinion& o : opinions) values.push_back(o.log_odds);
  std::ranges::sort(values);
  const std::uint64_t k = slow_rank(values.size() - liars);
  return k == 0 ? Interval{nan, nan} : Interval{values[k - 1], values[values.size() - k]};
}

TEST(Combiner, IsWhatRationalNumbersSay) {
  Rng rng(21);
  int intervals = 0;
  for (const double byzantine : {0.0, 0.1, 0.33, 0.49}) {
    const Combiner combiner({.byzantine = byzantine, .registered_only = true});
    for (int trial = 0; trial < 400; ++trial) {
      const auto opinions = random_opinions(rng, 1 + rng() % 30, trial % 2 == 0 ? 1 : 5);
      const Combination c = combiner.combine(opinions);
      const auto sorted = ballots(opinions);
      ASSERT_EQ(c.votes, sorted.size());
      ASSERT_EQ(c.tolerated_votes, static_cast<std::size_t>(byzantine * 100 + 0.5) * c.votes / 100);
      ASSERT_EQ(c.median, slow_median(sorted));
      ASSERT_EQ(c.trimmed_mean, slow_trimmed_mean(sorted, c.tolerated_votes));
      std::vector<Opinion> distances = opinions;
      for (Opinion& o : distances) o.log_odds = std::abs(o.log_odds - c.median);
      ASSERT_EQ(c.spread, slow_median(ballots(distances)));
      ASSERT_EQ(c.tolerated_sources, slow_most_sources(opinions, c.tolerated_votes));
      const Interval interval = slow_interval(opinions, c.tolerated_sources);
      ASSERT_EQ(std::isnan(c.interval.low), std::isnan(interval.low));
      ASSERT_EQ(std::isnan(c.interval.high), std::isnan(interval.high));
      if (!std::isnan(interval.low)) {
        ASSERT_EQ(c.interval.low, interval.low);
        ASSERT_EQ(c.interval.high, interval.high);
        intervals += 1;
      }
      std::uint64_t cut = 0;
      for (const CutSource& s : c.cut) cut += s.cut;
      ASSERT_EQ(cut, 2 * c.tolerated_votes);
      for (const CutSource& s : c.cut) ASSERT_EQ(s.distance, s.log_odds - c.median);
    }
  }
  EXPECT_GT(intervals, 400);
}

// Ties by source: what is cut does not depend on the order of arrival.
TEST(Combiner, DoesNotShowOrder) {
  Rng rng(22);
  const Combiner combiner({});
  auto opinions = random_opinions(rng, 20, 3);
  for (Opinion& o : opinions) o.log_odds = std::floor(std::fmod(o.log_odds, 3));
  const Combination first = combiner.combine(opinions);
  for (int i = 0; i < 50; ++i) {
    std::shuffle(opinions.begin(), opinions.end(), rng);
    const Combination c = combiner.combine(opinions);
    ASSERT_EQ(c.cut.size(), first.cut.size());
    for (std::size_t k = 0; k < c.cut.size(); ++k) {
      ASSERT_EQ(c.cut[k].source, first.cut[k].source);
      ASSERT_EQ(c.cut[k].cut, first.cut[k].cut);
    }
    ASSERT_EQ(c.median, first.median);
  }
}

// Liars with at most F votes put values wherever a value is, just beside, or far off.
TEST(Combiner, StaysInsideTheHonestRange) {
  Rng rng(23);
  for (const double byzantine : {0.1, 0.25, 0.33, 0.4999}) {
    const Combiner combiner({.byzantine = byzantine});
    for (int trial = 0; trial < 3000; ++trial) {
      auto opinions = random_opinions(rng, 1 + rng() % 40, trial % 3 == 0 ? 4 : 1);
      std::uint64_t votes = 0;
      for (const Opinion& o : opinions) votes += o.votes;
      std::uint64_t left = share_of(votes, byzantine);
      double low = infinity, high = -infinity;
      std::vector<Opinion*> liars;
      for (Opinion& o : opinions) {
        if (o.votes <= left) {
          left -= o.votes;
          liars.push_back(&o);
        } else {
          low = std::min(low, o.log_odds);
          high = std::max(high, o.log_odds);
        }
      }
      const double targets[] = {
          1e300, -1e300, low, high, std::nextafter(high, infinity), std::nextafter(low, -infinity)};
      const double target = targets[rng() % 6];
      for (Opinion* liar : liars) liar->log_odds = trial % 5 == 0 ? targets[rng() % 6] : target;
      const Combination c = combiner.combine(opinions);
      ASSERT_GE(c.median, low);
      ASSERT_LE(c.median, high);
      ASSERT_GE(c.trimmed_mean, low);
      ASSERT_LE(c.trimmed_mean, high);
    }
  }
}

// One vote more than F is one too many: the bounds are sharp.
TEST(Combiner, HalfTheVotesAreTooMany) {
  std::vector<Opinion> opinions;
  for (std::int64_t i = 0; i < 10; ++i) opinions.push_back({i, i < 5 ? 1.0 : 1e6});
  EXPECT_GT(Combiner({.byzantine = 0.49}).combine(opinions).median, 1);
}

TEST(Combiner, SaysWhetherItsGuaranteeHolds) {
  const auto guarantee = [](std::size_t sources, bool registered, double byzantine) {
    std::vector<Opinion> opinions;
    for (std::size_t i = 0; i < sources; ++i)
      opinions.push_back({static_cast<std::int64_t>(i), 1.0});
    return Combiner({.byzantine = byzantine, .registered_only = registered})
        .combine(opinions)
        .guarantee;
  };
  EXPECT_EQ(guarantee(4, true, 0.33), Guarantee::holds);
  EXPECT_EQ(guarantee(3, true, 0.33), Guarantee::too_few_sources);
  EXPECT_EQ(guarantee(0, true, 0), Guarantee::too_few_sources);
  EXPECT_EQ(guarantee(1, true, 0), Guarantee::holds);
  EXPECT_EQ(guarantee(4, false, 0.33), Guarantee::holds_if_independent);
}

TEST(Combiner, RefusesWhatCannotBeCombined) {
  const Combiner combiner({});
  EXPECT_THROW(combiner.combine({{"a", nan, 1}}), InputError);
  EXPECT_THROW(combiner.combine({{"a", infinity, 1}}), InputError);
  EXPECT_THROW(combiner.combine({{"a", 1, 0}}), InputError);
  EXPECT_THROW(combiner.combine({{"a", 1, 1}, {"b", 2, 1}, {"a", 2, 1}}), InputError);
  const Combination nobody = combiner.combine({});
  EXPECT_TRUE(std::isnan(nobody.median) && std::isnan(nobody.interval.low));
}

TEST(IntervalRanks, AreTheGreatestThatCover) {
  for (const double confidence : {0.5, 0.9, 0.95, 0.999}) {
    const auto ranks = exact_interval_ranks(confidence);
    ASSERT_EQ(ranks.size(), most_exact_ranks + 1);
    const Rational misses =
        (Rational(1'000'000'000 - share_of(1'000'000'000, confidence)) / 1'000'000'000);
    for (const long h : {0, 1, 2, 3, 5, 6, 7, 10, 50, 67, 100, 333, 1024}) {
      // P(Binomial(h, 1/2) < k) for all k.
      Rational term = 1, below = 0;
      for (long i = 0; i < h; ++i) term /= 2;
      long k = 0;
      for (; 2 * (below + term) <= misses; ++k) {
        below += term;
        term = term * (h - k) / (k + 1);
      }
      ASSERT_EQ(ranks[static_cast<std::size_t>(h)], k) << h;
      ASSERT_LE(bounded_interval_rank(static_cast<std::uint64_t>(h), confidence), k);
    }
  }
  // qbinom(0.025, 100, 0.5) of R is 40: ranks 40 and 61 (David and Nagaraja).
  EXPECT_EQ(exact_interval_ranks(0.95)[100], 40);
  EXPECT_EQ(Combiner({}).interval_rank(1024), 480u + 1);
  EXPECT_GT(Combiner({}).interval_rank(1'000'000), 498'000u);
}

// Honest sources are draws from a law with median 3; a third lies at one value. How often is 3
// inside?
TEST(Combiner, IntervalCoversTheMedianUnderAttack) {
  Rng rng(24);
  std::normal_distribution<double> normal(3, 1);
  const Combiner combiner({});
  for (const double lie : {1e6, -1e6, 3.5, 4.0}) {
    int covered = 0;
    constexpr int trials = 1000;
    for (int t = 0; t < trials; ++t) {
      std::vector<Opinion> opinions;
      for (std::int64_t i = 0; i < 100; ++i) opinions.push_back({i, i < 33 ? lie : normal(rng)});
      const Interval interval = combiner.combine(opinions).interval;
      covered += interval.low <= 3 && 3 <= interval.high;
    }
    EXPECT_GE(covered, 940) << lie;
  }
}

TEST(Posterior, IsCorrectlyRounded) {
  for (const double l : {0.0, -3.5, 3.5, 40.0, 800.0, -800.0}) {
    const Posterior p = posterior_of(l);
    EXPECT_EQ(p.log_odds, l);
    EXPECT_EQ(p.p, core::rounded::sigmoid(l));
    EXPECT_EQ(p.log_p, core::rounded::log_sigmoid(l));
    EXPECT_EQ(p.log_not_p, core::rounded::log_sigmoid(-l));
  }
  EXPECT_EQ(posterior_of(-800).log_p, -800);  // p itself is 0
  EXPECT_THROW(prior_log_odds(0), InputError);
  EXPECT_THROW(prior_log_odds(1), InputError);
  EXPECT_THROW(prior_log_odds(nan), InputError);
  EXPECT_EQ(prior_log_odds(0.5), 0);
}

TEST(Assess, AddsThePriorAndCountsSources) {
  SourceSums a, b, c;
  a.add(0, normalise(1, 1, 50));
  b.add(0, normalise(2, 1, 50));
  c.add(0, normalise(60, 1, 50));
  const Combiner combiner({.registered_only = true});
  const Statement statements[] = {{"c", &c, Standing::unregistered, 1},
                                  {"b", &b, Standing::votes, 1},
                                  {"a", &a, Standing::votes, 2}};
  const Assessment out = assess(statements, -4, combiner);
  EXPECT_EQ(out.plain.log_odds, 49);
  EXPECT_EQ(out.combination.votes, 3u);
  EXPECT_EQ(out.combination.median, 1);
  EXPECT_EQ(out.median.log_odds, -4 + 2 * 1);
  EXPECT_EQ(out.trimmed_mean.log_odds, -4 + 2 * nearest(Rational(4) / 3));
  EXPECT_TRUE(std::isnan(out.low.p));
  EXPECT_EQ(out.sources[0].source, Key("a"));
  EXPECT_EQ(out.sources[2].votes, 0u);
  EXPECT_EQ(out.unregistered, 1);
  EXPECT_EQ(out.clamped, 1);
  EXPECT_EQ(assess({}, -4, combiner).median.log_odds, -4);
}

double mpfr_log_sum_exp(const std::vector<double>& x, const std::vector<double>& w) {
  mpfr_t sum, term;
  mpfr_inits2(300, sum, term, nullptr);
  mpfr_set_zero(sum, 1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    mpfr_set_d(term, x[i], MPFR_RNDN);
    mpfr_exp(term, term, MPFR_RNDN);
    mpfr_mul_d(term, term, w[i], MPFR_RNDN);
    mpfr_add(sum, sum, term, MPFR_RNDN);
  }
  mpfr_log(sum, sum, MPFR_RNDN);
  const double out = mpfr_get_d(sum, MPFR_RNDN);
  mpfr_clears(sum, term, nullptr);
  return out;
}

TEST(Mixture, IsWithinItsBoundOfMpfr) {
  Rng rng(25);
  for (int trial = 0; trial < 2000; ++trial) {
    const double scale = std::ldexp(1.0, static_cast<int>(rng() % 20) - 5);
    std::vector<double> x, w;
    for (std::size_t n = 1 + rng() % 20; n > 0; --n) {
      x.push_back((unit(rng) - 0.5) * scale);
      w.push_back(unit(rng) + 0x1p-60);
    }
    const double ours = log_sum_exp(x, w), theirs = mpfr_log_sum_exp(x, w);
    ASSERT_LE(std::abs(ours - theirs), 0x1p-52 * (1 + std::abs(theirs)));
    // In any order, and in two parts.
    ExpSum a(*std::max_element(x.begin(), x.end())), b(a.greatest());
    for (std::size_t i = x.size(); i-- > 0;) (rng() % 2 == 0 ? a : b).add(x[i], w[i]);
    a.merge(b);
    ASSERT_EQ(a.value(), ours);
  }
}

TEST(Mixture, SpecialValues) {
  const auto of = [](std::vector<double> x) { return log_sum_exp(x); };
  EXPECT_EQ(of({}), -infinity);
  EXPECT_EQ(of({-infinity, -infinity}), -infinity);
  EXPECT_EQ(of({1, infinity}), infinity);
  EXPECT_EQ(of({5}), 5);
  EXPECT_EQ(of({1e308, -1e308}), 1e308);
  EXPECT_EQ(of({-1e6, -1e6}), -1e6 + core::rounded::log(2));
  EXPECT_THROW(of({nan}), InputError);
  const std::vector<double> x{1, 2}, w{1, -1}, one{1};
  EXPECT_THROW(log_sum_exp(x, w), InputError);
  EXPECT_THROW(log_sum_exp(x, one), InputError);
  EXPECT_THROW(ExpSum{infinity}, InputError);
  EXPECT_THROW(ExpSum(1).add(2), InputError);
  EXPECT_THROW(ExpSum(1).merge(ExpSum(2)), InputError);
  const std::vector<double> certain{infinity, 3}, weights{0, 2};
  EXPECT_EQ(log_sum_exp(certain, weights), 3 + core::rounded::log(2));
}

}  // namespace
}  // namespace trawl::evidence
