// Frame of reference and bit packing in the stored form of HDF5's own scale-offset filter
// (H5Z_FILTER_SCALEOFFSET; H5Zscaleoffset.c of HDF5 1.10), so that every HDF5 program reads it
// without a plugin: 21 bytes of header (u32 bits per value, u8 8, u64 least value, zeros; all
// little-endian), then value - least value of every element, most significant bit first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <trawl/base/digest.hpp>

namespace trawl::store {

// What the elements of a packed part are.
struct Packing {
  enum class Kind { none, integers, decimals };
  Kind kind = Kind::none;
  bool is_signed = true;  // integers
  int scale = 0;          // decimals: doubles that are integer / 10^scale, in [0, max_scale]
  static constexpr int max_scale = 9;
  bool operator==(const Packing&) const = default;
};

// The least scale at which all of a sample of these values are decimals; nothing when there is
// none.
std::optional<int> decimal_scale(std::span<const double> values);

// Packs `raw` (elements of `element_bytes`); replaces `stored`. False, and nothing useful in
// `stored`, when the elements do not fit: integers over the full width, doubles that the formula
// integer / 10^scale does not give back bit for bit.
bool pack(const Packing& packing, std::size_t element_bytes, Bytes raw,
          std::vector<std::byte>& stored);

// Undoes `pack` into `elements` elements at `into`, as HDF5 would. Returns what is wrong with
// `stored`, or null.
[[nodiscard]] const char* unpack(const Packing& packing, std::size_t element_bytes, Bytes stored,
                                 std::byte* into, std::size_t elements);

// The slow twin of what unpack does to the bits: `count` values of `width` bits.
void unpack_bits_reference(Bytes packed, std::size_t count, unsigned width, std::uint64_t* values);
// The fast one; for tests.
void unpack_bits(Bytes packed, std::size_t count, unsigned width, std::uint64_t* values);

}  // namespace trawl::store
