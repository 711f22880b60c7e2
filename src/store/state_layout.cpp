#include "store/state_layout.hpp"

#include <sstream>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/store/state_file.hpp>

namespace trawl::store {
namespace {

constexpr std::string_view magic = "trawl state ";
constexpr std::string_view first_line = "trawl state 1 (HDF5 begins at byte 4096)";

void add_text(Xxh3Stream& stream, Bytes bytes) {
  const std::uint64_t size = bytes.size();
  stream.add(std::as_bytes(std::span(&size, 1)));
  stream.add(bytes);
}

StateSeal parse(const std::string& lines) {
  std::istringstream in(lines);
  StateSeal seal;
  std::string word;
  in >> word >> seal.bytes;
  for (Place* place : {&seal.header, &seal.coverage, &seal.chunks})
    in >> word >> place->offset >> place->bytes;
  in >> word >> seal.index_digest >> word >> seal.content_digest;
  return seal;
}

}  // namespace

void state_damaged(const fs::path& path, std::string_view why) {
  throw DataError(
      fmt::format("state file is damaged: {} ({}). Restore it from a copy, or make the state again",
                  path.string(), why));
}

std::string format_state_seal(const StateSeal& seal) {
  std::string text = fmt::format("{}\nbytes {}\n", first_line, seal.bytes);
  text += fmt::format("header {} {}\n", seal.header.offset, seal.header.bytes);
  text += fmt::format("coverage {} {}\n", seal.coverage.offset, seal.coverage.bytes);
  text += fmt::format("chunks {} {}\n", seal.chunks.offset, seal.chunks.bytes);
  text += fmt::format("index {}\ncontent {}\n", seal.index_digest, seal.content_digest);
  text += fmt::format("check {:016x}\n", xxh3(bytes_of(text)));
  text.resize(seal_bytes, '\0');
  return text;
}

StateSeal read_state_seal(const Fd& fd, const fs::path& path) {
  const std::uint64_t actual = file_bytes(fd, path);
  std::string block(std::min<std::uint64_t>(actual, seal_bytes), '\0');
  read_exactly(fd, 0, block.data(), block.size(), path);
  if (!block.starts_with(magic)) {
    throw DataError(
        fmt::format("not a state file: {} (it does not begin with '{}'). Name a file "
                    "that was written as a state",
                    path.string(), magic));
  }
  if (!block.starts_with(first_line)) {
    throw DataError(
        fmt::format("state file of another version: {} (this program reads '{}'). Use "
                    "the program that wrote it, or make the state again",
                    path.string(), first_line));
  }
  const StateSeal seal = parse(block.substr(first_line.size()));
  // Everything is in canonical form, so comparing with what would be written checks every byte.
  if (format_state_seal(seal) != block) state_damaged(path, "the seal, its first 512 bytes");
  if (seal.bytes != actual)
    state_damaged(path, fmt::format("{} bytes, {} when written", actual, seal.bytes));
  return seal;
}

std::string format_state_header(const StateHeader& header) {
  Json json = {{"kind", header.kind}, {"configuration", header.configuration}};
  json["sections"] = Json::array();
  for (const Section& section : header.sections) {
    json["sections"].push_back(
        {{"name", section.name}, {"bytes", section.bytes}, {"chunk_bytes", section.chunk_bytes}});
  }
  return json.dump();
}

StateHeader parse_state_header(std::string_view text, const fs::path& path) {
  try {
    const Json json = parse_json(text, "header");
    StateHeader header{json.at("kind"), json.at("configuration"), {}};
    for (const Json& one : json.at("sections")) {
      header.sections.push_back({one.at("name"), one.at("bytes"), one.at("chunk_bytes")});
      const std::uint64_t chunk = header.sections.back().chunk_bytes;
      if (chunk == 0 || chunk > state_chunk_bytes) throw DataError("a chunk has a wrong size");
    }
    return header;
  } catch (const std::exception& error) {
    state_damaged(path, error.what());
  }
}

std::string index_digest_of(std::string_view header, std::string_view coverage,
                            std::string_view chunks) {
  Xxh3Stream stream;
  for (const std::string_view text : {header, coverage, chunks}) stream.add(bytes_of(text));
  return stream.hex();
}

std::string state_digest(const StateHeader& header, Bytes coverage,
                         const std::vector<ChunkRecord>& chunks) {
  Xxh3Stream stream;
  add_text(stream, bytes_of(format_state_header(header)));
  add_text(stream, coverage);
  for (const ChunkRecord& chunk : chunks) stream.add(std::as_bytes(std::span(&chunk.digest, 1)));
  return stream.hex();
}

}  // namespace trawl::store
