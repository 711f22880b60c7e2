// Sends rows of columns through Gram block by block, and past it what it cannot take.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "core/exact/gram.hpp"

namespace trawl::core::exact {

// Rows that share exponents: many enough that reading the lanes out costs little beside filling
// them.
inline constexpr std::size_t block_rows = 1024;
inline constexpr std::size_t max_columns = 65;

using Columns = std::array<const double*, max_columns>;

inline Columns advanced(std::span<const double* const> columns, std::size_t rows) {
  Columns out;
  for (std::size_t c = 0; c < columns.size(); ++c) out[c] = columns[c] + rows;
  return out;
}

// One block (rows <= block_rows). `deposit` as for Gram::take; `one_by_one(begin, end)` must add
// rows [begin, end) in another way: they hold values that are not finite, very large, or so far
// apart that slices do not reach.
template <class Deposit, class OneByOne>
class GramBlock {
 public:
  GramBlock(Gram& gram, std::span<const double* const> columns, const Deposit& deposit,
            const OneByOne& one_by_one)
      : gram_(gram), columns_(columns), deposit_(deposit), one_by_one_(one_by_one) {}

  void add(std::size_t rows) {
    if (!set_exponents(0, rows)) return one_by_one_(0, rows);
    for (std::size_t begin = 0; begin < rows; begin += chunk_rows) {
      const std::size_t end = std::min(begin + chunk_rows, rows);
      if (!add_chunk(begin, end)) add_chunk_alone(begin, end, rows);
      if (gram_.is_full()) gram_.take(deposit_);
    }
    gram_.take(deposit_);
  }

 private:
  bool set_exponents(std::size_t begin, std::size_t end) {
    std::array<int, max_columns> exponents;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      exponents[c] = std::max(exponent_above(columns_[c] + begin, end - begin), min_exponent);
      if (exponents[c] > max_exponent) return false;
    }
    gram_.set_exponents(std::span(exponents).first(columns_.size()));
    return true;
  }

  bool add_chunk(std::size_t begin, std::size_t end) {
    const Columns rows = advanced(columns_, begin);
    return gram_.add(std::span(rows).first(columns_.size()), end - begin);
  }

  // One large value elsewhere in the block must not make this chunk slow.
  void add_chunk_alone(std::size_t begin, std::size_t end, std::size_t rows) {
    gram_.take(deposit_);
    set_exponents(begin, end);
    if (!add_chunk(begin, end)) one_by_one_(begin, end);
    gram_.take(deposit_);
    set_exponents(0, rows);
  }

  Gram& gram_;
  std::span<const double* const> columns_;
  const Deposit& deposit_;
  const OneByOne& one_by_one_;
};

}  // namespace trawl::core::exact
