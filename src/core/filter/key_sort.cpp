#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include <trawl/base/parallel.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/core/filter/key_sort.hpp>

namespace trawl::core {
namespace {

using Keys = std::span<std::int64_t>;

// Buckets of a scatter: as many write streams as the second-level cache and the address cache bear.
constexpr int scatter_bits = 11;
// A bucket and its copy fit a second-level cache of 1 MiB: below this, bytes are sorted in cache.
constexpr std::size_t cached_keys = std::size_t{1} << 15;
// Below this an insertion sort beats the counting of 256 digits.
constexpr std::size_t few_keys = 48;
// Keys that a thread is worth starting for.
constexpr std::size_t keys_per_part = std::size_t{1} << 16;

struct Bounds {
  std::int64_t min, max;
  bool ascending;
};

// Requires: not empty.
Bounds bounds_of(Keys keys) {
  Bounds bounds{keys[0], keys[0], true};
  std::uint64_t descents = 0;
  for (std::size_t i = 1; i < keys.size(); ++i) descents += keys[i] < keys[i - 1] ? 1u : 0u;
  bounds.ascending = descents == 0;
  if (bounds.ascending) return {keys.front(), keys.back(), true};
  for (const std::int64_t key : keys) {
    bounds.min = std::min(bounds.min, key);
    bounds.max = std::max(bounds.max, key);
  }
  return bounds;
}

// How far a key lies above the least: an unsigned number, also across the sign.
std::uint64_t above(std::int64_t key, std::int64_t min) {
  return static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(min);
}

// Sorted after at most about `moves` moves, or false: not sorted, all keys still there.
bool insertion_sort(Keys keys, std::size_t moves) {
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const std::int64_t key = keys[i];
    std::size_t at = i;
    for (; at > 0 && key < keys[at - 1]; --at) keys[at] = keys[at - 1];
    keys[at] = key;
    if (i - at > moves) return false;
    moves -= i - at;
  }
  return true;
}

// By the bits from `low` on, least significant byte first; bytes in which no two keys differ are
// passed over. The result is in `keys`.
void sort_by_bytes(Keys keys, Keys space, const Bounds& bounds, int low) {
  const int bits = static_cast<int>(std::bit_width(above(bounds.max, bounds.min)));
  std::int64_t* from = keys.data();
  std::int64_t* to = space.data();
  for (int shift = low; shift < bits; shift += 8) {
    std::array<std::size_t, 257> begin{};
    for (std::size_t i = 0; i < keys.size(); ++i)
      ++begin[1 + (above(from[i], bounds.min) >> shift & 255)];
    if (*std::max_element(begin.begin(), begin.end()) == keys.size()) continue;
    for (std::size_t digit = 1; digit < 257; ++digit) begin[digit] += begin[digit - 1];
    for (std::size_t i = 0; i < keys.size(); ++i)
      to[begin[above(from[i], bounds.min) >> shift & 255]++] = from[i];
    std::swap(from, to);
  }
  if (from != keys.data()) std::memcpy(keys.data(), from, keys.size_bytes());
}

// Keys that are spread evenly differ already in their high bits: three more than number them leave
// few pairs in disorder, which an insertion sort mends. Others (it gives up) are sorted by all
// bits.
void sort_in_cache(Keys keys, Keys space, const Bounds& bounds) {
  const int bits = static_cast<int>(std::bit_width(above(bounds.max, bounds.min)));
  const int high = (static_cast<int>(std::bit_width(keys.size())) + 3 + 7) / 8 * 8;
  const int low = std::max(0, bits - high);
  sort_by_bytes(keys, space, bounds, low);
  if (low > 0 && !insertion_sort(keys, 2 * keys.size())) sort_by_bytes(keys, space, bounds, 0);
}

// Where each bucket of a scatter begins, and one end more.
using Begins = std::vector<std::size_t>;

// By the highest bits that differ: afterwards the buckets, ascending, are in `to`. Every part
// counts, then writes behind what earlier parts write into a bucket.
Begins scatter(Keys from, Keys to, const Bounds& bounds, std::size_t parts, int threads) {
  const int shift =
      std::max(0, static_cast<int>(std::bit_width(above(bounds.max, bounds.min))) - scatter_bits);
  const std::size_t buckets = static_cast<std::size_t>(above(bounds.max, bounds.min) >> shift) + 1;
  std::vector<Begins> next(parts, Begins(buckets));
  const auto keys_of = [&](std::size_t part) {
    const Slice mine = slice(from.size(), static_cast<int>(parts), static_cast<int>(part));
    return from.subspan(mine.begin, mine.size());
  };
  parallel_for(parts, threads, [&](std::size_t part) {
    for (const std::int64_t key : keys_of(part)) ++next[part][above(key, bounds.min) >> shift];
  });
  Begins begins{0};
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    std::size_t at = begins.back();
    for (Begins& of_part : next) {
      const std::size_t count = of_part[bucket];
      of_part[bucket] = at;
      at += count;
    }
    begins.push_back(at);
  }
  parallel_for(parts, threads, [&](std::size_t part) {
    Begins& mine = next[part];
    for (const std::int64_t key : keys_of(part)) to[mine[above(key, bounds.min) >> shift]++] = key;
  });
  return begins;
}

// One thread. The result is in `keys`. Every level of scatters settles at least scatter_bits of 64.
void sort(Keys keys, Keys space) {
  if (keys.size() <= few_keys) {
    insertion_sort(keys, few_keys * few_keys);
    return;
  }
  const Bounds bounds = bounds_of(keys);
  if (bounds.ascending) return;
  if (keys.size() <= cached_keys) return sort_in_cache(keys, space, bounds);
  const Begins begins = scatter(keys, space, bounds, 1, 1);
  for (std::size_t b = 0; b + 1 < begins.size(); ++b) {
    const std::size_t begin = begins[b], count = begins[b + 1] - begins[b];
    if (count == 0) continue;
    sort(space.subspan(begin, count), keys.subspan(begin, count));
    std::copy_n(space.begin() + static_cast<std::ptrdiff_t>(begin), count,
                keys.begin() + static_cast<std::ptrdiff_t>(begin));
  }
}

std::size_t deduplicate(Keys keys) {
  return static_cast<std::size_t>(std::unique(keys.begin(), keys.end()) - keys.begin());
}

// Ranges of buckets of about equal numbers of keys, several for each thread, so that a large bucket
// does not hold up the others.
std::vector<std::size_t> cut(const Begins& begins, std::size_t parts) {
  std::vector<std::size_t> first{0};
  const std::size_t buckets = begins.size() - 1;
  for (std::size_t part = 1; part < parts; ++part) {
    const auto at = std::lower_bound(begins.begin(), begins.end(), begins.back() * part / parts);
    first.push_back(std::min(buckets, static_cast<std::size_t>(at - begins.begin())));
  }
  first.push_back(buckets);
  return first;
}

Bounds bounds_of_parts(Keys keys, std::size_t parts, int threads) {
  std::vector<Bounds> found(parts);
  parallel_for(parts, threads, [&](std::size_t part) {
    const Slice mine = slice(keys.size(), static_cast<int>(parts), static_cast<int>(part));
    found[part] = bounds_of(keys.subspan(mine.begin, mine.size()));
    if (mine.begin > 0 && keys[mine.begin] < keys[mine.begin - 1]) found[part].ascending = false;
  });
  Bounds all = found[0];
  for (const Bounds& bounds : found) {
    all = {std::min(all.min, bounds.min), std::max(all.max, bounds.max),
           all.ascending && bounds.ascending};
  }
  return all;
}

}  // namespace

std::uint64_t sort_distinct(Keys keys, Keys space, int threads) {
  if (keys.empty()) return 0;
  const std::size_t parts = std::clamp<std::size_t>(keys.size() / keys_per_part, 1,
                                                    static_cast<std::size_t>(std::max(threads, 1)));
  const Bounds bounds = bounds_of_parts(keys, parts, threads);
  if (bounds.ascending) return deduplicate(keys);
  if (keys.size() <= cached_keys) {
    sort(keys, space);
    return deduplicate(keys);
  }
  const Begins begins = scatter(keys, space, bounds, parts, threads);
  const std::size_t pieces = parts * 16;
  const std::vector<std::size_t> first = cut(begins, pieces);
  std::vector<std::size_t> distinct(pieces);
  parallel_for(pieces, threads, [&](std::size_t piece) {
    std::size_t end = begins[first[piece]];
    for (std::size_t b = first[piece]; b < first[piece + 1]; ++b) {
      const std::size_t count = begins[b + 1] - begins[b];
      const Keys bucket = space.subspan(begins[b], count);
      sort(bucket, keys.subspan(begins[b], count));
      const std::size_t left = deduplicate(bucket);
      std::copy_n(bucket.begin(), left, space.begin() + static_cast<std::ptrdiff_t>(end));
      end += left;
    }
    distinct[piece] = end - begins[first[piece]];
  });
  std::vector<std::size_t> to(pieces + 1, 0);
  for (std::size_t piece = 0; piece < pieces; ++piece) to[piece + 1] = to[piece] + distinct[piece];
  parallel_for(pieces, threads, [&](std::size_t piece) {
    std::copy_n(space.begin() + static_cast<std::ptrdiff_t>(begins[first[piece]]), distinct[piece],
                keys.begin() + static_cast<std::ptrdiff_t>(to[piece]));
  });
  return to.back();
}

std::uint64_t sort_distinct_reference(Keys keys) {
  std::sort(keys.begin(), keys.end());
  return static_cast<std::uint64_t>(std::unique(keys.begin(), keys.end()) - keys.begin());
}

}  // namespace trawl::core
