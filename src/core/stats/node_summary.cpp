// From the exact moments of a node to means, errors and intervals.
#include <algorithm>
#include <cmath>
#include <limits>

#include <trawl/core/stats/node.hpp>

namespace trawl::stats {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Interval around(double centre, double error, double quantile) {
  const double half = quantile * error;
  return {centre - half, centre + half};
}

template <class Sums>
FeatureSummary feature_summary(const Node<Sums>& node, std::size_t i, double effective_entities) {
  FeatureSummary out{};
  out.mean = node.within.mean(i);
  out.sd = node.within.standard_deviation(i);
  out.independent_error = out.sd / std::sqrt(static_cast<double>(node.within.count()));
  out.mean_of_means = node.between.mean(i);
  out.sd_of_means = node.between.standard_deviation(i);
  out.error_of_means = out.sd_of_means / std::sqrt(static_cast<double>(node.between.count()));
  out.clustered_error = out.sd_of_means / std::sqrt(effective_entities);
  const core::RefusedValues refused = node.within.refused_values(i);
  out.refused_nan = refused.nan;
  out.refused_too_low = refused.too_low;
  out.refused_too_high = refused.too_high;
  return out;
}

}  // namespace

template <class Sums>
NodeSummary Node<Sums>::summary() const {
  NodeSummary out;
  out.entities = entities;
  out.entities_with_records = between.count();
  out.records = within.count();
  out.refused = within.refused();
  const auto records = static_cast<double>(within.count());
  out.effective_entities =
      squared_records > 0 ? records * (records / static_cast<double>(squared_records)) : 0;
  out.degrees_of_freedom = std::max<std::int64_t>(0, between.count() - 1);
  for (std::size_t i = 0; i < within.features(); ++i) {
    out.features.push_back(feature_summary(*this, i, out.effective_entities));
  }
  return out;
}

Interval NodeSummary::mean_interval(std::size_t feature, double quantile) const {
  const FeatureSummary& f = features[feature];
  if (std::isnan(f.clustered_error)) return {nan, nan};
  return around(f.mean, std::max(f.independent_error, f.clustered_error), quantile);
}

Interval NodeSummary::mean_of_means_interval(std::size_t feature, double quantile) const {
  const FeatureSummary& f = features[feature];
  return around(f.mean_of_means, f.error_of_means, quantile);
}

template NodeSummary Node<core::ExactSums>::summary() const;
template NodeSummary Node<core::FixedSums>::summary() const;

}  // namespace trawl::stats
