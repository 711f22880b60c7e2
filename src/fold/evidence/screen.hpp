// Which identities occur once for certain: a proof in little memory instead of a list of all ids.
//
// An identity has five bits in one word of 64. Rows mark their bits one after the other, and who
// finds all five set comes after another row of the same identity, or of five that had these bits
// between them: its hash is kept in a RepeatFilter. Of rows of one identity all but the first come
// again, whatever the order, so that an identity whose hash is not kept has one row. Of rows whose
// identity is unique about 0.5 % are not proved to be so (docs/performance.md): most found their
// bits set, and of others the filter says so.
//
// Rows of several nodes (or of ranks that share no memory) are marked in words of their own. There
// an identity that the filter lacks may still have a row in two of them; then its five bits are
// among those that are set in two of them, which are asked too.
#pragma once

#include <cstdint>
#include <span>

#include <trawl/base/prefetch.hpp>
#include <trawl/comm/comm.hpp>

#include "fold/evidence/repeat_filter.hpp"

namespace trawl::fold {

// Where its memory is bounded, the screen is made window after window, each a range of its words:
// all rows are marked, and where there are several groups of marks all are tested then. Of the last
// window the words stay. Every row whose identity repeats is found with any windows, threads and
// ranks; which others are depends on who came first.
class IdentityScreen {
 public:
  static constexpr std::uint64_t rows_per_word = 6;

  // Collective. Of so many words (at least one), in about so many bytes of a node (of a rank, where
  // ranks of a node cannot share memory).
  IdentityScreen(const comm::Comm& comm, std::uint64_t words,
                 std::uint64_t bytes = ~std::uint64_t{0});
  // Collective. Gives the memory back.
  void release();

  std::uint64_t windows() const { return (words_ + window_ - 1) / window_; }

  // Thread-safe, also among ranks. Once for each row and window, by the hash of its identity. What
  // is marked twice repeats.
  void mark(std::span<const std::uint64_t> hashes);
  // Collective, once for each window, when all rows are marked.
  void share();
  // Thread-safe. After share(), unless this is the last window, once for each row if tests().
  void test(std::span<const std::uint64_t> hashes);
  bool tests() const { return groups_ > 1; }
  // Collective. When all rows are tested.
  void next_window();

  // Local. Instead of marking: from now on all identities may repeat.
  void repeat_all() { repeats_.add_all(); }
  // Of many hashes, after share() of the last window. Equal sizes.
  void may_repeat(std::span<const std::uint64_t> hashes, std::span<bool> out) const;

 private:
  static std::uint64_t bits_of(std::uint64_t hash) { return RepeatFilter::bits_of(hash); }
  // From the window's first word on; not less than window_: in another window.
  std::uint64_t place_of(std::uint64_t hash) const {
    return RepeatFilter::word_of(hash, words_) - begin_;
  }
  // Has the hash's word on its way, if it is in the window.
  void ask(std::uint64_t hash) const {
    const std::uint64_t at = place_of(hash);
    if (at < window_) prefetch(&bits_[at]);
  }
  bool is_last() const { return begin_ + window_ >= words_; }
  // Whether groups have the same bits.
  bool crosses(std::uint64_t hash) const;
  void combine(const comm::Comm& group);
  void clear();

  comm::Comm comm_;
  const std::uint64_t words_, window_;  // a window is the words [begin_, begin_ + window_)
  std::uint64_t begin_ = 0;
  comm::NodeMemory memory_;
  const std::uint64_t groups_;     // of ranks that mark the same words
  std::span<std::uint64_t> bits_;  // of the window; after share() those that two groups have
  RepeatFilter repeats_;
};

// Bits that are set in two of the parts. Of equal sizes, at least one; any order.
std::vector<std::uint64_t> bits_of_two(std::span<const std::vector<std::uint64_t>> parts);

}  // namespace trawl::fold
