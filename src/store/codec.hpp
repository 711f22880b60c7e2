// How the bytes of one chunk are stored: exactly what the HDF5 filters named in the dataset's
// creation list would make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/store/writer.hpp>

#include "store/bit_packing.hpp"

namespace trawl::store {

inline constexpr Codec codecs[] = {Codec::none, Codec::gzip, Codec::lz4, Codec::zstd,
                                   Codec::packed};

// Ids registered with the HDF Group (github.com/HDFGroup/hdf5_plugins,
// docs/RegisteredFilterPlugins.md).
inline constexpr int lz4_filter = 32004;
inline constexpr int zstd_filter = 32015;

// Fast levels: reading is what this program does, and the ratio hardly grows with them after a
// shuffle.
inline constexpr int zstd_level = 1;
inline constexpr int gzip_level = 4;

// HDF5 gives the size of a chunk 32 bits. Nothing this program reads or writes comes near.
inline constexpr std::uint64_t max_chunk_bytes = std::uint64_t{1} << 30;

// Shuffles (elements wider than a byte) and compresses `raw`; replaces `stored`. DataError when a
// library fails.
void encode(Codec codec, std::size_t element_bytes, Bytes raw, std::vector<std::byte>& stored);

// Bits of a chunk's filter mask: which filters of a packed part's pipeline (scale-offset, shuffle,
// zstd) this chunk did not go through. Shuffle is missing where elements are single bytes.
inline constexpr std::uint32_t skip_packing = 1;
inline constexpr std::uint32_t skip_compression = 6;

// All filters of a part of a packed file: the chunk is as it is in memory.
std::uint32_t skip_all(const Packing& packing, std::size_t element_bytes);

// The stored form of one chunk, and its filter mask (0 unless the file is packed). Packed, as it is
// or compressed: whichever decodes faster for its size.
std::uint32_t encode_chunk(Codec codec, const Packing& packing, std::size_t element_bytes,
                           Bytes raw, std::vector<std::byte>& stored);
[[nodiscard]] const char* decode_chunk(Codec codec, const Packing& packing, std::uint32_t skipped,
                                       std::size_t element_bytes, Bytes stored, std::byte* into,
                                       std::size_t raw_bytes);

// Undoes `encode` into exactly `raw_bytes` bytes at `into`. Returns what is wrong with `stored`, or
// null. For Codec::none use the bytes as they are.
[[nodiscard]] const char* decode(Codec codec, std::size_t element_bytes, Bytes stored,
                                 std::byte* into, std::size_t raw_bytes);

// The block framing of the LZ4 filter: u64 raw size, u32 block size, then per block u32 stored size
// and the block, all big-endian; a block that LZ4 does not shrink is stored as it is. Public for
// the filter, which must take any framing.
[[nodiscard]] const char* decode_lz4(Bytes stored, std::byte* into, std::size_t raw_bytes);
// Raw bytes that a frame of the LZ4 or Zstandard filter claims to hold; 0 when it is not such a
// frame.
std::uint64_t claimed_bytes_lz4(Bytes stored);
std::uint64_t claimed_bytes_zstd(Bytes stored);
[[nodiscard]] const char* decode_zstd(Bytes stored, std::byte* into, std::size_t raw_bytes);

}  // namespace trawl::store
