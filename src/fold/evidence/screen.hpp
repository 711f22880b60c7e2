// Which identities occur once for certain: a proof in 4 bytes a row instead of a list of all ids.
//
// A Bloom filter that counts to two. An identity has five bits in one word of 64 (a blocked filter
// for one cache miss a row: Putze, Sanders and Singler, "Cache-, hash- and space-efficient Bloom
// filters", JEA 14, 2009); each bit is there twice, as `once` (some row hit it) and, in the word
// behind, `twice` (two rows did). Rows of the same identity hit the same bits, so if any of a row's
// bits is not in `twice`, no other row has its identity. Of rows whose identity is unique about
// 0.4 % are not proved to be so: they hit five bits that others hit too.
//
// `once` is the union of all hits and `twice` those bits that were hit at least twice: functions
// of the rows, whoever hits first, and so however rows are shared among threads, ranks and nodes.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include <trawl/comm/comm.hpp>

#include "fold/evidence/node_hashes.hpp"

namespace trawl::fold {

//
// When its memory is bounded, the screen is made window after window, each of a range of blocks:
// all rows are marked, then all are tested, and hashes of those that may repeat are kept. Of the
// last window the blocks stay. What may repeat is the same for any windows.
class IdentityScreen {
 public:
  static constexpr std::uint64_t rows_per_block = 4;
  static constexpr std::size_t words_per_block = 2;  // once, twice

  // Collective. Of `blocks` blocks, at most `at_once` (at least one) in memory: once per node where
  // that can be shared.
  IdentityScreen(const comm::Comm& comm, std::uint64_t blocks,
                 std::uint64_t at_once = ~std::uint64_t{0});
  // Collective. Gives the memory back.
  void release();

  std::uint64_t windows() const { return (blocks_ + window_ - 1) / window_; }

  // Thread-safe, also among ranks. Once for each row and window, by the hash of its identity.
  void mark(std::span<const std::uint64_t> hashes);
  // Collective, once for each window, when all rows are marked.
  void share();
  // Thread-safe. After share(), unless this is the last window, once for each row.
  void test(std::span<const std::uint64_t> hashes);
  // Collective. When all rows are tested.
  void next_window();

  // Local. Instead of marking: from now on all identities may repeat.
  void repeat_all();
  // After share() of the last window.
  bool may_repeat(std::uint64_t hash) const {
    const std::uint64_t at = block_of(hash);
    return at >= begin_ ? may_repeat_here(hash, at) : may_repeat_earlier(hash, at);
  }
  // Of many. Equal sizes.
  void may_repeat(std::span<const std::uint64_t> hashes, std::span<bool> out) const;

 private:
  // By other bits of the hash than those that choose the block.
  static std::uint64_t bits_of(std::uint64_t hash) {
    std::uint64_t bits = 0;
    for (int i = 0; i < 5; ++i) bits |= std::uint64_t{1} << ((hash >> (6 * i)) & 63);
    return bits;
  }
  std::uint64_t block_of(std::uint64_t hash) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{hash} * blocks_) >> 64);
  }
  // Requires one of the window.
  std::uint64_t* block(std::uint64_t at) const {
    return words_.data() + words_per_block * (at - begin_);
  }
  bool may_repeat_here(std::uint64_t hash, std::uint64_t at) const {
    const std::uint64_t mine = bits_of(hash);
    return (block(at)[1] & mine) == mine;
  }
  bool may_repeat_earlier(std::uint64_t hash, std::uint64_t at) const;
  void prefetch(std::uint64_t hash) const {
    const std::uint64_t at = block_of(hash);
    if (at - begin_ < window_) __builtin_prefetch(block(at));
  }
  void combine(const comm::Comm& group);
  void clear();

  comm::Comm comm_;
  const std::uint64_t blocks_, window_;  // a window is the blocks [begin_, begin_ + window_)
  std::uint64_t begin_ = 0;
  comm::NodeMemory memory_;
  std::span<std::uint64_t> words_;
  std::vector<NodeHashes> earlier_;  // of the windows before: what may repeat
  std::mutex mutex_;                 // guards what is kept of this window
  std::vector<std::uint64_t> kept_;
};

// Adds the hits in `from` to those in `into`: commutative and associative. Whole blocks.
void merge_blocks(std::span<std::uint64_t> into, std::span<const std::uint64_t> from);

}  // namespace trawl::fold
