#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <trawl/base/error.hpp>
#include <trawl/store/state_file.hpp>

#include "store/state_layout.hpp"

namespace trawl::store {

struct StateReader::State {
  fs::path path;
  Fd fd;
  StateSeal seal;
  StateHeader header;
  Coverage coverage;
  std::vector<ChunkRecord> chunks;
  std::vector<std::size_t> first_chunk;  // of each section
  std::string digest;

  explicit State(const fs::path& at) : path(at), fd(open_for_reading(at)) {
    seal = read_state_seal(fd, path);
    const std::string head = place(seal.header);
    const std::string ranges = place(seal.coverage);
    const std::string records = place(seal.chunks);
    if (index_digest_of(head, ranges, records) != seal.index_digest)
      state_damaged(path, "the digest of its header, coverage and list of chunks is wrong");
    header = parse_state_header(head, path);
    try {
      coverage = Coverage::from_bytes(bytes_of(ranges));
    } catch (const DataError& error) {
      state_damaged(path, error.what());
    }
    if (records.size() % sizeof(ChunkRecord) != 0) state_damaged(path, "its list of chunks");
    chunks.resize(records.size() / sizeof(ChunkRecord));
    if (!records.empty()) std::memcpy(chunks.data(), records.data(), records.size());
    check_chunks();
    digest = state_digest(header, bytes_of(ranges), chunks);
  }

  std::string place(const Place& where) const {
    if (where.offset > seal.bytes || where.bytes > seal.bytes - where.offset)
      state_damaged(path, "its index lies outside the file");
    return where.bytes == 0 ? std::string() : read_place(fd, where, path);
  }

  // Every section has all its chunks, in order, within the file: readers rely on it.
  void check_chunks() {
    std::size_t at = 0;
    for (std::size_t number = 0; number < header.sections.size(); ++number) {
      const Section& section = header.sections[number];
      first_chunk.push_back(at);
      if (section.chunks() > chunks.size() - at) state_damaged(path, "chunks are missing");
      for (std::uint64_t k = 0; k < section.chunks(); ++k, ++at) {
        const ChunkRecord& chunk = chunks[at];
        const bool good = chunk.part == number && chunk.chunk == k &&
                          chunk.stored == section.chunk_bytes && chunk.address <= seal.bytes &&
                          chunk.stored <= seal.bytes - chunk.address;
        if (!good) state_damaged(path, fmt::format("its list of chunks, entry {}", at));
      }
    }
    if (at != chunks.size()) state_damaged(path, "chunks of no section");
  }

  std::size_t find(std::string_view name) const {
    const auto found = std::ranges::find(header.sections, name, &Section::name);
    if (found == header.sections.end()) {
      std::vector<std::string> names;
      for (const Section& section : header.sections) names.push_back(section.name);
      throw InputError(fmt::format("no section '{}': {} (it has: {}). Is it of another kind?", name,
                                   path.string(), fmt::join(names, ", ")));
    }
    return static_cast<std::size_t>(found - header.sections.begin());
  }
};

StateReader::StateReader(const fs::path& path) : state_(std::make_unique<State>(path)) {}
StateReader::~StateReader() = default;
StateReader::StateReader(StateReader&&) noexcept = default;
StateReader& StateReader::operator=(StateReader&&) noexcept = default;

const std::string& StateReader::kind() const {
  return state_->header.kind;
}
const std::string& StateReader::configuration() const {
  return state_->header.configuration;
}
const Coverage& StateReader::coverage() const {
  return state_->coverage;
}
const std::string& StateReader::digest() const {
  return state_->digest;
}
const std::string& StateReader::content_digest() const {
  return state_->seal.content_digest;
}

std::vector<std::string> StateReader::sections() const {
  std::vector<std::string> out;
  for (const Section& section : state_->header.sections) out.push_back(section.name);
  return out;
}

std::uint64_t StateReader::section_bytes(std::string_view name) const {
  return state_->header.sections[state_->find(name)].bytes;
}

bool StateReader::read_chunk(std::string_view name, std::uint64_t number,
                             std::vector<std::byte>& into) const {
  const std::size_t at = state_->find(name);
  const Section& section = state_->header.sections[at];
  if (number >= section.chunks()) return false;
  const ChunkRecord& chunk = state_->chunks[state_->first_chunk[at] + number];
  into.resize(section.chunk_bytes);
  read_exactly(state_->fd, chunk.address, into.data(), into.size(), state_->path);
  if (xxh3(into) != chunk.digest) {
    state_damaged(state_->path, fmt::format("section '{}', chunk {}, {} bytes at offset {}: the "
                                            "digest is wrong",
                                            name, number, into.size(), chunk.address));
  }
  into.resize(std::min<std::uint64_t>(section.bytes - number * section.chunk_bytes, into.size()));
  return true;
}

void StateReader::read_section(std::string_view name,
                               const std::function<void(Bytes)>& on_chunk) const {
  std::vector<std::byte> chunk;
  for (std::uint64_t number = 0; read_chunk(name, number, chunk); ++number) on_chunk(chunk);
}

std::vector<std::byte> StateReader::read_section(std::string_view name) const {
  std::vector<std::byte> out;
  read_section(name, [&](Bytes chunk) { out.insert(out.end(), chunk.begin(), chunk.end()); });
  return out;
}

void StateReader::check_intact() const {
  if (digest_from(state_->fd, seal_bytes, state_->path) != state_->seal.content_digest)
    state_damaged(state_->path, "the digest of all its bytes is wrong");
}

MergeInput StateReader::merge_input() const {
  return {state_->path.string(), kind(), configuration(), digest(), coverage()};
}

}  // namespace trawl::store
