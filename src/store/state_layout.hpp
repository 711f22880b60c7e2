// What writer and reader of state files share: the seal, and the header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/base/file.hpp>

#include "store/index.hpp"
#include "store/seal.hpp"

namespace trawl::store {

// The first 512 bytes. They pin down every other byte.
struct StateSeal {
  std::uint64_t bytes = 0;  // of the whole file
  Place header, coverage, chunks;
  std::string index_digest;    // XXH3-128 of the three places, in that order
  std::string content_digest;  // XXH3-128 of all bytes from seal_bytes to the end
};

std::string format_state_seal(const StateSeal& seal);
// DataError: no state file, damaged, of another version or size.
StateSeal read_state_seal(const Fd& fd, const fs::path& path);

struct Section {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t chunk_bytes = 0;  // of every chunk; the last one is padded with zeros
  std::uint64_t chunks() const { return (bytes + chunk_bytes - 1) / chunk_bytes; }
};

struct StateHeader {
  std::string kind, configuration;
  std::vector<Section> sections;
};

std::string format_state_header(const StateHeader& header);
StateHeader parse_state_header(std::string_view json, const fs::path& path);

// XXH3-128 of texts, each with its length before it.
std::string index_digest_of(std::string_view header, std::string_view coverage,
                            std::string_view chunks);
// See StateReader::digest.
std::string state_digest(const StateHeader& header, Bytes coverage,
                         const std::vector<ChunkRecord>& chunks);

[[noreturn]] void state_damaged(const fs::path& path, std::string_view why);

}  // namespace trawl::store
