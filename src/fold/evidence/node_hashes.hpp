// A set of hashes that all ranks know.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <trawl/comm/comm.hpp>

namespace trawl::fold {

// Once per node where that can be shared; 12 bytes a hash, 24 where ranks have the same ones.
class NodeHashes {
 public:
  // Collective. The union of what the ranks bring.
  NodeHashes(const comm::Comm& comm, std::vector<std::uint64_t> mine);
  // Collective. Gives the memory back.
  void release() { memory_.release(); }

  bool contains(std::uint64_t hash) const {
    hash = stored(hash);
    for (std::size_t i = home_of(hash);; i = i + 1 == slots_.size() ? 0 : i + 1) {
      if (slots_[i] == hash) return true;
      if (slots_[i] == 0) return false;
    }
  }

 private:
  // 0 is an empty slot; so 0 and 1 are one hash here.
  static std::uint64_t stored(std::uint64_t hash) { return hash == 0 ? 1 : hash; }
  // Not by the upper bits themselves: hashes of a set may have them in common.
  std::size_t home_of(std::uint64_t hash) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>((Wide{hash * 0x9e3779b97f4a7c15} * slots_.size()) >> 64);
  }
  void insert(std::uint64_t hash);

  comm::NodeMemory memory_;
  std::span<std::uint64_t> slots_;  // open addressing, linear probing, at most 2/3 full
};

}  // namespace trawl::fold
