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
#include <optional>
#include <span>

#include <trawl/comm/comm.hpp>

namespace trawl::fold {

class IdentityScreen {
 public:
  static constexpr std::uint64_t rows_per_block = 4;
  static constexpr std::size_t words_per_block = 2;  // once, twice

  // Collective. Memory of `blocks` blocks (at least one), once per node where it can be shared.
  IdentityScreen(const comm::Comm& comm, std::uint64_t blocks);
  // Collective. Gives the memory back.
  void release() { memory_.release(); }

  // Thread-safe, also among ranks. Once for each row, by the hash of its identity.
  void mark(std::span<const std::uint64_t> hashes);
  // Collective, once, when all rows are marked.
  void share();
  // After share().
  bool may_repeat(std::uint64_t hash) const {
    const std::uint64_t mine = bits_of(hash);
    return (block(hash)[1] & mine) == mine;
  }
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(block(hash)); }

 private:
  // By other bits of the hash than those that choose the block.
  static std::uint64_t bits_of(std::uint64_t hash) {
    std::uint64_t bits = 0;
    for (int i = 0; i < 5; ++i) bits |= std::uint64_t{1} << ((hash >> (6 * i)) & 63);
    return bits;
  }
  std::uint64_t* block(std::uint64_t hash) const {
    __extension__ using Wide = unsigned __int128;
    return words_.data() + words_per_block * static_cast<std::size_t>((Wide{hash} * blocks_) >> 64);
  }
  void combine(const comm::Comm& group);

  comm::Comm comm_;
  std::uint64_t blocks_;
  comm::NodeMemory memory_;
  std::span<std::uint64_t> words_;
};

// Adds the hits in `from` to those in `into`: commutative and associative. Whole blocks.
void merge_blocks(std::span<std::uint64_t> into, std::span<const std::uint64_t> from);

}  // namespace trawl::fold
