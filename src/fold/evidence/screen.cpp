#include "fold/evidence/screen.hpp"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include <trawl/base/partition.hpp>

namespace trawl::fold {
namespace {

// Far enough ahead that the block is there when its turn comes.
constexpr std::size_t ahead = 16;
// Blocks that are merged over nodes in one step: 16 MiB of them.
constexpr std::size_t blocks_per_step = std::size_t{1} << 20;

// As few windows as there must be, of equal size.
std::uint64_t window_for(std::uint64_t blocks, std::uint64_t at_once) {
  const std::uint64_t windows = (blocks - 1) / at_once + 1;
  return (blocks - 1) / windows + 1;
}

// Whoever finds a bit set was not the first to hit it: of any two hits, one does.
std::uint64_t set(std::uint64_t& word, std::uint64_t bits) {
  const std::atomic_ref shared(word);
  const std::uint64_t before = shared.load(std::memory_order_relaxed);
  return (before & bits) == bits ? before : shared.fetch_or(bits, std::memory_order_relaxed);
}

}  // namespace

void merge_blocks(std::span<std::uint64_t> into, std::span<const std::uint64_t> from) {
  for (std::size_t once = 0; once + 2 <= into.size(); once += 2) {
    into[once + 1] |= from[once + 1] | (into[once] & from[once]);
    into[once] |= from[once];
  }
}

IdentityScreen::IdentityScreen(const comm::Comm& comm, std::uint64_t blocks, std::uint64_t at_once)
    : comm_(comm),
      blocks_(std::max<std::uint64_t>(blocks, 1)),
      window_(window_for(blocks_, std::max<std::uint64_t>(at_once, 1))),
      memory_(comm, window_ * words_per_block * sizeof(std::uint64_t)),
      words_(memory_.as<std::uint64_t>()) {}

void IdentityScreen::release() {
  memory_.release();
  for (NodeHashes& hashes : earlier_) hashes.release();
}

void IdentityScreen::mark(std::span<const std::uint64_t> hashes) {
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (row + ahead < hashes.size()) {
      const std::uint64_t next = block_of(hashes[row + ahead]);
      if (next - begin_ < window_) __builtin_prefetch(block(next), 1);
    }
    const std::uint64_t at = block_of(hashes[row]);
    if (at - begin_ >= window_) continue;
    std::uint64_t* const words = block(at);
    const std::uint64_t mine = bits_of(hashes[row]), again = set(words[0], mine) & mine;
    if (again != 0) set(words[1], again);
  }
}

void IdentityScreen::test(std::span<const std::uint64_t> hashes) {
  std::vector<std::uint64_t> found;
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (row + ahead < hashes.size()) prefetch(hashes[row + ahead]);
    const std::uint64_t at = block_of(hashes[row]);
    if (at - begin_ < window_ && may_repeat_here(hashes[row], at)) found.push_back(hashes[row]);
  }
  const std::lock_guard lock(mutex_);
  kept_.insert(kept_.end(), found.begin(), found.end());
}

void IdentityScreen::may_repeat(std::span<const std::uint64_t> hashes, std::span<bool> out) const {
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (row + ahead < hashes.size()) prefetch(hashes[row + ahead]);
    out[row] = may_repeat(hashes[row]);
  }
}

bool IdentityScreen::may_repeat_earlier(std::uint64_t hash, std::uint64_t at) const {
  return earlier_[at / window_].contains(hash);
}

void IdentityScreen::next_window() {
  memory_.fence();  // all ranks have tested
  earlier_.emplace_back(comm_, std::exchange(kept_, {}));
  begin_ += window_;
  clear();
}

// Collective. Each rank of a node clears its share.
void IdentityScreen::clear() {
  const bool together = memory_.shared();
  const Slice mine =
      slice(words_.size(), together ? comm_.node().size() : 1, together ? comm_.node().rank() : 0);
  std::ranges::fill(words_.subspan(mine.begin, mine.size()), 0);
  memory_.fence();
}

void IdentityScreen::repeat_all() {
  std::ranges::fill(words_, ~std::uint64_t{0});
}

void IdentityScreen::share() {
  memory_.fence();
  // Of ranks that do not lead a node the leaders are a group of one, and nothing is to be done.
  combine(memory_.shared() ? comm_.leaders() : comm_);
  memory_.fence();
}

// Collective. Every rank merges a share of the blocks, and tells all.
void IdentityScreen::combine(const comm::Comm& group) {
  if (group.size() == 1) return;
  const auto ranks = static_cast<std::size_t>(group.size());
  for (std::uint64_t begin = 0; begin < window_; begin += blocks_per_step) {
    const std::uint64_t blocks = std::min<std::uint64_t>(blocks_per_step, window_ - begin);
    const auto words = words_.subspan(begin * words_per_block, blocks * words_per_block);
    std::vector<std::vector<std::uint64_t>> parts;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      const Slice share = slice(blocks, group.size(), static_cast<int>(rank));
      const auto part =
          words.subspan(share.begin * words_per_block, share.size() * words_per_block);
      parts.emplace_back(part.begin(), part.end());
    }
    std::vector<std::vector<std::uint64_t>> received = group.exchange(parts);
    for (std::size_t rank = 1; rank < ranks; ++rank) merge_blocks(received[0], received[rank]);
    const auto all = group.all_gather(std::span<const std::uint64_t>(received[0]));
    std::ranges::copy(all, words.begin());
  }
}

}  // namespace trawl::fold
