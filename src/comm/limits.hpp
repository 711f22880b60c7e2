// What the outside world can bear. Constants in a run; tests make them small to reach the other
// paths with little data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace trawl::comm {

struct Limits {
  // Longest message, in bytes; a multiple of 8. MPI counts are int, so anything below 2^31 would
  // do; a quarter of that keeps sums of a few counts inside an int as well.
  std::size_t piece_bytes = std::size_t{1} << 29;
  // Where MPI keeps shared windows. Checked for space first: a full tmpfs is not an error but a
  // SIGBUS on first touch.
  std::string shared_memory_folder = "/dev/shm";
};

Limits& limits();

// Calls f(begin, length) for consecutive pieces that tile [0, bytes).
template <class F>
void for_pieces(std::size_t bytes, F&& f) {
  const std::size_t piece = limits().piece_bytes;
  for (std::size_t begin = 0; begin < bytes; begin += piece) {
    f(begin, static_cast<int>(std::min(piece, bytes - begin)));
  }
}

}  // namespace trawl::comm
