// Evidence for one of several alternatives: log of a sum of exponentials.
#pragma once

#include <span>

#include <trawl/core/exact/exact_sum.hpp>

namespace trawl::evidence {

// The sum of weight * exp(x - greatest), where no x exceeds `greatest`. A summary: with the
// greatest of all known first, terms in any order and merged in any tree give the same bytes.
//
// Error. x - greatest is rounded once, then exp of it once; sums and products are exact. So value()
// is within 2^-52 (1 + |value()|) of the true logarithm, for any number of terms. Local.
class ExpSum {
 public:
  // InputError unless finite.
  explicit ExpSum(double greatest);

  // InputError unless x <= greatest and weight is finite and not negative. x may be -infinity.
  void add(double x, double weight = 1);
  // InputError unless greatest is the same.
  void merge(const ExpSum& other);

  double greatest() const { return greatest_; }
  const core::ExactDot& sum() const { return sum_; }
  // -infinity for nothing; infinity when weights add up to more than doubles can say.
  double value() const;

 private:
  double greatest_;
  core::ExactDot sum_;
};

// log(sum of weights[i] * exp(x[i])); no weights: all 1. -infinity for nothing, infinity when an x
// with weight is. InputError for NaN, negative or infinite weights, and sizes that differ.
double log_sum_exp(std::span<const double> x, std::span<const double> weights = {});

}  // namespace trawl::evidence
