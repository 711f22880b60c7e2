// Threads inside one rank for work that is cut into parts beforehand.
#pragma once

#include <cstddef>
#include <functional>

namespace trawl {

// Local. Calls body(part) for every part in [0, parts), on min(parts, threads) threads, the calling
// one among them; returns when all ended. Threads take the next part when they are free. When parts
// throw, no new ones begin, and the error of the lowest part that threw is thrown here.
void parallel_for(std::size_t parts, int threads, const std::function<void(std::size_t)>& body);

// Local. The same for many small parts: threads take 64 neighbours at a time, and no thread is
// started for fewer.
void parallel_blocks(std::size_t parts, int threads, const std::function<void(std::size_t)>& body);

}  // namespace trawl
