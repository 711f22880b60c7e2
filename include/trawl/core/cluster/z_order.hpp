// In which order rows lie so that rows with similar values lie together, and zone maps prune.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <trawl/base/column.hpp>

namespace trawl::core {

// The rows of `keys` (at least one column, all with the same number of rows, below 2^32) in cluster
// order: position i of the result holds the row that comes i-th.
//
// One column: ascending, NULL first, NaN last, text and categories bytewise. Several: along a
// Z-order curve (G. M. Morton, "A computer oriented geodetic data base and a new technique in file
// sequencing", IBM 1966) over the columns' quantile ranks within these rows, so that skew and scale
// do not matter; the first column has the most significant bit. Rows with equal keys stay in their
// order. The same on every machine. O(columns * rows * log rows).
std::vector<std::uint32_t> cluster_order(std::span<const ColumnView> keys);

}  // namespace trawl::core
