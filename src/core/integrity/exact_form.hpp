// Exact sums without what their neighbours tell: most of a proof is digits of exact sums, and these
// cannot be shortened; what stands around them can.
#pragma once

#include <optional>
#include <vector>

#include <trawl/base/digest.hpp>

#include "core/integrity/node_bytes.hpp"

namespace trawl::core::integrity {

// Bytes that end with states of exact sums (ExactAccumulator::to_bytes, finite), one after the
// other: docs/formats/proof.md, form 2. Nothing where they do not, or where that many states, or
// bytes before them, have no place in it.
std::optional<std::vector<std::byte>> pack_exact(Bytes sum);

// `size`: of what is unpacked. DataError: cut off, or of another size.
std::vector<std::byte> unpack_exact(Reader& reader, std::size_t size);

}  // namespace trawl::core::integrity
