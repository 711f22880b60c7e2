#include "fold/evidence/screen.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include <trawl/base/partition.hpp>

namespace trawl::fold {
namespace {

// Far enough ahead that the word is there when its turn comes.
constexpr std::size_t ahead = 64;
// Words that are combined over nodes in one step: 16 MiB of them.
constexpr std::size_t words_per_step = std::size_t{1} << 21;

constexpr std::uint64_t word_bytes = sizeof(std::uint64_t);

// A quarter of the words, so that every row could repeat: 2.7 bits a row. At most half the memory.
std::uint64_t repeat_words(std::uint64_t words, std::uint64_t bytes) {
  return std::min((words + 3) / 4, std::max(bytes / 2 / word_bytes, std::uint64_t{1}));
}

// As few windows as there must be, of equal size.
std::uint64_t window_for(std::uint64_t words, std::uint64_t bytes) {
  const std::uint64_t left =
      bytes / word_bytes - std::min(bytes / word_bytes, repeat_words(words, bytes));
  const std::uint64_t windows = (words - 1) / std::max<std::uint64_t>(left, 1) + 1;
  return (words - 1) / windows + 1;
}

// Whoever finds bits set was not the first to set them: of two that set the same, one does.
bool finds_set(std::uint64_t& word, std::uint64_t bits) {
  const std::atomic_ref shared(word);
  return (shared.load(std::memory_order_relaxed) & bits) == bits ||
         (shared.fetch_or(bits, std::memory_order_relaxed) & bits) == bits;
}

// Collective. Of ranks that do not lead a node the leaders are a group of one.
std::uint64_t groups_of(const comm::Comm& comm, bool shared) {
  return shared ? comm.max(static_cast<std::uint64_t>(comm.leaders().size()))
                : static_cast<std::uint64_t>(comm.size());
}

}  // namespace

std::vector<std::uint64_t> bits_of_two(std::span<const std::vector<std::uint64_t>> parts) {
  std::vector<std::uint64_t> once = parts[0], twice(once.size());
  for (const std::vector<std::uint64_t>& part : parts.subspan(1)) {
    for (std::size_t i = 0; i < once.size(); ++i) {
      twice[i] |= once[i] & part[i];
      once[i] |= part[i];
    }
  }
  return twice;
}

IdentityScreen::IdentityScreen(const comm::Comm& comm, std::uint64_t words, std::uint64_t bytes)
    : comm_(comm),
      words_(std::max<std::uint64_t>(words, 1)),
      window_(window_for(words_, bytes)),
      memory_(comm, window_ * word_bytes),
      groups_(groups_of(comm, memory_.shared())),
      bits_(memory_.as<std::uint64_t>().first(window_)),
      repeats_(comm, repeat_words(words_, bytes)) {}

void IdentityScreen::release() {
  memory_.release();
  repeats_.release();
}

void IdentityScreen::mark(std::span<const std::uint64_t> hashes) {
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (row + ahead < hashes.size()) ask(hashes[row + ahead]);
    const std::uint64_t hash = hashes[row], at = place_of(hash);
    if (at < window_ && finds_set(bits_[at], bits_of(hash))) repeats_.add(hash);
  }
}

void IdentityScreen::test(std::span<const std::uint64_t> hashes) {
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (row + ahead < hashes.size()) ask(hashes[row + ahead]);
    if (crosses(hashes[row])) repeats_.add(hashes[row]);
  }
}

void IdentityScreen::may_repeat(std::span<const std::uint64_t> hashes, std::span<bool> out) const {
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (row + ahead < hashes.size()) repeats_.ask(hashes[row + ahead]);
    out[row] = repeats_.contains(hashes[row]);
  }
  if (groups_ == 1) return;
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (row + ahead < hashes.size()) ask(hashes[row + ahead]);
    out[row] = out[row] || crosses(hashes[row]);
  }
}

bool IdentityScreen::crosses(std::uint64_t hash) const {
  const std::uint64_t at = place_of(hash), mine = bits_of(hash);
  return at < window_ && (bits_[at] & mine) == mine;
}

void IdentityScreen::next_window() {
  memory_.fence();  // all ranks have tested
  begin_ += window_;
  clear();
}

// Collective. Each rank of a node clears its share.
void IdentityScreen::clear() {
  const Slice mine = share_of_rank(bits_.size(), comm_, memory_.shared());
  std::ranges::fill(bits_.subspan(mine.begin, mine.size()), 0);
  memory_.fence();
}

void IdentityScreen::share() {
  memory_.fence();
  if (tests()) combine(memory_.shared() ? comm_.leaders() : comm_);
  memory_.fence();
  if (!is_last()) return;
  repeats_.fold();
  if (!tests()) memory_.release();
}

// Collective. Every rank combines a share of the words, and tells all.
void IdentityScreen::combine(const comm::Comm& group) {
  if (group.size() == 1) return;
  const auto ranks = static_cast<std::size_t>(group.size());
  for (std::uint64_t begin = 0; begin < window_; begin += words_per_step) {
    const auto words =
        bits_.subspan(begin, std::min<std::uint64_t>(words_per_step, window_ - begin));
    std::vector<std::vector<std::uint64_t>> parts;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      const Slice share = slice(words.size(), group.size(), static_cast<int>(rank));
      const auto part = words.subspan(share.begin, share.size());
      parts.emplace_back(part.begin(), part.end());
    }
    const std::vector<std::uint64_t> mine = bits_of_two(group.exchange(parts));
    const auto all = group.all_gather(std::span<const std::uint64_t>(mine));
    std::ranges::copy(all, words.begin());
  }
}

}  // namespace trawl::fold
