#include "core/exact/gram.hpp"

#include <algorithm>

#include "core/exact/gram_kernel.hpp"

namespace trawl::core::exact {

Gram::Gram(std::size_t columns, std::vector<ColumnPair> pairs, int slice_bits)
    : pairs_(std::move(pairs)),
      slice_bits_(slice_bits),
      exponents_(columns),
      counts_(columns),
      slices_(hwy::AllocateAligned<double>(columns * column_stride)),
      sums_(hwy::AllocateAligned<double>(pairs_.size() * pair_stride)),
      totals_(pairs_.size() * max_orders) {
  std::fill_n(sums_.get(), pairs_.size() * pair_stride, 0.0);
}

void Gram::set_exponents(std::span<const int> exponents) {
  exponents_.assign(exponents.begin(), exponents.end());
}

bool Gram::add(std::span<const double* const> columns, std::size_t rows) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::size_t count = cut_column(columns[c], rows, {exponents_[c], slice_bits_},
                                         slices_.get() + c * column_stride);
    if (count > max_slices) return false;
    counts_[c] = static_cast<std::uint8_t>(count);
  }
  multiply();
  return true;
}

void Gram::add_rounded(std::span<const double* const> columns, std::size_t rows) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    cut_column_rounded(columns[c], rows, {exponents_[c], slice_bits_},
                       slices_.get() + c * column_stride);
    counts_[c] = 2;
  }
  multiply();
}

void Gram::multiply() {
  multiply_pairs(pairs_, counts_.data(), slices_.get(), sums_.get());
  const std::size_t most = *std::max_element(counts_.begin(), counts_.end());
  if (most != 0) orders_ = std::max(orders_, 2 * most - 1);
  const std::size_t steps = chunk_rows / lanes();
  terms_ += steps * most;
  max_terms_ = steps * max_slices;
}

void Gram::read_sums() {
  for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
    const int top = exponents_[pairs_[pair].a] + exponents_[pairs_[pair].b];
    read_lanes(sums_.get() + pair * pair_stride, orders_, top + 2 - 2 * slice_bits_, slice_bits_,
               totals_.data() + pair * max_orders);
  }
}

}  // namespace trawl::core::exact
