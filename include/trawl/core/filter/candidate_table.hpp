// Which of a few candidates' keys are in a long list that streams past, once, in any order: the
// other way round than searching the list for each of them. Exact.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include <trawl/base/page_memory.hpp>
#include <trawl/core/filter/word_filter.hpp>

namespace trawl::core {

class CandidateTable {
 public:
  // An open-addressing table of the distinct keys, and a filter in front. At most 2^31 keys. About
  // 20 to 40 bytes per key.
  explicit CandidateTable(std::span<const std::int64_t> keys);

  // Local. Thread-safe. Marks the candidates whose key is among `listed`. O(listed), less than a
  // nanosecond each where few hit.
  void mark(std::span<const std::int64_t> listed);

  // After all of the list: whether the key of candidate i is in it.
  bool found(std::size_t i) const {
    return states_[places_[i]].load(std::memory_order_relaxed) == State::listed;
  }

 private:
  enum class State : std::uint8_t { empty, candidate, listed };

  std::uint64_t place_of(std::int64_t key, std::uint64_t hash) const;
  void insert(std::span<const std::int64_t> keys, std::uint32_t* places);

  PageMemory filter_words_, slots_;
  WordFilter filter_;
  std::span<std::int64_t> keys_;  // of each slot that is not empty
  std::vector<std::atomic<State>> states_;
  std::vector<std::uint32_t> places_;  // of each candidate's key
  std::uint64_t mask_ = 0;             // number of slots, a power of two, less 1
};

}  // namespace trawl::core
