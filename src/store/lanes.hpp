// Checks and conversions of raw lanes that a file must not be trusted with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <trawl/base/column.hpp>

namespace trawl::store {

// Whether every boolean of `view` is 0 or 1 and every code belongs to a category (NULL rows hold
// code 0, also where there are no categories). True for other types.
bool codes_in_range(const ColumnView& view);

// Bit i of `valid` (all 0 before) becomes flags[i]; false when a flag is neither 0 nor 1.
[[nodiscard]] bool pack_bits(const std::byte* flags, std::size_t rows, std::uint64_t* valid);

// Whether begin <= ends[0] <= ends[1] <= ...
bool ascending(std::uint64_t begin, std::span<const std::uint64_t> ends);

}  // namespace trawl::store
