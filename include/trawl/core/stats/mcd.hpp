// What is normal when some records are not: the Minimum Covariance Determinant. Of all subsets of h
// records, h at least half of them, the one whose covariance has the least determinant; outliers
// cannot be in it while there are fewer than n - h. Then reweighted for efficiency.
//
// Algorithm: C-steps (Rousseeuw and Van Driessen, Technometrics 41, 1999: take the h records
// nearest to the mean and covariance of the last h; the determinant never grows) from six starts
// that depend on the data alone (Hubert, Rousseeuw and Verdonck, J. Comput. Graph. Statist. 21,
// 2012, "DetMCD"), no random subsets. Medians and tau-scales (Maronna and Zamar, Technometrics 44,
// 2002) make features comparable; the starts are the eigenvectors of
//   0 the correlation of y = z / sqrt(1 + z^2)       (DetMCD: tanh z)
//   1 the correlation of ranks (Spearman)
//   2 the correlation of logistic scores log(r / (n + 1 - r)) of ranks r    (DetMCD: normal scores)
//   3 the spatial sign covariance
//   4 the covariance of the half of the records with the least |z|
//   5 the pairwise robust covariance of Gnanadesikan and Kettenring
// with tau-scales along them. Where this differs from DetMCD it avoids functions whose last bit
// depends on the host's library; starts need not be exact.
//
// Corrections: consistency at the normal law (Croux and Haesbroeck, J. Multivariate Anal. 71, 1999)
// and for small samples (Pison, Van Aelst and Willems, Metrika 55, 2002, whose fits by features and
// alpha R's robustbase and rrcov use too; robustbase replaces those for alpha = 0.5 by a table).
//
// Bits: records are taken in the order of their values, moments are exact, and no function of the
// host's library is used: results depend on the set of records alone. Features scaled by powers of
// two give the same bits of distances.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <trawl/core/stats/baseline.hpp>

namespace trawl::core {

struct McdOptions {
  // h grows from (n + p + 1) / 2 at 0.5, where nearly half of the records may be outliers, to n
  // at 1. 0.75 is more precise when fewer than a quarter are.
  double alpha = 0.5;
  // Records are outliers at the distance that a share of this size of normal ones exceeds.
  double tail = 0.025;
};

// Covariances are multiplied with both.
struct McdCorrection {
  double consistency = 1, small_sample = 1;
  double factor() const { return consistency * small_sample; }
};

// p below is the rank of the covariance of all records: features that depend on others exactly are
// set aside for the search, and come back in the baselines.
struct Mcd {
  std::size_t subset_size = 0;           // h
  std::vector<std::size_t> subset = {};  // the best one: ascending indices of rows; of equal
                                         // records the first ones
  Baseline raw;                          // of the subset, before corrections
  McdCorrection raw_correction = {};
  Baseline reweighted;  // of the records within the cutoff of the raw estimate, before corrections
  McdCorrection correction = {};
  // At least h records, but not all, lie on a hyperplane: raw.dependencies() names it (beside those
  // that all records keep to). Its determinant is 0, the least there is. Then both baselines are of
  // all records on it, without corrections, and the others are outliers.
  bool exact_fit = false;
  double cutoff = 0;  // quantile of the chi-square law with p degrees of freedom
  // Of the records given, in their order, with all corrections; infinite off the hyperplane.
  std::vector<double> squared_distances = {};
  int best_start = 0;  // 0 to 5
  int steps = 0;       // C-steps of the best start

  bool is_outlier(std::size_t row) const { return squared_distances[row] >= cutoff; }
  std::vector<std::size_t> outliers() const;  // ascending
  const std::vector<double>& centre() const { return reweighted.means(); }
  std::vector<double> covariance() const;  // with all corrections
  double squared_distance(std::span<const double> record) const;
};

// Local. Of records row by row. InputError for values that are not finite, for alpha outside
// [0.5, 1] or tail outside (0, 1), and for n <= p + 1 records; n should be 5 p at least. O(n d^2)
// for each of about 40 steps; memory 3 times the records.
Mcd minimum_covariance_determinant(std::span<const double> rows, std::size_t features,
                                   const McdOptions& options = {});

}  // namespace trawl::core
