// Filling a membership filter from many keys at once.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <trawl/base/page_memory.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/core/filter/membership_filter.hpp>

#include "core/filter/block_layout.hpp"
#include "core/kernels/kernels.hpp"

namespace trawl::core {
namespace {

// A range of 2^12 blocks (256 KiB) stays in a second-level cache while it is filled.
constexpr int range_bits = 12;
// Ranges are write streams of the copy: more would miss in the address cache for every key.
constexpr std::uint64_t most_ranges = 1024;
// Fewer keys are added as they come.
constexpr std::size_t few_keys = 4096;
constexpr std::size_t keys_per_part = std::size_t{1} << 16;
constexpr std::size_t batch = 512;  // hashes made at a time, in the first-level cache

void hash_batch(std::span<const std::int64_t> keys, std::uint64_t* hashes) {
  kernels::hash_integers(keys.data(), keys.size(), hashes);
}
void hash_batch(std::span<const std::uint64_t> given, std::uint64_t* hashes) {
  std::copy(given.begin(), given.end(), hashes);
}

// Calls take(hash) for every key of the part.
template <class Key, class Take>
void for_each_hash(std::span<const Key> keys, std::size_t parts, std::size_t part,
                   const Take& take) {
  const Slice mine = slice(keys.size(), static_cast<int>(parts), static_cast<int>(part));
  std::array<std::uint64_t, batch> hashes;
  for (std::uint64_t at = mine.begin; at < mine.end; at += batch) {
    const std::size_t count = std::min<std::size_t>(batch, mine.end - at);
    hash_batch(keys.subspan(at, count), hashes.data());
    for (std::size_t i = 0; i < count; ++i) take(hashes[i]);
  }
}

// Counts the hashes of each range, copies them there, then fills range by range.
template <class Key>
void fill_by_ranges(std::span<std::uint64_t> words, std::uint64_t blocks, std::span<const Key> keys,
                    int threads) {
  int shift = range_bits;
  while ((blocks >> shift) >= most_ranges) ++shift;
  const std::uint64_t ranges = (blocks >> shift) + 1;
  const std::size_t parts = std::clamp<std::size_t>(keys.size() / keys_per_part, 1,
                                                    static_cast<std::size_t>(std::max(threads, 1)));
  std::vector<std::vector<std::size_t>> next(parts, std::vector<std::size_t>(ranges));
  parallel_for(parts, threads, [&](std::size_t part) {
    for_each_hash(keys, parts, part,
                  [&](std::uint64_t hash) { ++next[part][block::index(hash, blocks) >> shift]; });
  });
  std::vector<std::size_t> begins{0};
  for (std::uint64_t range = 0; range < ranges; ++range) {
    std::size_t at = begins.back();
    for (auto& of_part : next) at += std::exchange(of_part[range], at);
    begins.push_back(at);
  }
  const PageMemory memory(keys.size() * sizeof(std::uint64_t));
  const auto copies = memory.as<std::uint64_t>();
  parallel_for(parts, threads, [&](std::size_t part) {
    for_each_hash(keys, parts, part, [&](std::uint64_t hash) {
      copies[next[part][block::index(hash, blocks) >> shift]++] = hash;
    });
  });
  parallel_for(ranges, threads, [&](std::size_t range) {
    kernels::fill(words.data(), blocks, copies.data() + begins[range],
                  begins[range + 1] - begins[range]);
  });
}

}  // namespace

std::uint64_t MembershipFilter::part_of(std::uint64_t hash, std::uint64_t blocks,
                                        std::uint64_t parts) {
  return block::index(hash, blocks) / ((blocks + parts - 1) / parts);
}

std::uint64_t MembershipFilter::part_begin(std::uint64_t blocks, std::uint64_t parts,
                                           std::uint64_t part) {
  return std::min(blocks, (blocks + parts - 1) / parts * part);
}

void MembershipFilter::add_all(std::span<const std::int64_t> keys, int threads) {
  if (keys.size() > few_keys) return fill_by_ranges(words_, blocks_, keys, threads);
  for (const std::int64_t key : keys) add(hash_key(key));
}

void MembershipFilter::add_all(std::span<const std::uint64_t> hashes, int threads) {
  if (hashes.size() > few_keys) return fill_by_ranges(words_, blocks_, hashes, threads);
  for (const std::uint64_t hash : hashes) add(hash);
}

}  // namespace trawl::core
