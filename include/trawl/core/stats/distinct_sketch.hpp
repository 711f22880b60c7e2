// How many distinct values: dense HyperLogLog with 2^12 registers (Flajolet et al., AofA 2007),
// bias-free estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
// (arXiv 1702.01284). A summary: merge is max.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <trawl/base/column.hpp>
#include <trawl/base/digest.hpp>

namespace trawl::core {

// Standard error 1.04 / sqrt(4096) = 1.6 %.
class DistinctSketch {
 public:
  static constexpr int precision = 12;
  void add_hash(std::uint64_t hash);
  void add(const ColumnView& column);  // all rows that are not NULL
  void merge(const DistinctSketch& other);
  double estimate() const;

  // One byte each: all there is to be known of a sketch.
  std::span<const std::uint8_t> bytes() const { return registers_; }
  // From the front of `bytes`, which moves on behind them. DataError: too few, or of no sketch.
  static DistinctSketch read(Bytes& bytes);

  bool operator==(const DistinctSketch&) const = default;

 private:
  std::array<std::uint8_t, 1u << precision> registers_{};
};

}  // namespace trawl::core
