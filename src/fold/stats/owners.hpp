// Which rank does which part of the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trawl::fold {

// The rank of each part of these sizes: the largest first, each to the rank that has least.
// O(parts log ranks) and a sort.
std::vector<std::size_t> owners_of(std::span<const std::int64_t> sizes, std::size_t ranks);

}  // namespace trawl::fold
