// What the bulk paths of both forms of moments share.
#pragma once

#include <cstddef>
#include <span>

#include "core/exact/gram_blocks.hpp"

namespace trawl::core::exact {

// Fewer rows than this cost more in bulk than one by one.
inline constexpr std::size_t min_bulk_rows = 16;

// The calling thread's own Gram of all products, kept from call to call, since faulting its pages
// in would cost more than short blocks do. Empty.
Gram& moment_gram(std::size_t features, int slice_bits);

}  // namespace trawl::core::exact
