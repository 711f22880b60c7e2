// From the exact sums of an entity's sources to a posterior: believing everybody, and robust.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <trawl/core/evidence/combine.hpp>
#include <trawl/core/evidence/source_sums.hpp>

namespace trawl::evidence {

// A probability that may be nearer to 0 or 1 than doubles can say. All correctly rounded from
// log_odds (core/exact/elementary.hpp).
struct Posterior {
  double log_odds = 0;
  double log_p = 0, log_not_p = 0;  // log p, log(1 - p)
  double p = 0;
};
Posterior posterior_of(double log_odds);

// The log-odds of a prior probability. InputError unless in (0, 1).
double prior_log_odds(double prior);

enum class Standing : std::uint8_t {
  votes,
  distrusted,    // it equivocated
  unregistered,  // and only registered sources vote
};

// One source of an entity.
struct Statement {
  Key source;
  const SourceSums* sums = nullptr;
  Standing standing = Standing::votes;
  std::uint32_t votes = 1;
};

struct SourceView {
  Key source;
  Standing standing = Standing::votes;
  std::uint32_t votes = 0;
  std::int64_t records = 0, clamped = 0, capped_groups = 0;
  double log_odds = 0;  // SourceTotal::pooled, rounded once
};

struct Assessment {
  std::vector<SourceView> sources;  // ascending
  std::int64_t records = 0, clamped = 0, capped_groups = 0, distrusted = 0, unregistered = 0;

  Combination combination;  // of the sources with votes

  // The prior and the exact sum of what all sources say, voting or not; rounded once.
  Posterior plain;
  // The same without the cap on groups.
  Posterior uncapped;
  // The prior and `combination.sources` times the centre, rounded once: as if all sources with
  // votes had said the centre. Liars among them count as sources too: with at most F of V equal
  // votes theirs, the honest alone would be between 1 - F/V and 1 times as many.
  Posterior median, trimmed_mean;
  // The same of the ends of combination.interval. NaN if there is none.
  Posterior low, high;
};

// A pure function of the statements, in any order, at most one for each source. InputError as of
// Combiner::combine. About 0.4 us a source, and 5 us.
Assessment assess(std::span<const Statement> statements, double log_odds_of_prior,
                  const Combiner& combiner);

}  // namespace trawl::evidence
