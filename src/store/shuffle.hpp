// HDF5's byte shuffle (filter 2): byte b of every element, then byte b + 1 of every element, ...
#pragma once

#include <cstddef>

namespace trawl::store {

// `into` and `from` do not overlap; both hold elements * element_bytes bytes.
void shuffle(const std::byte* from, std::size_t elements, std::size_t element_bytes,
             std::byte* into);
void unshuffle(const std::byte* from, std::size_t elements, std::size_t element_bytes,
               std::byte* into);

}  // namespace trawl::store
