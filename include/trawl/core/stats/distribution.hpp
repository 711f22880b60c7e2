// How the values of one feature are distributed: range, quantiles, distinct values, and NULLs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <trawl/core/stats/distinct_count.hpp>
#include <trawl/core/stats/quantile_histogram.hpp>

namespace trawl::core {

// A summary: order, blocking and merge tree leave no trace. No group: counts could be subtracted,
// but the least, the greatest and the distinct values of what remains are not known, so all of it
// belongs to what was ever added.
class Distribution {
 public:
  // Finite values. -0 is 0, so that neither of them is less than the other.
  void add(double value);
  // Faster: constant time a value, and some microseconds a call.
  void add(std::span<const double> values);
  void add_nulls(std::uint64_t count) { nulls_ += count; }
  void merge(const Distribution& other);

  std::uint64_t count() const { return histogram_.count(); }  // of values
  std::uint64_t nulls() const { return nulls_; }
  double min() const;  // exact; NaN when there are no values
  double max() const;
  std::uint64_t distinct() const;  // see DistinctCount; at most count()

  // An estimate of the value that is number ceil(percent * count / 100), at least 1, in ascending
  // order (the inverse of the empirical distribution function: type 1 of Hyndman and Fan, The
  // American Statistician 50, 1996). Off by at most 2^-8 of that value (subnormal ones: 2^-1030);
  // exact where that is the least or greatest value, or zero, or while distinct values are counted
  // exactly and no other is in its bucket. Requires percent <= 100. NaN when there are no values.
  double quantile(unsigned percent) const;

  // Canonical.
  void append_bytes(std::vector<std::byte>& out) const;
  // From the front of `bytes`, which moves on behind it. DataError for what append_bytes would not
  // have written.
  static Distribution read(Bytes& bytes);

  const QuantileHistogram& histogram() const { return histogram_; }
  bool operator==(const Distribution&) const = default;

 private:
  QuantileHistogram histogram_;
  DistinctCount distinct_;
  double min_ = 0, max_ = 0;  // when there are values
  std::uint64_t nulls_ = 0;
};

}  // namespace trawl::core
