// Sums of products of columns without rounding, by slices.
//
// Each column is cut, without error, into slices: integers of a few bits, times a power of two that
// is the same for all its values. A product of two slices has so few bits that a hundred of them
// add up exactly in the lanes of a double. After Ozaki, Ogita, Oishi and Rump, "Error-free
// transformations of matrix multiplication by using fast routines of matrix multiplication"
// (Numerical Algorithms 59, 2012), with the products of different slices by Karatsuba's identity
//   a_s b_t + a_t b_s = (a_s + a_t)(b_s + b_t) - a_s b_s - a_t b_t,
// so that S slices need S (S + 1) / 2 Gram matrices ("planes") instead of S^2, and each plane is a
// plain matrix product. The data decide S: 1 or 2 for integers and fixed-point numbers, 3 for
// doubles of similar magnitude.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hwy/aligned_allocator.h>

namespace trawl::core::exact {

// A slice of 23 bits is at most 2^22 in magnitude, the sum of two 2^23, a product 2^46, and 2^7
// products fit in the 53 bits of a lane.
inline constexpr int max_slice_bits = 23;
inline constexpr std::size_t max_slices = 6;
inline constexpr std::size_t max_planes = max_slices * (max_slices + 1) / 2;
// Rows that are cut and multiplied at a time; one bit each in a mask.
inline constexpr std::size_t chunk_rows = 64;
// Columns are sliced exactly only between these: |x| < 2^exponent.
inline constexpr int min_exponent = -350, max_exponent = 480;

enum class Products {
  all,       // of each two columns and of each with itself, by pair_index
  own,       // of each column with itself
  of_first,  // only of column 0 with column 1
};

// Sums of columns and of their products.
class Gram {
 public:
  Gram(std::size_t columns, Products products, int slice_bits);

  // Sets how large the values of the columns are, between min_exponent and max_exponent. Requires
  // is_empty().
  void set_exponents(std::span<const int> exponents);

  // Cuts rows [0, rows) of the columns, rows <= chunk_rows, for multiply(). Returns a mask of the
  // rows that have a value which is not the sum of as many slices as are in use.
  std::uint64_t cut(std::span<const double* const> columns, std::size_t rows);

  // The same with two slices; values are rounded to the last, ties to even. Requires set_slices(2).
  void cut_rounded(std::span<const double* const> columns, std::size_t rows);

  // One or two rows of 64 cost less one by one than another slice costs for all.
  bool wants_slice(std::uint64_t left_out) const {
    return slices_ < max_slices && std::popcount(left_out) > 2;
  }
  // Changes how many slices are in use, by one or to `count`; what was cut must be cut again.
  template <class Deposit>
  void add_slice(const Deposit& deposit) {
    set_slices(slices_ + 1, deposit);
  }
  template <class Deposit>
  void set_slices(std::size_t count, const Deposit& deposit) {
    if (count == slices_) return;
    take(deposit);
    slices_ = count;
  }

  // One slice fewer if the last was all 0 in the first chunk after a take(). Requires is_empty().
  void drop_unused_slice() {
    if (last_slice_unused_ && slices_ > 1) --slices_;
    last_slice_unused_ = false;
  }

  // Adds the products of what was cut, but for the rows in `left_out`. `deposit` as for take().
  template <class Deposit>
  void multiply(std::uint64_t left_out, const Deposit& deposit) {
    if (terms_ + chunk_terms() > max_terms_) take(deposit);
    terms_ += chunk_terms();
    multiply_planes(left_out);
  }

  bool is_empty() const { return terms_ == 0; }

  // Calls deposit(index, term, exponent) for all sums of term * 2^exponent, and forgets them. The
  // indices are those of the products, then of the columns' own sums.
  template <class Deposit>
  void take(const Deposit& deposit) {
    if (is_empty()) return;
    const std::size_t products = read_products();
    for (std::size_t pair = 0; pair < products; ++pair) {
      combine(pair);
      const int top = unit(pairs_[pair].a) + unit(pairs_[pair].b);
      for (std::size_t order = 0; order + 1 < 2 * slices_; ++order) {
        if (orders_[order] == 0) continue;
        deposit(pair, orders_[order], top - static_cast<int>(order) * slice_bits_);
      }
    }
    read_sums();
    for (std::size_t c = 0; c < exponents_.size(); ++c) {
      for (std::size_t s = 0; s < slices_; ++s) {
        const std::int64_t term = totals_[s * exponents_.size() + c];
        if (term != 0) deposit(products + c, term, unit(c) - static_cast<int>(s) * slice_bits_);
      }
    }
    terms_ = 0;
  }

 private:
  struct Pair {
    std::uint8_t a, b;
  };

  // Products that a chunk adds to one lane. Asked each time: tests change the instruction set.
  static std::size_t chunk_terms();
  void multiply_planes(std::uint64_t left_out);
  std::size_t read_products();
  void combine(std::size_t pair);
  void read_sums();
  // The exponent of the first slice's unit.
  int unit(std::size_t column) const { return exponents_[column] - slice_bits_ + 1; }

  Products products_;
  int slice_bits_;
  std::vector<Pair> pairs_;
  std::vector<int> exponents_;
  std::size_t slices_ = 1;
  bool last_slice_unused_ = false;
  std::size_t terms_ = 0, max_terms_ = 0;       // products in one lane
  hwy::AlignedFreeUniquePtr<double[]> planes_;  // [plane][column][chunk_rows]
  hwy::AlignedFreeUniquePtr<double[]> lanes_;   // of sums of products: [plane][pair][8]
  hwy::AlignedFreeUniquePtr<double[]> sums_;    // of columns: [slice][column][8]
  std::vector<std::int64_t> totals_;            // [plane][pair], or [slice][column]
  std::int64_t orders_[2 * max_slices - 1] = {};
};

// All values are below 2^(returned) in magnitude; 1025 when one is infinite or NaN.
int exponent_above(const double* values, std::size_t count);

}  // namespace trawl::core::exact
