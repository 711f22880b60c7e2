#include "fold/evidence/node_hashes.hpp"

#include <algorithm>

namespace trawl::fold {
namespace {

// Of each rank in one step: 4 MiB.
constexpr std::size_t hashes_per_step = std::size_t{1} << 19;

// Collective.
std::uint64_t slots_for(const comm::Comm& comm, std::vector<std::uint64_t>& hashes) {
  std::ranges::sort(hashes);
  const auto copies = std::ranges::unique(hashes);
  hashes.erase(copies.begin(), copies.end());
  return comm.sum(hashes.size()) * 3 / 2 + 8;
}

}  // namespace

NodeHashes::NodeHashes(const comm::Comm& comm, std::vector<std::uint64_t> mine)
    : memory_(comm, slots_for(comm, mine) * sizeof(std::uint64_t)),
      slots_(memory_.as<std::uint64_t>()) {
  const std::uint64_t steps = comm.max((mine.size() + hashes_per_step - 1) / hashes_per_step);
  for (std::uint64_t step = 0; step < steps; ++step) {
    const std::size_t begin = std::min<std::size_t>(step * hashes_per_step, mine.size());
    const std::size_t count = std::min(hashes_per_step, mine.size() - begin);
    const auto all = comm.all_gather(std::span<const std::uint64_t>(mine).subspan(begin, count));
    if (memory_.shared() && comm.node_rank() != 0) continue;
    for (const std::uint64_t hash : all) insert(hash);
  }
  memory_.fence();
}

void NodeHashes::insert(std::uint64_t hash) {
  hash = stored(hash);
  std::size_t i = home_of(hash);
  while (slots_[i] != 0 && slots_[i] != hash) i = i + 1 == slots_.size() ? 0 : i + 1;
  slots_[i] = hash;
}

}  // namespace trawl::fold
