#include "fold/stats/owners.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

namespace trawl::fold {

std::vector<std::size_t> owners_of(std::span<const std::int64_t> sizes, std::size_t ranks) {
  std::vector<std::size_t> order(sizes.size()), owners(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return sizes[i]; });
  using Load = std::pair<std::int64_t, std::size_t>;
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (std::size_t rank = 0; rank < ranks; ++rank) loads.emplace(0, rank);
  for (const std::size_t part : order) {
    const auto [load, rank] = loads.top();
    loads.pop();
    owners[part] = rank;
    loads.emplace(load + sizes[part], rank);
  }
  return owners;
}

}  // namespace trawl::fold
