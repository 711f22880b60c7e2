#include <array>
#include <atomic>
#include <bit>
#include <utility>

#include <trawl/base/prefetch.hpp>
#include <trawl/core/filter/membership_filter.hpp>

#include "core/filter/block_layout.hpp"
#include "core/kernels/integer_lanes.hpp"
#include "core/kernels/kernels.hpp"

namespace trawl::core {
namespace {

constexpr std::size_t batch = 64;

// Hashes that wait for their blocks to arrive from memory: asking for 64 cache lines at once, and
// looking only afterwards, hides the latency that a plain loop pays for each key.
class ProbeQueue {
 public:
  ProbeQueue(const std::uint64_t* words, std::uint64_t blocks, std::uint64_t* candidates)
      : words_(words), blocks_(blocks), candidates_(candidates) {}

  void push(std::size_t row, std::uint64_t hash) {
    prefetch(words_ + block::index(hash, blocks_) * block::lanes);
    rows_[count_] = row;
    hashes_[count_] = hash;
    if (++count_ == batch) flush();
  }

  void flush() {
    std::uint64_t passed = kernels::probe(words_, blocks_, hashes_.data(), count_);
    for (; passed != 0; passed &= passed - 1) {
      const std::size_t row = rows_[static_cast<std::size_t>(std::countr_zero(passed))];
      candidates_[row / 64] |= std::uint64_t{1} << (row % 64);
    }
    count_ = 0;
  }

 private:
  const std::uint64_t* words_;
  std::uint64_t blocks_;
  std::uint64_t* candidates_;
  std::size_t count_ = 0;
  std::array<std::size_t, batch> rows_;
  std::array<std::uint64_t, batch> hashes_;
};

// Of 64 rows; from here on hashing and probing all of them costs less than choosing.
constexpr int dense_rows = 40;

// The same for whole words of 64 rows, hashed in vectors: the blocks of one word arrive while those
// of the word before are looked at.
class WordProbes {
 public:
  WordProbes(const std::uint64_t* words, std::uint64_t blocks, std::uint64_t* candidates)
      : words_(words), blocks_(blocks), candidates_(candidates) {}

  template <class T>
  void push(std::size_t word, std::uint64_t wanted, const T* keys) {
    Waiting& next = waiting_[next_];
    next.word = word;
    next.wanted = wanted;
    kernels::hash_integers(keys, batch, next.hashes.data());
    for (const std::uint64_t hash : next.hashes)
      prefetch(words_ + block::index(hash, blocks_) * block::lanes);
    next_ ^= 1;
    settle(waiting_[next_]);
  }

  void flush() { settle(waiting_[next_ ^ 1]); }

 private:
  struct Waiting {
    std::size_t word = 0;
    std::uint64_t wanted = 0;  // 0: nothing waits
    std::array<std::uint64_t, batch> hashes;
  };

  void settle(Waiting& waiting) {
    if (waiting.wanted == 0) return;
    candidates_[waiting.word] =
        kernels::probe(words_, blocks_, waiting.hashes.data(), batch) & waiting.wanted;
    waiting.wanted = 0;
  }

  const std::uint64_t* words_;
  std::uint64_t blocks_;
  std::uint64_t* candidates_;
  std::array<Waiting, 2> waiting_;
  std::size_t next_ = 0;
};

}  // namespace

MembershipFilter::MembershipFilter(std::span<std::uint64_t> words)
    : words_(words), blocks_(words.size() / words_per_block) {}

void MembershipFilter::add(std::uint64_t hash) {
  std::uint64_t* at = words_.data() + block::index(hash, blocks_) * words_per_block;
  const std::uint64_t positions = block::positions(hash);
  for (std::size_t lane = 0; lane < words_per_block; ++lane)
    at[lane] |= block::bit(positions, lane);
}

void MembershipFilter::add_atomically(std::uint64_t hash) {
  std::uint64_t* at = words_.data() + block::index(hash, blocks_) * words_per_block;
  const std::uint64_t positions = block::positions(hash);
  for (std::size_t lane = 0; lane < words_per_block; ++lane) {
    std::atomic_ref(at[lane]).fetch_or(block::bit(positions, lane), std::memory_order_relaxed);
  }
}

bool MembershipFilter::may_contain(std::uint64_t hash) const {
  if (empty()) return true;
  const std::uint64_t* at = words_.data() + block::index(hash, blocks_) * words_per_block;
  const std::uint64_t positions = block::positions(hash);
  bool found = true;
  for (std::size_t lane = 0; lane < words_per_block; ++lane) {
    found &= (at[lane] & block::bit(positions, lane)) != 0;
  }
  return found;
}

template <class T>
void MembershipFilter::screen(const T* keys, std::size_t rows, std::uint64_t* candidates) const {
  if (empty()) return;
  ProbeQueue queue(words_.data(), blocks_, candidates);
  WordProbes words(words_.data(), blocks_, candidates);
  for (std::size_t w = 0; w < (rows + 63) / 64; ++w) {
    std::uint64_t wanted = std::exchange(candidates[w], 0);
    if (std::popcount(wanted) >= dense_rows && w * 64 + 64 <= rows) {
      words.push(w, wanted, keys + w * 64);
      continue;
    }
    for (; wanted != 0; wanted &= wanted - 1) {
      const std::size_t row = w * 64 + static_cast<std::size_t>(std::countr_zero(wanted));
      queue.push(row, hash_key(static_cast<std::int64_t>(keys[row])));
    }
  }
  queue.flush();
  words.flush();
}

void MembershipFilter::screen(std::span<const std::uint64_t> hashes,
                              std::span<const std::uint32_t> rows,
                              std::uint64_t* candidates) const {
  if (empty()) {
    for (const std::uint32_t row : rows) candidates[row / 64] |= std::uint64_t{1} << (row % 64);
    return;
  }
  ProbeQueue queue(words_.data(), blocks_, candidates);
  for (std::size_t i = 0; i < rows.size(); ++i) queue.push(rows[i], hashes[i]);
  queue.flush();
}

#define TRAWL_SCREEN(name, T) \
  template void MembershipFilter::screen(const T*, std::size_t, std::uint64_t*) const;
TRAWL_FOR_EACH_INTEGER_LANE(TRAWL_SCREEN)
#undef TRAWL_SCREEN

}  // namespace trawl::core
