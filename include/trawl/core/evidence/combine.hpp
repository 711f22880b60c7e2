// One entity's sources against each other: the centre of what they say that a third of them, lying
// together, cannot push out of what the others say.
//
// Guarantee. Each source has as many votes as it is trusted. Let V be all votes, and let liars have
// at most F = floor(byzantine * V) of them, where byzantine < 1/2. Then, whatever they say and
// know,
//   - the weighted median lies between the least and the greatest honest log-odds: at least V - F >
//     V/2 votes are honest, so that some honest value lies on either side of it, or is it;
//   - so does the mean of what is left when F votes are cut at either end: every vote left has at
//     least F + 1 votes up to and including it from either end, one of which is honest.
// The bounds are sharp, and cannot be had for byzantine >= 1/2 (Huber and Ronchetti, "Robust
// Statistics", 2nd ed., section 1.4; Yin et al., "Byzantine-robust distributed learning", ICML
// 2018). It is taken over sources at once: a median of medians is bent by far fewer.
// What it supposes: that votes belong to independent parties (registration), and that sources are
// judged by this entity alone (who lies about one entity lies within his F there).
#pragma once

#include <cstdint>
#include <vector>

#include <trawl/core/evidence/rules.hpp>
#include <trawl/core/stats/node.hpp>

namespace trawl::evidence {

using stats::Interval;

// What one source says about one entity.
struct Opinion {
  Key source;
  double log_odds = 0;      // finite
  std::uint32_t votes = 1;  // how much it is trusted; not by itself. At least 1
};

// A source of which the trimmed mean counts less than all votes. That is no proof of lying: with
// honest sources only, as many are cut.
struct CutSource {
  Key source;
  double log_odds = 0;
  double distance = 0;  // from the median
  std::uint32_t votes = 0, cut = 0;
};

enum class Guarantee : std::uint8_t {
  holds,
  // Sources were not registered: holds if nobody votes under several names.
  holds_if_independent,
  // F is 0 although liars are expected: it holds against none. With byzantine = 0.33 that is for
  // fewer than 4 votes.
  too_few_sources,
};

// Numbers are NaN when there are no sources.
struct Combination {
  std::uint64_t sources = 0;
  std::uint64_t votes = 0, tolerated_votes = 0;  // V and F
  // So many sources, those with the fewest votes, could be the liars.
  std::uint64_t tolerated_sources = 0;
  Guarantee guarantee = Guarantee::too_few_sources;

  // The middle of the lower and the upper weighted median, rounded once.
  double median = 0;
  // Of the V - 2 F votes left when F are cut at either end; exact, rounded once.
  double trimmed_mean = 0;
  // Median of the distances from the median (MAD), weighted in the same way.
  double spread = 0;
  // For the median of what honest sources say in general, sources with equal rights. If honest
  // sources are independent draws, it covers that with the rules' confidence at least, whatever
  // `tolerated_sources` others say: from the k-th least to the k-th greatest log-odds, with
  // k the greatest such that 2 P(Binomial(h, 1/2) < k) <= 1 - confidence for h = sources -
  // tolerated_sources. (A liar moves order statistics of the honest towards the ends, never past
  // those of all.) Both NaN if there is no such k.
  Interval interval;

  std::vector<CutSource> cut;  // by ascending log-odds, then source
};

// The order of results is by log-odds, then source, so that it shows no order of arrival.
// Local; combine may be called by several threads.
class Combiner {
 public:
  // InputError for rules that cannot be. About 1 ms when the confidence is not the usual one.
  explicit Combiner(const Rules& rules);

  const Rules& rules() const { return rules_; }

  // InputError for log-odds that are not finite, sources without votes and sources that come
  // twice. O(n log n), about 10 us for 100 sources.
  Combination combine(std::vector<Opinion> opinions) const;

  // The k above for h honest sources; 0 for none. By exact binomial sums up to 1024, from there on
  // by Hoeffding's inequality, which gives a smaller k (13 of 481 at 1024).
  std::uint64_t interval_rank(std::uint64_t honest) const;

 private:
  Rules rules_;
  std::vector<std::uint16_t> ranks_;
};

}  // namespace trawl::evidence
