// Blocked Bloom filter: one 512-bit block (a cache line) per key, 8 bits, one in each 64-bit lane
// of the block (Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", JEA
// 2009; lanes as in the split-block filters of Parquet). A summary: merge is bitwise OR. Never says
// no to a key that was added.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace trawl::core {

// 64-bit hashes that the filter takes: fixed for all time and machines.
std::uint64_t hash_key(std::int64_t key);
std::uint64_t hash_key(std::string_view key);

// A filter over memory that somebody else owns (a shared window); 64-byte aligned blocks of 8
// words.
class MembershipFilter {
 public:
  static constexpr std::size_t words_per_block = 8;

  // Blocks needed for `keys` distinct keys at false-positive rate `fpr` in [1e-6, 0.5]: from a
  // table of measured rates, since the textbook formula is optimistic by up to 2x for blocks. At
  // least 1.
  static std::uint64_t blocks_for(std::uint64_t keys, double fpr);
  // The rate measured for this many bits per key, interpolated in that table.
  static double expected_fpr(std::uint64_t blocks, std::uint64_t keys);

  MembershipFilter() = default;  // empty: says maybe to everything
  explicit MembershipFilter(std::span<std::uint64_t> words);

  bool empty() const { return words_.empty(); }
  void add(std::uint64_t hash);
  void add_atomically(std::uint64_t hash);  // several threads or ranks may add at once
  // Local. Adds all of them on `threads` threads, each of which owns a range of blocks at a time:
  // no atomic operation, and a range stays in the cache while it is filled. The hashes are copied
  // once for that. Equal bits for any number of threads.
  void add_all(std::span<const std::int64_t> keys, int threads);
  void add_all(std::span<const std::uint64_t> hashes, int threads);
  // A filter of `blocks` blocks cut into `parts` ranges: the one in [0, parts) with the block of
  // `hash`, and where the blocks of a part begin (part == parts: where the last one ends).
  static std::uint64_t part_of(std::uint64_t hash, std::uint64_t blocks, std::uint64_t parts);
  static std::uint64_t part_begin(std::uint64_t blocks, std::uint64_t parts, std::uint64_t part);
  bool may_contain(std::uint64_t hash) const;

  // Batched with prefetch. Keeps in `candidates` (bit i of word i / 64) only rows whose key the
  // filter may contain; looks only at rows whose bit is set. `rows` lanes of integers of type T.
  template <class T>
  void screen(const T* keys, std::size_t rows, std::uint64_t* candidates) const;

  // The same for hashes made elsewhere (text): sets the bit of rows[i] when the filter may contain
  // hashes[i].
  void screen(std::span<const std::uint64_t> hashes, std::span<const std::uint32_t> rows,
              std::uint64_t* candidates) const;

  std::span<const std::uint64_t> words() const { return words_; }

 private:
  std::span<std::uint64_t> words_;
  std::uint64_t blocks_ = 0;
};

}  // namespace trawl::core
