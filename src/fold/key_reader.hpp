// Reads one rank's share of a watch list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/core/predicate/predicate.hpp>

namespace trawl::fold {

// Local. The keys of part `part` of `parts`; the parts of all ranks together are the whole list.
// Keys of int64, date and timestamp lists; InputError names file and line of a key that is none.
std::vector<std::int64_t> read_integer_keys(const core::KeyListRef& ref, int parts, int part);
// Local. The same for text lists.
std::vector<std::string> read_text_keys(const core::KeyListRef& ref, int parts, int part);

}  // namespace trawl::fold
