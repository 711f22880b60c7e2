#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/assess.hpp>
#include <trawl/core/exact/elementary.hpp>

namespace trawl::evidence {
namespace {

// prior + sources * centre, rounded once; the prior where there are no sources.
Posterior of_all(double prior, std::uint64_t sources, double centre) {
  core::ExactDot sum;
  sum.add(prior);
  if (sources > 0) sum.add_product(static_cast<double>(sources), centre);
  return posterior_of(sum.value());
}

Posterior with_prior(double prior, core::ExactSum sum) {
  sum.add(prior);
  return posterior_of(sum.value());
}

void count(const SourceView& view, Assessment& out) {
  out.records += view.records;
  out.clamped += view.clamped;
  out.capped_groups += view.capped_groups;
  out.distrusted += view.standing == Standing::distrusted;
  out.unregistered += view.standing == Standing::unregistered;
}

}  // namespace

Posterior posterior_of(double log_odds) {
  return {log_odds, core::rounded::log_sigmoid(log_odds), core::rounded::log_sigmoid(-log_odds),
          core::rounded::sigmoid(log_odds)};
}

double prior_log_odds(double prior) {
  if (!(prior > 0 && prior < 1)) {
    throw InputError(
        fmt::format("a prior probability cannot be {}: no evidence could change it, "
                    "or it is none; choose one between 0 and 1",
                    prior));
  }
  return core::rounded::logit(prior);
}

Assessment assess(std::span<const Statement> statements, double log_odds_of_prior,
                  const Combiner& combiner) {
  Assessment out;
  core::ExactSum plain, uncapped;
  std::vector<Opinion> opinions;
  for (const Statement& s : statements) {
    const SourceTotal total = s.sums->total(combiner.rules().max_group_weight);
    plain.merge(total.pooled);
    uncapped.merge(total.uncapped);
    const bool votes = s.standing == Standing::votes;
    SourceView view{s.source,          s.standing,          votes ? s.votes : 0, s.sums->records(),
                    s.sums->clamped(), total.capped_groups, total.pooled.value()};
    if (votes) opinions.push_back({s.source, view.log_odds, s.votes});
    count(view, out);
    out.sources.push_back(std::move(view));
  }
  std::sort(out.sources.begin(), out.sources.end(),
            [](const SourceView& a, const SourceView& b) { return a.source < b.source; });
  out.combination = combiner.combine(std::move(opinions));
  const Combination& c = out.combination;
  out.plain = with_prior(log_odds_of_prior, plain);
  out.uncapped = out.capped_groups == 0 ? out.plain : with_prior(log_odds_of_prior, uncapped);
  out.median = of_all(log_odds_of_prior, c.sources, c.median);
  out.trimmed_mean = of_all(log_odds_of_prior, c.sources, c.trimmed_mean);
  const auto end = [&](double x) {
    return std::isnan(x) ? posterior_of(x) : of_all(log_odds_of_prior, c.sources, x);
  };
  out.low = end(c.interval.low);
  out.high = end(c.interval.high);
  return out;
}

}  // namespace trawl::evidence
