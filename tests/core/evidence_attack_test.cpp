// 100 sources, 33 of them one adversary that sees what all others say before it speaks.
// TRAWL_TEST_TRIALS=10000 for as many trials of each strategy; without, there are 10,000 together.
#include <cstdio>
#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>

#include "core/evidence_support.hpp"

namespace trawl::evidence {
namespace {

constexpr std::int64_t sources = 100, liars = 33, records = 3;
// What an honest source says in all is N(truth, spread^2).
constexpr double truth = 6, spread = 2;

// What is said about one entity, and by whom: sources 0 to liars - 1 lie.
struct Scene {
  std::vector<Evidence> all;
  std::vector<double> honest;  // ascending

  void say(const Key& source, const Key& id, double log_odds) {
    all.push_back({.entity = "case", .source = source, .id = id, .log_odds = log_odds});
  }
  // One total, in three records.
  void say_all(const Key& source, double total) {
    for (std::int64_t r = 0; r < records; ++r) say(source, r, total / records);
  }
  double mean() const {
    double sum = 0;
    for (const double x : honest) sum += x;
    return sum / static_cast<double>(honest.size());
  }
  // The honest value with so many honest ones above it.
  double from_above(std::size_t count) const { return honest[honest.size() - 1 - count]; }
};

Scene honest_scene(Rng& rng) {
  Scene scene;
  std::normal_distribution<double> normal(truth, spread);
  for (std::int64_t s = liars; s < sources; ++s) {
    double total = 0;
    for (std::int64_t r = 0; r < records; ++r) {
      const double x = truth / records + (normal(rng) - truth) / std::sqrt(double{records});
      scene.say(s, r, x);
      total += x;
    }
    scene.honest.push_back(total);
  }
  std::sort(scene.honest.begin(), scene.honest.end());
  return scene;
}

using Lie = std::function<void(Scene&, Rng&)>;

// The same for all liars.
Lie all_say(double (*value)(const Scene&)) {
  return [value](Scene& scene, Rng&) {
    const double x = value(scene);
    for (std::int64_t s = 0; s < liars; ++s) scene.say_all(s, x);
  };
}

struct Strategy {
  const char* name;
  Lie lie;
  Rules rules = {};
  bool guaranteed = true;
};

// Everything 33 honest sources say, said again under the liars' names and many times over: those
// of the 33 greatest totals.
void copycats(Scene& scene, Rng&) {
  const Scene before = scene;
  for (std::int64_t s = 0; s < liars; ++s) {
    const double total = before.from_above(static_cast<std::size_t>(s));
    for (int times = 0; times < 5; ++times) scene.say_all(s, total);  // the same ids
  }
}

// Two values under one id: one for each half of the readers.
void equivocators(Scene& scene, Rng&) {
  for (std::int64_t s = 0; s < liars; ++s) {
    scene.say_all(s, 150);
    scene.say_all(s, -150);
    scene.say(s, "one more", 50);
  }
}

// Each liar votes under many names more.
void sybils(Scene& scene, Rng&) {
  for (std::int64_t s = 0; s < liars; ++s) {
    scene.say_all(s, 150);
    for (std::int64_t i = 0; i < 6; ++i) scene.say_all(1000 + s * 100 + i, 150);
  }
}

// An honest source's ids, used up before it speaks, so that it seems to equivocate.
void framers(Scene& scene, Rng& rng) {
  for (std::int64_t s = 0; s < liars; ++s)
    scene.say(s, static_cast<std::int64_t>(rng() % records), -50);
}

std::vector<Strategy> strategies() {
  const Rules registered{.registered_only = true};
  return {
      {"sign flip", all_say([](const Scene& s) { return -s.mean(); }), registered},
      {"sign flip, enlarged", all_say([](const Scene& s) { return -10 * s.mean(); }), registered},
      {"constant extreme", all_say([](const Scene&) { return 150.0; }), registered},
      {"infinite log-odds",
       all_say([](const Scene&) { return std::numeric_limits<double>::infinity(); }), registered},
      // Baruch et al., "A little is enough" (NeurIPS 2019): so near that nobody cuts it.
      {"a little is enough", all_say([](const Scene& s) { return s.mean() + 0.7 * spread; }),
       registered},
      {"just inside the trim", all_say([](const Scene& s) { return s.from_above(liars); }),
       registered},
      {"the greatest honest value", all_say([](const Scene& s) { return s.honest.back(); }),
       registered},
      {"collusion at one value", all_say([](const Scene&) { return 10.0; }), registered},
      {"copycat duplicates", copycats, registered},
      {"equivocation", equivocators, registered},
      {"framing", framers, registered},
      {"Sybils, registration on", sybils, registered},
      {"Sybils, registration off", sybils, {}, false},
      {"silent third", [](Scene&, Rng&) {}, registered},
  };
}

struct Tally {
  int trials = 0, median_outside = 0, mean_outside = 0, plain_outside = 0;
  double median_bias = 0, mean_bias = 0, plain_bias = 0;  // sums
};

void judge(const Scene& scene, const Assessment& assessment, Tally& tally) {
  const double low = scene.honest.front(), high = scene.honest.back();
  const auto outside = [&](double x) { return !(x >= low && x <= high) ? 1 : 0; };
  // What believing everybody says of a source.
  const double plain = assessment.plain.log_odds / static_cast<double>(assessment.sources.size());
  const Combination& c = assessment.combination;
  ++tally.trials;
  tally.median_outside += outside(c.median);
  tally.mean_outside += outside(c.trimmed_mean);
  tally.plain_outside += outside(plain);
  tally.median_bias += (c.median - truth) / spread;
  tally.mean_bias += (c.trimmed_mean - truth) / spread;
  tally.plain_bias += (plain - truth) / spread;
}

Tally attack(const Strategy& strategy, int trials, Rng& rng) {
  Tally tally;
  for (int t = 0; t < trials; ++t) {
    Scene scene = honest_scene(rng);
    strategy.lie(scene, rng);
    std::shuffle(scene.all.begin(), scene.all.end(), rng);
    Consensus consensus(strategy.rules);
    for (std::int64_t s = 0; s < sources; ++s) consensus.register_source(s);
    for (const Evidence& e : scene.all) consensus.add(e);
    const Assessment assessment = consensus.posterior("case");
    judge(scene, assessment, tally);
    const auto expected = strategy.guaranteed ? Guarantee::holds : Guarantee::holds_if_independent;
    EXPECT_EQ(assessment.combination.guarantee, expected);
  }
  return tally;
}

TEST(Attack, AThirdOfTheSourcesCannotBendTheResult) {
  const auto all = strategies();
  const char* text = std::getenv("TRAWL_TEST_TRIALS");
  const int trials = text != nullptr ? std::atoi(text) : 10'000 / static_cast<int>(all.size()) + 1;
  Rng rng(41);
  std::printf("%d trials each; outside the honest range, bias in honest standard deviations\n",
              trials);
  std::printf("%-26s %20s %20s %20s\n", "", "median", "trimmed mean", "plain sum");
  for (const Strategy& strategy : all) {
    const Tally t = attack(strategy, trials, rng);
    std::printf("%-26s %9d %+10.3f %9d %+10.3f %9d %+10.3f\n", strategy.name, t.median_outside,
                t.median_bias / trials, t.mean_outside, t.mean_bias / trials, t.plain_outside,
                t.plain_bias / trials);
    if (strategy.guaranteed) {
      EXPECT_EQ(t.median_outside, 0) << strategy.name;
      EXPECT_EQ(t.mean_outside, 0) << strategy.name;
      EXPECT_LE(std::abs(t.median_bias / trials), 0.70) << strategy.name;
      EXPECT_LE(std::abs(t.mean_bias / trials), 0.85) << strategy.name;
    } else {
      // The same liars do bend it where names are free: what registration is for.
      EXPECT_EQ(t.median_outside, trials) << strategy.name;
    }
  }
}

}  // namespace
}  // namespace trawl::evidence
