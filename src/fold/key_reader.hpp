// Reads one rank's share of a watch list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/page_memory.hpp>
#include <trawl/core/predicate/predicate.hpp>

namespace trawl::fold {

struct IntegerKeys {
  PageMemory memory;
  std::size_t count = 0;
  std::span<std::int64_t> keys() const { return memory.as<std::int64_t>().first(count); }
};

// Local. The keys of part `part` of `parts`, in any order; the parts of all ranks together are the
// whole list. Lines and row groups are read on `threads` threads. Keys of int64, date and timestamp
// lists; InputError names file and line of a key that is none.
IntegerKeys read_integer_keys(const core::KeyListRef& ref, int parts, int part, int threads);
// Local. The same for text lists, on one thread.
std::vector<std::string> read_text_keys(const core::KeyListRef& ref, int parts, int part);

}  // namespace trawl::fold
