#include "fold/evidence/screen.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include <trawl/base/partition.hpp>

namespace trawl::fold {
namespace {

constexpr std::size_t half = IdentityScreen::words_per_block / 2;
// Far enough ahead that the block is there when its turn comes.
constexpr std::size_t ahead = 16;
// Blocks that are merged over nodes in one step: 16 MiB of them.
constexpr std::size_t blocks_per_step = std::size_t{1} << 18;

// In word i of 4: by other bits of the hash than those that choose the block.
std::uint64_t bit(std::uint64_t hash, std::size_t i) {
  return std::uint64_t{1} << ((hash >> (6 * i)) & 63);
}

}  // namespace

void merge_blocks(std::span<std::uint64_t> into, std::span<const std::uint64_t> from) {
  for (std::size_t b = 0; b + IdentityScreen::words_per_block <= into.size();
       b += IdentityScreen::words_per_block) {
    for (std::size_t i = b; i < b + half; ++i) {
      into[i + half] |= from[i + half] | (into[i] & from[i]);
      into[i] |= from[i];
    }
  }
}

IdentityScreen::IdentityScreen(const comm::Comm& comm, std::uint64_t blocks)
    : comm_(comm),
      blocks_(std::max<std::uint64_t>(blocks, 1)),
      memory_(comm, blocks_ * words_per_block * sizeof(std::uint64_t)),
      words_(memory_.as<std::uint64_t>()) {}

void IdentityScreen::mark(std::span<const std::uint64_t> hashes) {
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (row + ahead < hashes.size()) prefetch(hashes[row + ahead]);
    std::uint64_t* const words = block(hashes[row]);
    for (std::size_t i = 0; i < half; ++i) {
      const std::uint64_t mine = bit(hashes[row], i);
      // Whoever finds the bit set was not the first: of any two hits, one does.
      const std::uint64_t before =
          std::atomic_ref(words[i]).fetch_or(mine, std::memory_order_relaxed);
      if ((before & mine) != 0)
        std::atomic_ref(words[i + half]).fetch_or(mine, std::memory_order_relaxed);
    }
  }
}

bool IdentityScreen::may_repeat(std::uint64_t hash) const {
  const std::uint64_t* const words = block(hash);
  for (std::size_t i = 0; i < half; ++i) {
    if ((words[i + half] & bit(hash, i)) == 0) return false;
  }
  return true;
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
  for (std::uint64_t begin = 0; begin < blocks_; begin += blocks_per_step) {
    const std::uint64_t blocks = std::min<std::uint64_t>(blocks_per_step, blocks_ - begin);
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
