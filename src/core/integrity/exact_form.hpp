// Exact sums without what those before them tell: most of a proof is digits of exact sums, and
// these cannot be shortened; what stands around them can.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <trawl/base/digest.hpp>

#include "core/integrity/node_bytes.hpp"

namespace trawl::core::integrity {

struct PackedExact {
  bool as_before = false;  // laid out as the last one was
  std::vector<std::byte> bytes;
  ExactMemory memory;  // for the next one
};

// Bytes that end with states of exact sums (ExactAccumulator::to_bytes, finite), one after the
// other: docs/formats/proof.md, forms 2 and 3. Nothing where they do not, or where that many
// states, or bytes before them, have no place in it.
std::optional<PackedExact> pack_exact(Bytes sum, const ExactMemory& memory);

// Moves `memory` on. DataError: cut off, or no states. Requires a memory of one when `as_before`.
std::vector<std::byte> unpack_exact(Reader& reader, bool as_before, ExactMemory& memory);

}  // namespace trawl::core::integrity
