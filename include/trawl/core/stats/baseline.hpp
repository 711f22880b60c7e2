// What is normal, from the exact moments of records: the rank of their covariance, decided without
// rounding; what one feature says exactly about others; and how far a record is from the rest.
//
// Rank. A covariance of rounded numbers has no rank that could be read from it: sums that are
// exactly dependent leave a small pivot, and so do features that differ in their last bits. So
// rank is decided on the numerators n * sum(x y) - sum(x) * sum(y), which are integers times
// powers of two, in two steps.
//   1. A factorisation L D L' in doubles proves full rank when it ends with positive pivots and
//      sum of (C^-1)_ii <= 4096 for the correlation matrix C (the variance inflation factors): its
//      backward error is below d^2 2^-51 (Higham, Accuracy and Stability of Numerical Algorithms,
//      2nd ed., theorem 10.3), less than the least eigenvalue, which is at least 1 / 4096. No
//      eigenvalue can be 0 then. That is the case for most data, in microseconds.
//   2. Otherwise fraction-free elimination (Bareiss, Mathematics of Computation 22, 1968) in
//      integers decides: a pivot is 0 or it is not. Chosen over elimination modulo primes because
//      its pivots and columns are those of L D L', exactly: the same pass gives the factor,
//      rounded once, and the coefficients of the dependencies. 0.2 ms for 10 features, 0.8 s
//      for 64.
// Features are taken in their order: one is independent unless those before it determine it.
//
// Bits depend on the state alone: on its numbers, not on how it was merged, nor on the vector width
// of the host (own loops in a fixed order, not a linear algebra library, whose order of additions
// depends on the registers it is compiled for). Features scaled by powers of two give the same
// bits of distances.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <trawl/core/exact/moments.hpp>

namespace trawl::core {

// feature = constant + sum of coefficients[i] * others[i], exactly, in every record of a baseline;
// the numbers here are rounded once, the decision whether a record keeps to it is exact.
struct Dependency {
  std::size_t feature = 0;
  std::vector<std::size_t> others;  // independent features, ascending; none: feature is constant
  std::vector<double> coefficients;
  double constant = 0;
};

struct Distance {
  double squared = 0;
  // By feature. The Shapley value of each in the squared distance, (x - m)_i * (S^-1 (x - m))_i
  // (Mayrhofer and Filzmoser, Econometrics and Statistics, 2023): they add up to it but for
  // rounding. Negative where a feature makes the record less unusual than the others do. 0 for
  // features that depend on others; infinite for those whose dependency is violated.
  std::vector<double> contributions;
  std::vector<std::size_t> violated;  // indices of dependencies()
};

// Local. Const functions may be called from several threads.
class Baseline {
 public:
  // InputError for moments of less than two records, and for those that no records can have (some
  // were subtracted that had not been added).
  template <class Sums>
  explicit Baseline(const Moments<Sums>& moments);

  std::int64_t count() const { return count_; }
  std::size_t features() const { return means_.size(); }
  std::size_t rank() const { return independent_.size(); }
  bool singular() const { return rank() < features(); }
  const std::vector<std::size_t>& independent() const { return independent_; }  // ascending
  // One for each feature that is not independent, ascending.
  const std::vector<Dependency>& dependencies() const { return dependencies_; }
  std::vector<std::size_t> constants() const;

  const std::vector<double>& means() const { return means_; }
  // features() x features(), divided by count() - 1. Both rounded once.
  const std::vector<double>& covariance() const { return covariance_; }
  // Of the covariance of the independent features; 0 for none.
  double log_determinant() const { return log_determinant_; }

  // (x - m)' S^-1 (x - m) over the independent features, of the values as the moments count them
  // (of fixed-point moments: rounded to the unit). Infinite for a record that violates a
  // dependency: no record of the baseline did, so that its law gives it probability 0; and for
  // infinite values. NaN for records with NaN.
  // Relative error about 2^-53 d times the sum of the variance inflation factors, up to 4096;
  // beyond that numbers have 106 bits, about 2^-100 d times the sum. O(d^2): for 10 features 0.07
  // us, 0.8 us for the second sort. InputError unless record.size() is features().
  double squared_distance(std::span<const double> record) const;
  Distance distance(std::span<const double> record) const;
  // Of records row by row; the same bits as one by one, faster (10
  // features: 20 ns a record). InputError unless rows.size() is
  // features() * out.size().
  void squared_distances(std::span<const double> rows, std::span<double> out) const;
  // Whether a record keeps to all dependencies, exactly. O(d) integers for each.
  bool keeps_dependencies(std::span<const double> record) const;

 private:
  struct Relations;
  // (x * before - mean - rest) * after: scaled down before, or up after, so that nothing overflows
  // on the way. The mean with its rest has 106 bits.
  struct Centre {
    double mean, rest, before, after;
  };
  template <class Number>
  static Number centred(double x, const Centre& centre);
  template <class Number>
  void solve(const double* rows, std::size_t count, double* out) const;
  template <class Number>
  void explain(std::span<const double> record, Distance& out) const;
  std::vector<double> counted(std::span<const double> rows) const;
  bool keeps(std::span<const double> counted_record) const;
  bool violates(std::size_t dependency, std::span<const double> counted_record) const;

  std::int64_t count_ = 0;
  std::vector<int> units_;  // of fixed-point moments; empty for exact ones
  std::vector<double> means_, covariance_;
  std::vector<std::size_t> independent_;
  std::vector<Dependency> dependencies_;
  double log_determinant_ = 0;
  // Of independent features, each divided by a power of two so that its variance is about 1: the
  // mean, L by columns, and D. The rests of L are there if doubles were too short.
  std::vector<Centre> centres_;
  std::vector<double> lower_, lower_rests_, pivots_;
  std::shared_ptr<const Relations> relations_;  // dependencies in integers
};

extern template Baseline::Baseline(const Moments<ExactSums>&);
extern template Baseline::Baseline(const Moments<FixedSums>&);

}  // namespace trawl::core
