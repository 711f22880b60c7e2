// Hashes that came again: a set that may say yes to others, in memory of a fixed size until all are
// there, and then in as little as they need.
//
// A blocked Bloom filter, five bits of one word of 64 (Putze, Sanders and Singler, "Cache-, hash-
// and space-efficient Bloom filters", JEA 14, 2009). The word is chosen by the hash's high bits, so
// that the union of `n` neighbouring words is the word of a filter that had `n` times fewer.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include <trawl/base/partition.hpp>
#include <trawl/base/prefetch.hpp>
#include <trawl/comm/comm.hpp>

namespace trawl::fold {

// Local. What of `size` words a rank goes through when its node does so together: all of them,
// where memory is not shared.
Slice share_of_rank(std::uint64_t size, const comm::Comm& comm, bool shared);

class RepeatFilter {
 public:
  // Collective. Of at least so many words (at least one): once per node where that can be shared.
  RepeatFilter(const comm::Comm& comm, std::uint64_t words);
  // Collective. Gives the memory back.
  void release() { memory_.release(); }

  // Thread-safe, also among ranks of the node.
  void add(std::uint64_t hash) {
    const std::atomic_ref word(words_[word_of(hash)]);
    word.fetch_or(bits_of(hash), std::memory_order_relaxed);
  }
  void add_all();
  // Collective, once, when all are there.
  void fold();
  // After fold().
  bool contains(std::uint64_t hash) const {
    const std::uint64_t mine = bits_of(hash);
    return (words_[word_of(hash)] & mine) == mine;
  }
  void ask(std::uint64_t hash) const { prefetch(&words_[word_of(hash)]); }
  std::uint64_t words() const { return words_.size(); }

  // Of a word, by other bits of the hash than those that choose it.
  static std::uint64_t bits_of(std::uint64_t hash) {
    std::uint64_t bits = 0;
    for (int i = 0; i < 5; ++i) bits |= std::uint64_t{1} << ((hash >> (6 * i)) & 63);
    return bits;
  }
  // Of `words`, in the order of the hashes.
  static std::uint64_t word_of(std::uint64_t hash, std::uint64_t words) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{hash} * words) >> 64);
  }

 private:
  std::uint64_t word_of(std::uint64_t hash) const { return word_of(hash, words_.size()); }
  std::uint64_t folded_words() const;

  comm::Comm comm_;
  comm::NodeMemory memory_;
  std::span<std::uint64_t> words_;
};

}  // namespace trawl::fold
