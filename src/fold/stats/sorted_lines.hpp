// Lines of all ranks in one order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <trawl/comm/comm.hpp>

namespace trawl::fold {

// Lines with the bytes that they are ordered by.
using SortedLines = std::vector<std::pair<std::string, std::string>>;

// Collective. Root: the lines of all ranks in order; elsewhere nothing.
std::string lines_in_order(const SortedLines& mine, const comm::Comm& comm);
// The same of lines as they travel: order and line, each as put_text() writes it.
std::string lines_in_order(std::string mine, const comm::Comm& comm);

}  // namespace trawl::fold
