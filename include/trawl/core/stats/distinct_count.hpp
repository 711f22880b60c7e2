// How many distinct numbers: exactly while they are few, and then estimated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/core/stats/distinct_sketch.hpp>

namespace trawl::core {

// A summary: it depends on the set of the values alone, not on order, repetition or blocking. What
// was added cannot be taken out again. Memory: 8 bytes for each value while it is exact, then 4
// KiB.
class DistinctCount {
 public:
  static constexpr std::size_t most_exact = 256;

  // Finite values. -0 is 0.
  void add(double value);
  void add(std::span<const double> values);
  void merge(const DistinctCount& other);

  // Up to most_exact values the number itself, then the estimate of DistinctSketch (standard error
  // 1.6 %), rounded.
  std::uint64_t count() const;
  bool exact() const { return sketch_.empty(); }
  // The value in [low, high], while exact and if there is one alone. O(most_exact).
  std::optional<double> only_value_in(double low, double high) const;

  // Canonical.
  void append_bytes(std::vector<std::byte>& out) const;
  // From the front of `bytes`, which moves on behind it. DataError for what append_bytes would not
  // have written.
  static DistinctCount read(Bytes& bytes);

  bool operator==(const DistinctCount&) const = default;

 private:
  void insert(std::uint64_t bits);
  void estimate_from_now();

  std::vector<std::uint64_t> values_;   // bits of the doubles, ascending; while exact
  std::vector<DistinctSketch> sketch_;  // none, or one: most counts are of few values
};

}  // namespace trawl::core
