// The columns that a command reads, each of them once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace trawl::fold {

// Where `name` stands in `select`; at the end, from now on, if it was not there.
inline std::size_t position_of(std::vector<std::string>& select, const std::string& name) {
  const auto found = std::ranges::find(select, name);
  const auto position = static_cast<std::size_t>(found - select.begin());
  if (found == select.end()) select.push_back(name);
  return position;
}

}  // namespace trawl::fold
