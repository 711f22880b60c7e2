#include "core/exact/gram.hpp"

#include <algorithm>
#include <bit>

#include "core/exact/gram_kernel.hpp"

namespace trawl::core::exact {

namespace {

// Planes by their two slices s <= t: those of the first S slices come first.
std::size_t plane(std::size_t s, std::size_t t) {
  return t * (t + 1) / 2 + s;
}

}  // namespace

Gram::Gram(std::size_t columns, Products products, int slice_bits)
    : products_(products), slice_bits_(slice_bits), exponents_(columns) {
  for (std::size_t a = 0; a < columns; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      if (products == Products::all || (products == Products::own) == (a == b)) {
        pairs_.push_back({static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)});
      }
    }
  }
  max_terms_ = std::size_t{1} << (53 - 2 * slice_bits);
  const auto allocate = [](std::size_t count) {
    auto memory = hwy::AllocateAligned<double>(count);
    std::fill_n(memory.get(), count, 0.0);
    return memory;
  };
  planes_ = allocate(max_planes * columns * chunk_rows);
  lanes_ = allocate(max_planes * pairs_.size() * max_lanes);
  sums_ = allocate(max_slices * columns * max_lanes);
  totals_.resize(std::max(max_planes * pairs_.size(), max_slices * columns));
}

std::size_t Gram::chunk_terms() {
  return chunk_rows / lanes();
}

void Gram::set_exponents(std::span<const int> exponents) {
  exponents_.assign(exponents.begin(), exponents.end());
}

std::uint64_t Gram::cut(std::span<const double* const> columns, std::size_t rows) {
  std::uint64_t left = 0;
  const std::size_t stride = columns.size() * chunk_rows;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    left |= cut_column(columns[c], rows, {exponents_[c], slice_bits_, slices_},
                       planes_.get() + c * chunk_rows, stride);
  }
  if (is_empty()) {  // one chunk speaks for all others
    const double* last = planes_.get() + plane(slices_ - 1, slices_ - 1) * stride;
    last_slice_unused_ = std::all_of(last, last + stride, [](double units) { return units == 0; });
  }
  return left;
}

void Gram::cut_rounded(std::span<const double* const> columns, std::size_t rows) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    cut_column_rounded(columns[c], rows, {exponents_[c], slice_bits_, slices_},
                       planes_.get() + c * chunk_rows, columns.size() * chunk_rows);
  }
}

void Gram::multiply_planes(std::uint64_t left_out) {
  const std::size_t columns = exponents_.size(), stride = columns * chunk_rows;
  const std::size_t planes = slices_ * (slices_ + 1) / 2;
  for (; left_out != 0; left_out &= left_out - 1) {
    const auto row = static_cast<std::size_t>(std::countr_zero(left_out));
    for (std::size_t k = 0; k < planes * columns; ++k) planes_[k * chunk_rows + row] = 0;
  }
  for (std::size_t k = 0; k < planes; ++k) {
    const double* columns_of_plane = planes_.get() + k * stride;
    double* out = lanes_.get() + k * pairs_.size() * max_lanes;
    if (products_ == Products::all) {
      multiply_all(columns_of_plane, columns, out);
    } else if (products_ == Products::own) {
      multiply_own(columns_of_plane, columns, out);
    } else {
      multiply_first(columns_of_plane, out);
    }
  }
  if (products_ == Products::of_first) return;
  for (std::size_t s = 0; s < slices_; ++s) {
    add_columns(planes_.get() + plane(s, s) * stride, columns,
                sums_.get() + s * columns * max_lanes);
  }
}

std::size_t Gram::read_products() {
  read_lanes(lanes_.get(), slices_ * (slices_ + 1) / 2 * pairs_.size(), totals_.data());
  return pairs_.size();
}

// From planes to the orders s + t of products of slices.
void Gram::combine(std::size_t pair) {
  const auto total = [&](std::size_t s, std::size_t t) {
    return totals_[plane(s, t) * pairs_.size() + pair];
  };
  std::fill(std::begin(orders_), std::end(orders_), 0);
  for (std::size_t t = 0; t < slices_; ++t) {
    orders_[2 * t] += total(t, t);
    for (std::size_t s = 0; s < t; ++s) {
      orders_[s + t] += total(s, t) - total(s, s) - total(t, t);
    }
  }
}

void Gram::read_sums() {
  read_lanes(sums_.get(), slices_ * exponents_.size(), totals_.data());
}

}  // namespace trawl::core::exact
