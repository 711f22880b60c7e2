#include "fold/stats/row_log.hpp"

#include <numeric>

namespace trawl::fold {

Grouping::Grouping(std::span<const std::uint32_t> list, std::size_t numbers)
    : begin(numbers + 1), order(list.size()) {
  for (const std::uint32_t number : list) ++begin[number + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
  for (std::uint32_t i = 0; i < list.size(); ++i) order[next[list[i]]++] = i;
}

}  // namespace trawl::fold
