// The measure of a live tree: Mahalanobis distance from what the parent's records say is normal.
#pragma once

#include <trawl/core/stats/tree.hpp>

namespace trawl::stats {

// From the covariance of all records below a parent (core::Baseline), with the law of distances of
// a record that the baseline does not contain (core::DistanceLaw). Empty while the parent has fewer
// than 10 records for each direction in which they vary. A record that breaks an exact dependency
// of features has an infinite distance and log p.
//
// Distance::log_p takes 2 us, a distance 0.1 us for 10 features: p-values above `alpha` are not
// computed, log_p is NaN then. 1: all are. Making a measure takes 50 to 200 us, spread by
// MeasureRule over the updates in between. 0 < alpha <= 1; InputError otherwise.
template <class Sums>
MakeMeasure<Sums> mahalanobis_measure(double alpha = 1);

extern template MakeMeasure<core::ExactSums> mahalanobis_measure(double);
extern template MakeMeasure<core::FixedSums> mahalanobis_measure(double);

}  // namespace trawl::stats
