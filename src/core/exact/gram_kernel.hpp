// The loops of Gram, compiled once per instruction set and chosen at run time (Highway).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/exact/gram.hpp"

namespace trawl::core::exact {

inline constexpr std::size_t max_lanes = 8;

std::size_t lanes();

// How a column is cut: `slices` slices of `bits` bits, the first just below 2^exponent.
struct Cut {
  int exponent, bits;
  std::size_t slices;
};
// Cuts values[0, rows) into integers, zeros behind the last row: plane (s, t), s <= t, is slice s
// when s = t, and otherwise the sum of both slices; it begins at planes + plane(s, t) * stride.
// Returns which rows have something left below the last slice.
std::uint64_t cut_column(const double* values, std::size_t rows, Cut cut, double* planes,
                         std::size_t stride);
// Two slices; what is left is forgotten.
void cut_column_rounded(const double* values, std::size_t rows, Cut cut, double* planes,
                        std::size_t stride);

// sums[pair_index(i, j)] += products of columns[i] and columns[j] of one plane, lane by lane.
void multiply_all(const double* columns, std::size_t count, double* sums);
// sums[i] += products of columns[i] and itself.
void multiply_own(const double* columns, std::size_t count, double* sums);
// sums[0] += products of columns[1] and columns[0].
void multiply_first(const double* columns, double* sums);
// sums[i] += columns[i].
void add_columns(const double* columns, std::size_t count, double* sums);

// totals[k] = sum over the lanes of sums[k], which are integers; zeroes them.
void read_lanes(double* sums, std::size_t count, std::int64_t* totals);

}  // namespace trawl::core::exact
