// One node of the hierarchy that says what is normal, and how unusual something is beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trawl/core/stats/baseline.hpp>
#include <trawl/core/stats/mahalanobis.hpp>
#include <trawl/core/stats/tree.hpp>

namespace trawl::fold {

struct Unusualness {
  double squared_distance = 0;
  double log_p = 0;  // of one at least as unusual
};

// How much a feature has to do with it, see core::Distance::contributions.
struct Driver {
  std::size_t feature = 0;
  double z = 0;  // standard deviations from the mean; NaN when the feature does not vary
  double contribution = 0;
};

// Of a robust baseline: which of its population it rests on, and its correction.
struct Reweighting {
  core::Baseline raw;
  double limit = 0;   // rests on those with raw.squared_distance() below this
  double factor = 1;  // of the covariance
};

// What it judges belongs to its population. The law of a distance from a baseline of n vectors,
//   plain    of one of them: scaled Beta (core::DistanceLaw, with_record);
//   robust   of one that the reweighted estimate rests on: the same law, else that of one outside:
//            scaled F, n being the vectors that it rests on (Cerioli, J. Am. Stat. Assoc. 105,
//            2010, equations 10 and 11). Approximate.
// Local. Const functions may be called from several threads.
class Judge {
 public:
  Judge(stats::Path path, std::int64_t population, core::Baseline baseline,
        std::optional<Reweighting> reweighting = {});

  // False: too few vectors for the directions in which they vary; ask nothing then.
  bool decided() const { return inside_.decided(); }
  const stats::Path& path() const { return path_; }
  std::int64_t population() const { return population_; }
  const core::Baseline& baseline() const { return baseline_; }
  bool robust() const { return reweighting_.has_value(); }

  Unusualness judge(std::span<const double> vector) const;
  // Of a plain one: no distance below this has a log p of `log_p` or less, to rounding of 1e-9.
  double least_squared_distance(double log_p) const;
  // Of positive contribution, the largest first; of equal ones in the order of features.
  std::vector<Driver> drivers(std::span<const double> vector) const;

 private:
  stats::Path path_;
  std::int64_t population_;
  core::Baseline baseline_;
  std::optional<Reweighting> reweighting_;
  core::DistanceLaw inside_, outside_;
};

}  // namespace trawl::fold
