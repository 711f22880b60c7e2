#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/baseline.hpp>
#include <trawl/core/stats/mahalanobis.hpp>
#include <trawl/core/stats/mahalanobis_measure.hpp>

namespace trawl::stats {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Judge {
  core::Baseline baseline;
  core::DistanceLaw law;
  double threshold = 0;  // of squared distances whose p is computed

  template <class Sums>
  explicit Judge(const core::Moments<Sums>& records)
      : baseline(records),
        law(baseline.count(), static_cast<std::int64_t>(baseline.rank()),
            core::BaselineKind::without_record) {}

  Distance operator()(std::span<const double> record) const {
    const double squared = baseline.squared_distance(record);
    return {squared, squared > threshold ? *law.log_p(squared) : nan};
  }
};

}  // namespace

template <class Sums>
MakeMeasure<Sums> mahalanobis_measure(double alpha) {
  if (!(alpha > 0 && alpha <= 1)) {
    throw InputError("alpha " + std::to_string(alpha) + ": a probability, above 0");
  }
  return [alpha](const Node<Sums>& parent) -> Measure {
    if (parent.within.count() < 2) return {};
    const auto judge = std::make_shared<Judge>(parent.within);
    if (!judge->law.decided()) return {};
    judge->threshold = alpha < 1 ? *judge->law.critical_squared_distance(std::log(alpha)) : -1;
    return [judge](std::span<const double> record) { return (*judge)(record); };
  };
}

template MakeMeasure<core::ExactSums> mahalanobis_measure(double);
template MakeMeasure<core::FixedSums> mahalanobis_measure(double);

}  // namespace trawl::stats
