// Which rank owns what has a hash.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trawl::fold {

// Ranks own equal ranges of hashes in their order: what all ranks hold, one after the other, can be
// in order by hash.
inline std::size_t owner_of(std::uint64_t hash, std::size_t ranks) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((Wide{hash} * ranks) >> 64);
}

}  // namespace trawl::fold
