#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/combine.hpp>
#include <trawl/core/exact/exact_sum.hpp>

#include "core/evidence/interval_ranks.hpp"
#include "core/exact/wide.hpp"

namespace trawl::evidence {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// A value and its votes.
struct Vote {
  double value;
  std::uint64_t votes;
};

// The middle of the lower and the upper median of sorted votes; between them, for rounding to
// nearest is monotone.
double median_of(std::span<const Vote> sorted, std::uint64_t votes) {
  std::uint64_t below = 0;
  auto at = sorted.begin();
  while (2 * (below + at->votes) < votes) below += (at++)->votes;
  const double lower = at->value;
  if (2 * (below + at->votes) == votes) ++at;
  return (lower + at->value) * 0.5;
}

double spread_of(std::span<const Opinion> opinions, double median, std::uint64_t votes) {
  std::vector<Vote> distances;
  distances.reserve(opinions.size());
  for (const Opinion& o : opinions) distances.push_back({std::abs(o.log_odds - median), o.votes});
  std::sort(distances.begin(), distances.end(),
            [](const Vote& a, const Vote& b) { return a.value < b.value; });
  return median_of(distances, votes);
}

void sort_and_check(std::vector<Opinion>& opinions) {
  std::vector<const Key*> sources;
  for (const Opinion& o : opinions) {
    if (!std::isfinite(o.log_odds) || o.votes == 0) {
      throw InputError(
          fmt::format("source {} cannot be combined with others: log-odds {}, {} "
                      "votes (finite log-odds and at least 1 vote are needed)",
                      stats::text_of(o.source), o.log_odds, o.votes));
    }
    sources.push_back(&o.source);
  }
  std::sort(sources.begin(), sources.end(), [](auto* a, auto* b) { return *a < *b; });
  const auto twice =
      std::adjacent_find(sources.begin(), sources.end(), [](auto* a, auto* b) { return *a == *b; });
  if (twice != sources.end()) {
    throw InputError("source " + stats::text_of(**twice) +
                     " comes twice in one combination: its evidence has to be summed before");
  }
  std::sort(opinions.begin(), opinions.end(), [](const Opinion& a, const Opinion& b) {
    return a.log_odds != b.log_odds ? a.log_odds < b.log_odds : a.source < b.source;
  });
}

// The greatest number of sources that have `votes` votes together.
std::uint64_t most_sources_with(std::span<const Opinion> opinions, std::uint64_t votes) {
  std::vector<std::uint32_t> sizes;
  for (const Opinion& o : opinions) sizes.push_back(o.votes);
  std::sort(sizes.begin(), sizes.end());
  std::uint64_t count = 0, sum = 0;
  while (count < sizes.size() && sum + sizes[count] <= votes) sum += sizes[count++];
  return count;
}

// Counts votes [cut, votes - cut) of the sorted ones, and lists the sources that lose some.
void trim(std::span<const Opinion> sorted, Combination& out) {
  const std::uint64_t begin = out.tolerated_votes, end = out.votes - out.tolerated_votes;
  core::ExactDot sum;
  std::uint64_t at = 0;
  for (const Opinion& o : sorted) {
    const std::uint64_t first = std::max(at, begin), last = std::min(at + o.votes, end);
    const std::uint64_t kept = last > first ? last - first : 0;
    sum.add_product(o.log_odds, static_cast<double>(kept));
    if (kept < o.votes) {
      out.cut.push_back({o.source, o.log_odds, o.log_odds - out.median, o.votes,
                         static_cast<std::uint32_t>(o.votes - kept)});
    }
    at += o.votes;
  }
  out.trimmed_mean =
      core::exact::round_mean(sum.exact_value(), static_cast<std::int64_t>(end - begin));
}

}  // namespace

Combiner::Combiner(const Rules& rules) : rules_(rules) {
  rules_.check();
  constexpr double usual = Rules{}.confidence;
  static const std::vector<std::uint16_t> usual_ranks = exact_interval_ranks(usual);
  ranks_ = rules_.confidence == usual ? usual_ranks : exact_interval_ranks(rules_.confidence);
}

std::uint64_t Combiner::interval_rank(std::uint64_t honest) const {
  if (honest < ranks_.size()) return ranks_[honest];
  return bounded_interval_rank(honest, rules_.confidence);
}

Combination Combiner::combine(std::vector<Opinion> opinions) const {
  sort_and_check(opinions);
  Combination out;
  out.sources = opinions.size();
  std::vector<Vote> votes;
  votes.reserve(opinions.size());
  for (const Opinion& o : opinions) {
    votes.push_back({o.log_odds, o.votes});
    out.votes += o.votes;
  }
  out.tolerated_votes = share_of(out.votes, rules_.byzantine);
  out.tolerated_sources = most_sources_with(opinions, out.tolerated_votes);
  const bool enough = out.votes > 0 && (out.tolerated_votes > 0 || rules_.byzantine == 0);
  out.guarantee = !enough                  ? Guarantee::too_few_sources
                  : rules_.registered_only ? Guarantee::holds
                                           : Guarantee::holds_if_independent;
  out.median = out.trimmed_mean = out.spread = nan;
  out.interval = {nan, nan};
  if (opinions.empty()) return out;
  out.median = median_of(votes, out.votes);
  out.spread = spread_of(opinions, out.median, out.votes);
  trim(opinions, out);
  const std::uint64_t rank = interval_rank(out.sources - out.tolerated_sources);
  if (rank > 0) {
    out.interval = {opinions[rank - 1].log_odds, opinions[out.sources - rank].log_odds};
  }
  return out;
}

}  // namespace trawl::evidence
