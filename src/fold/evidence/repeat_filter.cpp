#include "fold/evidence/repeat_filter.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace trawl::fold {
namespace {

// Folding ends before more than a fifth of the bits are set: of other hashes less than 0.5 % are
// then found (tests/fold/evidence_screen_test.cpp).
constexpr double most_set = 0.2;
// Words come in such multiples unless there are fewer, so that they can be folded.
constexpr std::uint64_t multiple = 256;

std::uint64_t rounded(std::uint64_t words) {
  if (words < multiple) return std::bit_ceil(std::max<std::uint64_t>(words, 1));
  return (words + multiple - 1) / multiple * multiple;
}

}  // namespace

Slice share_of_rank(std::uint64_t size, const comm::Comm& comm, bool shared) {
  return slice(size, shared ? comm.node_size() : 1, shared ? comm.node_rank() : 0);
}

RepeatFilter::RepeatFilter(const comm::Comm& comm, std::uint64_t words)
    : comm_(comm),
      memory_(comm, rounded(words) * sizeof(std::uint64_t)),
      words_(memory_.as<std::uint64_t>().first(rounded(words))) {}

void RepeatFilter::add_all() {
  std::ranges::fill(words_, ~std::uint64_t{0});
}

// Collective. As few words as may be, the same number everywhere.
std::uint64_t RepeatFilter::folded_words() const {
  const Slice mine = share_of_rank(words_.size(), comm_, memory_.shared());
  std::uint64_t set = 0;
  for (const std::uint64_t word : words_.subspan(mine.begin, mine.size()))
    set += static_cast<std::uint64_t>(std::popcount(word));
  if (memory_.shared()) set = comm_.node().sum(set);
  double unset = 1 - static_cast<double>(set) / (64.0 * static_cast<double>(words_.size()));
  std::uint64_t words = words_.size();
  while (words % 2 == 0 && 1 - unset * unset <= most_set) {
    words /= 2;
    unset *= unset;  // of independent bits
  }
  return comm_.max(words);
}

void RepeatFilter::fold() {
  memory_.fence();  // all are there
  const std::uint64_t words = folded_words(), together = words_.size() / words;
  comm::NodeMemory memory(comm_, words * sizeof(std::uint64_t));
  const auto folded = memory.as<std::uint64_t>().first(words);
  const Slice mine = share_of_rank(words, comm_, memory.shared() && memory_.shared());
  for (std::uint64_t word = mine.begin; word < mine.end; ++word) {
    std::uint64_t bits = 0;
    for (const std::uint64_t part : words_.subspan(word * together, together)) bits |= part;
    // Memory of its own folds into one that is shared: others may write the same word.
    std::atomic_ref(folded[word]).fetch_or(bits, std::memory_order_relaxed);
  }
  memory.fence();
  memory_.release();
  memory_ = std::move(memory);
  words_ = folded;
}

}  // namespace trawl::fold
