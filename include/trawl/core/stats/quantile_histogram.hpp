// Quantiles of any number of doubles from counts in fixed buckets: by sign, exponent and the first
// 7 bits of the mantissa, as they stand in the double (log-linear, as HdrHistogram has it; cf.
// DDSketch, Masson, Rim and Lee, VLDB 2019, whose logarithms differ between hosts). Buckets do not
// depend on the data, so that merge is + of integers: any order, blocking and merge tree give the
// same bytes, which sketches that choose their buckets (KLL, t-digest) cannot promise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <trawl/base/digest.hpp>

namespace trawl::core {

// A summary and a group. Memory: 16 bytes for each bucket that is not empty; positive data over k
// powers of 2 have at most 128 k of them.
class QuantileHistogram {
 public:
  static constexpr int mantissa_bits = 7;

  // Values must be finite (checked by assertion only). -0 is 0.
  // One by one: O(buckets). In bulk: constant time a value, and O(buckets) a call; each thread that
  // does so keeps 2 MiB.
  void add(double value);
  void add(std::span<const double> values);
  // O(buckets).
  void merge(const QuantileHistogram& other);
  // What was merged or added before. InputError, and nothing changed, when it was not.
  void subtract(const QuantileHistogram& other);

  std::uint64_t count() const { return count_; }
  std::size_t buckets() const { return buckets_.size(); }

  // All doubles from low to high, both included, fall into one bucket. `middle` is within
  // 2^-8 |x| of each x among them, and within 2^-1030 of subnormal ones. Zero is alone.
  struct Range {
    double low, middle, high;
  };
  static Range range_of(double value);

  // The bucket of the value that is number `rank` in ascending order; the first is 1. Requires
  // 1 <= rank <= count(). O(buckets).
  Range at_rank(std::uint64_t rank) const;

  // Canonical: equal histograms, and only those, have equal bytes. 2 to 4 bytes for most buckets.
  void append_bytes(std::vector<std::byte>& out) const;
  // From the front of `bytes`, which moves on behind it. DataError for what append_bytes would not
  // have written.
  static QuantileHistogram read(Bytes& bytes);

  bool operator==(const QuantileHistogram&) const = default;

 private:
  struct Bucket {
    std::int32_t code;  // ascending with the values in it
    std::uint64_t count;
    bool operator==(const Bucket&) const = default;
  };
  void add_buckets(std::span<const Bucket> more);

  std::vector<Bucket> buckets_;  // by code; none is empty
  std::uint64_t count_ = 0;
};

}  // namespace trawl::core
