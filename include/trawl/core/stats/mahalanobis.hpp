// How unlikely a Mahalanobis distance is, when mean and covariance were estimated from n records.
//
// The squared distance D2 = (x - mean)' C^-1 (x - mean) uses the mean and the covariance (divided
// by n - 1) of n records of d features, drawn from one normal law. Its own law is not chi-square,
// which at d = 10 and n = 50 flags 26 records of 1000 where it promises one:
//   a record that the baseline does not contain:  D2 n (n - d) / (d (n^2 - 1))  is F(d, n - d)
//     (Hotelling's T^2 with the mean of one record: Anderson, "An introduction to multivariate
//     statistical analysis", 3rd ed., 5.2);
//   a record of the baseline itself:  D2 n / (n - 1)^2  is Beta(d / 2, (n - d - 1) / 2)
//     (Wilks, Sankhya A 25, 1963; Gnanadesikan and Kettenring, Biometrics 28, 1972).
// The second is the first, applied to the record and the n - 1 others: both give the same p-value.
//
// A singular covariance of rank r: distances are taken within the r directions that vary, and r
// stands for d. A record that leaves these directions is an anomaly without any law; that is the
// caller's to see.
#pragma once

#include <cstdint>
#include <optional>

namespace trawl::core {

enum class BaselineKind { without_record, with_record };

// The law of D2 for fixed n and rank. Local. Fewer records than 10 per direction say nothing:
// then the law is undecided and every answer nullopt.
class DistanceLaw {
 public:
  static constexpr std::int64_t records_per_direction = 10;

  // 0 <= n <= 2^50, 0 <= rank (d, unless the covariance is singular); InputError otherwise. Rank 0
  // is undecided.
  DistanceLaw(std::int64_t n, std::int64_t rank, BaselineKind baseline);

  bool decided() const { return decided_; }

  // log P(D2 > squared_distance), with the accuracy and the bits of tails.hpp. Distances that a
  // record of the baseline cannot have, above (n - 1)^2 / n, are -infinity. Distances below 0, from
  // rounding, are 0. InputError for NaN. About 1 microsecond.
  std::optional<double> log_p(double squared_distance) const;

  // The squared distance with P(D2 > .) = exp(log_p), log_p < 0: to compare many distances with one
  // number. 30 to 100 microseconds.
  std::optional<double> critical_squared_distance(double log_p) const;

 private:
  double log_upper(double squared_distance) const;

  double n_, rank_;
  BaselineKind baseline_;
  bool decided_;
  double log_beta_hi_ = 0, log_beta_lo_ = 0;  // of both laws' beta function, to 106 bits
};

// Hotelling's T^2 of a mean vector, n (mean - mu)' C^-1 (mean - mu), that n records of rank r
// exceed with probability p: r (n - 1) / (n - r) times the F quantile. The confidence region of the
// mean. n > r >= 1, 0 < p < 1; InputError otherwise.
double upper_hotelling_quantile(double p, std::int64_t n, std::int64_t rank);

}  // namespace trawl::core
