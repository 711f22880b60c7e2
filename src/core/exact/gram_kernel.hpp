// The loops of Gram, compiled once per instruction set and chosen at run time (Highway).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/exact/gram.hpp"

namespace trawl::core::exact {

inline constexpr std::size_t max_lanes = 8;
inline constexpr std::size_t column_stride = max_slices * chunk_rows;  // doubles
inline constexpr std::size_t pair_stride = max_orders * max_lanes;

std::size_t lanes();

// How the values of a chunk are cut: slices of `bits` bits, the first just below 2^exponent.
struct Cut {
  int exponent, bits;
};
// Cuts values[0, rows) into slices[s * chunk_rows + row], zeros behind the last row. Returns how
// many are not all zero, or max_slices + 1 when something is left below the last.
std::size_t cut_column(const double* values, std::size_t rows, Cut cut, double* slices);
// Cuts into two slices and forgets the rest.
void cut_column_rounded(const double* values, std::size_t rows, Cut cut, double* slices);

// sums[pair][order] += products of the slices of a chunk, lane by lane; counts[column] slices each.
void multiply_pairs(std::span<const ColumnPair> pairs, const std::uint8_t* counts,
                    const double* slices, double* sums);

// totals[k] = sum over lanes of sums[k * max_lanes ...] * 2^scale_exponents[k], which are integers;
// zeroes the sums.
void read_lanes(double* sums, std::size_t count, int exponent, int bits, std::int64_t* totals);

}  // namespace trawl::core::exact
