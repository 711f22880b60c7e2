// Sends rows of columns through Gram block by block, and past it what it cannot take.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "core/exact/gram.hpp"

namespace trawl::core::exact {

// Rows that share exponents: many enough that reading the lanes out costs little beside filling
// them.
inline constexpr std::size_t block_rows = 1024;
inline constexpr std::size_t max_columns = 64;

using Columns = std::array<const double*, max_columns>;

inline Columns advanced(std::span<const double* const> columns, std::size_t rows) {
  Columns out;
  for (std::size_t c = 0; c < columns.size(); ++c) out[c] = columns[c] + rows;
  return out;
}

// One block of at most block_rows rows. `deposit` as for Gram::take; `one_by_one(begin, end)` must
// add rows [begin, end) in another way: they hold values that are not finite, very large, or so far
// apart that slices do not reach.
template <class Deposit, class OneByOne>
class GramBlock {
 public:
  GramBlock(Gram& gram, std::span<const double* const> columns, std::size_t rows,
            const Deposit& deposit, const OneByOne& one_by_one)
      : gram_(gram), columns_(columns), rows_(rows), deposit_(deposit), one_by_one_(one_by_one) {}

  // The values of column c are below 2^exponents[c].
  void add(std::span<const int> exponents) {
    if (*std::max_element(exponents.begin(), exponents.end()) > max_exponent) {
      return one_by_one_(0, rows_);
    }
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      exponents_[c] = std::max(exponents[c], min_exponent);
    }
    gram_.set_exponents(std::span(exponents_).first(columns_.size()));
    gram_.drop_unused_slice();
    for (std::size_t begin = 0; begin < rows_; begin += chunk_rows) {
      add_chunk(begin, std::min(begin + chunk_rows, rows_));
    }
    gram_.take(deposit_);
  }

 private:
  using Exponents = std::array<int, max_columns>;

  // To those of rows [begin, end).
  void set_exponents(Exponents& exponents, std::size_t begin, std::size_t end) {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      exponents[c] = std::max(exponent_above(columns_[c] + begin, end - begin), min_exponent);
    }
    gram_.take(deposit_);
    gram_.set_exponents(std::span(exponents).first(columns_.size()));
  }

  std::uint64_t cut(std::size_t begin, std::size_t end) {
    const Columns rows = advanced(columns_, begin);
    return gram_.cut(std::span(rows).first(columns_.size()), end - begin);
  }

  void add_chunk(std::size_t begin, std::size_t end) {
    std::uint64_t left_out = cut(begin, end);
    const bool alone = gram_.wants_slice(left_out) && is_smaller_alone(begin, end);
    if (alone) left_out = cut(begin, end);
    while (gram_.wants_slice(left_out)) {
      gram_.add_slice(deposit_);
      left_out = cut(begin, end);
    }
    gram_.multiply(left_out, deposit_);
    for (std::uint64_t rows = left_out; rows != 0; rows &= rows - 1) {
      const std::size_t row = begin + static_cast<std::size_t>(std::countr_zero(rows));
      one_by_one_(row, row + 1);
    }
    if (std::popcount(left_out) > 2) gram_.set_slices(1, deposit_);  // no others need that many
    if (alone && end < rows_) set_exponents(exponents_, end, rows_);
  }

  // A large value elsewhere in the block must not make the slices of this chunk begin far above
  // its values: gives it its own exponents if that saves a slice.
  bool is_smaller_alone(std::size_t begin, std::size_t end) {
    const Exponents of_block = exponents_;
    Exponents own;
    set_exponents(own, begin, end);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (own[c] + max_slice_bits <= of_block[c]) return true;
    }
    gram_.set_exponents(std::span(of_block).first(columns_.size()));
    return false;
  }

  Gram& gram_;
  std::span<const double* const> columns_;
  std::size_t rows_;
  const Deposit& deposit_;
  const OneByOne& one_by_one_;
  Exponents exponents_;  // of the rows that are still to come
};

}  // namespace trawl::core::exact
