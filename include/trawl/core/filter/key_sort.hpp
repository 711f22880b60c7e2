// Sorts and de-duplicates integer keys on several threads.
#pragma once

#include <cstdint>
#include <span>

namespace trawl::core {

// Local. Afterwards the first `count` items of `keys` are its distinct values in ascending order;
// returns count, what lies behind is anything. `space` has the size of `keys` and holds nothing
// before or after. Ascending input costs one pass. Otherwise one scatter by the most significant
// bits that differ into buckets that fit the cache, then a byte-wise radix sort of each bucket (as
// in Polychroniou, Ross, "A Comprehensive Study of Main-Memory Partitioning and its Application to
// Large-Scale Comparison- and Radix-Sort", SIGMOD 2014): O(n) passes of the bytes that differ,
// whatever the keys; evenly spread ones need only their high bytes. The result does not depend on
// `threads`.
std::uint64_t sort_distinct(std::span<std::int64_t> keys, std::span<std::int64_t> space,
                            int threads);

// The obvious twin, for tests.
std::uint64_t sort_distinct_reference(std::span<std::int64_t> keys);

}  // namespace trawl::core
