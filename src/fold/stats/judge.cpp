#include "fold/stats/judge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace trawl::fold {
namespace {

core::DistanceLaw law_of(const core::Baseline& baseline, core::BaselineKind kind) {
  return {baseline.count(), static_cast<std::int64_t>(baseline.rank()), kind};
}

}  // namespace

Judge::Judge(stats::Path path, std::int64_t population, core::Baseline baseline,
             std::optional<Reweighting> reweighting)
    : path_(std::move(path)),
      population_(population),
      baseline_(std::move(baseline)),
      reweighting_(std::move(reweighting)),
      inside_(law_of(baseline_, core::BaselineKind::with_record)),
      outside_(law_of(baseline_, core::BaselineKind::without_record)) {}

Unusualness Judge::judge(std::span<const double> vector) const {
  double squared = baseline_.squared_distance(vector);
  bool inside = true;
  if (reweighting_) {
    squared /= reweighting_->factor;
    inside = reweighting_->raw.squared_distance(vector) < reweighting_->limit;
  }
  return {squared, (inside ? inside_ : outside_).log_p(squared).value()};
}

double Judge::least_squared_distance(double log_p) const {
  if (!(log_p < 0.0)) return 0.0;
  return inside_.critical_squared_distance(log_p).value() * (1.0 - 1e-9);
}

std::vector<Driver> Judge::drivers(std::span<const double> vector) const {
  const core::Distance distance = baseline_.distance(vector);
  const double factor = reweighting_ ? reweighting_->factor : 1.0;
  std::vector<Driver> drivers;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (!(distance.contributions[i] > 0.0)) continue;
    const double sd = std::sqrt(baseline_.covariance()[i * baseline_.features() + i] * factor);
    const double z = sd > 0.0 ? (vector[i] - baseline_.means()[i]) / sd
                              : std::numeric_limits<double>::quiet_NaN();
    drivers.push_back({i, z, distance.contributions[i] / factor});
  }
  std::ranges::stable_sort(drivers, std::ranges::greater(), &Driver::contribution);
  return drivers;
}

}  // namespace trawl::fold
