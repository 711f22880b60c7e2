// Who does what: whole items over ranks, and over the threads of a rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <trawl/comm/comm.hpp>

namespace trawl::command {

// Local. The items of part `part` when whole items of these weights are spread over `parts`,
// heaviest first, each to the part that has least so far (Graham 1969, "LPT": at most 4/3 of the
// best makespan). The same on all ranks; ascending.
std::vector<std::size_t> share_of(std::span<const std::uint64_t> weights, int parts, int part);

// Local. Calls body(0), ..., body(count - 1) on up to `threads` threads, in no order. After an
// exception no further item is begun; the exception of the lowest failed item is rethrown when all
// threads have ended.
void for_each_parallel(std::size_t count, int threads,
                       const std::function<void(std::size_t)>& body);

// Local. `asked` when not 0, else the cores that this process may use, divided by the ranks of its
// node; at least 1.
int thread_count(int asked, const comm::Comm& world);

}  // namespace trawl::command
