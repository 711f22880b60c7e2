// Sums of products of columns without rounding, by slices.
//
// Each column is cut, without error, into slices of a few bits that lie at the same places for all
// its values; a product of two slices has so few bits that hundreds of them add up exactly in the
// lanes of a double. After Ozaki, Ogita, Oishi and Rump, "Error-free transformations of matrix
// multiplication by using fast routines of matrix multiplication" (Numerical Algorithms 59, 2012).
// The data decide the cost: integers and fixed-point numbers need one or two slices, doubles of one
// magnitude three, and s slices by t slices are s * t multiply-adds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hwy/aligned_allocator.h>

namespace trawl::core::exact {

// 2^44 is the largest product of two slices; 2^9 of them fit in the 53 bits of a lane.
inline constexpr int max_slice_bits = 23;
inline constexpr std::size_t max_lane_terms = 512;
// What is left of a value below max_slices slices goes another way.
inline constexpr std::size_t max_slices = 6;
inline constexpr std::size_t max_orders = 2 * max_slices - 1;
// Rows that are cut and multiplied at a time: ten columns of three slices stay in the first-level
// cache.
inline constexpr std::size_t chunk_rows = 64;
// Columns are sliced exactly only between these: |x| < 2^exponent.
inline constexpr int min_exponent = -350, max_exponent = 480;

struct ColumnPair {
  std::uint8_t a, b;
};

// Sums of a[i] * b[i] for pairs of columns. Slice s of a column whose values are below 2^exponent
// is a multiple of 2^(exponent - (s + 1) * slice_bits + 1), and sums of products of slices s and t
// are kept by order s + t.
class Gram {
 public:
  Gram(std::size_t columns, std::vector<ColumnPair> pairs, int slice_bits);

  // Sets how large the values of the columns are, between min_exponent and max_exponent. Requires
  // that nothing was added since the last take().
  void set_exponents(std::span<const int> exponents);

  // Adds rows [0, rows) of the columns; rows <= chunk_rows. False, and nothing is added, when a
  // value is not the sum of max_slices slices.
  bool add(std::span<const double* const> columns, std::size_t rows);
  // The same, of the values rounded to the last of two slices (ties to even).
  void add_rounded(std::span<const double* const> columns, std::size_t rows);
  // There may not be room for another chunk before take().
  bool is_full() const { return terms_ + max_terms_ > max_lane_terms; }

  bool is_empty() const { return orders_ == 0; }

  // Calls deposit(pair index, term, exponent) for all sums of term * 2^exponent, and forgets them.
  template <class Deposit>
  void take(const Deposit& deposit) {
    read_sums();
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
      const int top = exponents_[pairs_[pair].a] + exponents_[pairs_[pair].b];
      for (std::size_t order = 0; order < orders_; ++order) {
        const std::int64_t term = totals_[pair * max_orders + order];
        const int exponent = top + 2 - static_cast<int>(order + 2) * slice_bits_;
        if (term != 0) deposit(pair, term, exponent);
      }
    }
    orders_ = 0;
    terms_ = 0;
  }

 private:
  void multiply();
  void read_sums();

  std::vector<ColumnPair> pairs_;
  int slice_bits_;
  std::vector<int> exponents_;
  std::vector<std::uint8_t> counts_;            // slices of each column in this chunk
  hwy::AlignedFreeUniquePtr<double[]> slices_;  // [column][max_slices][chunk_rows]
  hwy::AlignedFreeUniquePtr<double[]> sums_;    // [pair][max_orders][8 lanes]
  std::vector<std::int64_t> totals_;            // [pair][max_orders]
  std::size_t orders_ = 0;                      // that are not all zero
  std::size_t terms_ = 0, max_terms_ = 0;       // in one lane of one order
};

// Exponents of columns: all values are below 2^(returned), 1025 when one is not finite.
int exponent_above(const double* values, std::size_t count);

}  // namespace trawl::core::exact
