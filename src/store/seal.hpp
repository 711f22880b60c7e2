// The first 512 bytes of a dataset file: an HDF5 user block with a few lines of text that pin down
// every other byte.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <trawl/base/file.hpp>

namespace trawl::store {

inline constexpr std::size_t seal_bytes = 512;
// The user block, the seal at its beginning and zeros behind: HDF5 wants it no smaller than the
// alignment of chunks, and those begin on a page.
inline constexpr std::size_t user_block_bytes = 4096;

// Bytes [offset, offset + bytes) of the file.
struct Place {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  bool operator==(const Place&) const = default;
};

// Where the datasets of /index lie, so that reading them needs no HDF5.
struct IndexPlaces {
  Place header, chunks, zones, texts;
  bool operator==(const IndexPlaces&) const = default;
};

struct Seal {
  std::uint64_t bytes = 0;  // of the whole file
  std::uint64_t rows = 0;
  IndexPlaces places;
  std::string index_digest;    // XXH3-128 of the four places, in that order
  std::string content_digest;  // XXH3-128 of all bytes from seal_bytes to the end
  bool operator==(const Seal&) const = default;
};

// The 512 bytes of the user block.
std::string format_seal(const Seal& seal);
// Nothing when the block does not begin like a seal. DataError (naming `path`) when it does but is
// damaged, written by another version, or its places lie outside a file of `actual_bytes` bytes.
std::optional<Seal> parse_seal(std::string_view block, std::uint64_t actual_bytes,
                               const fs::path& path);

// The seal at the beginning of a file; nothing when it has none. DataError as parse_seal, or when
// it cannot be read.
std::optional<Seal> read_seal(const SizedFd& file, const fs::path& path);

// XXH3-128 of bytes [begin, end of file), as hex.
std::string digest_from(const Fd& fd, std::uint64_t begin, const fs::path& path);
// DataError when a place lies outside the file.
std::string read_place(const Fd& fd, const Place& place, const fs::path& path);

}  // namespace trawl::store
