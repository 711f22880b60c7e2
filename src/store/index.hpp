// The index of a dataset file: its schema, where every chunk lies, and what is known about every
// row group. The records below lie in the file as they are in memory (little-endian, as every type
// in these files).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/schema.hpp>
#include <trawl/base/zone.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/writer.hpp>

#include "store/bit_packing.hpp"
#include "store/seal.hpp"

namespace trawl::store {

static_assert(std::endian::native == std::endian::little,
              "dataset files are little-endian; big-endian machines would have to swap here");

inline constexpr std::uint64_t text_chunk_bytes = std::uint64_t{256} << 10;
// 2^26 rows of 8 bytes are 512 MiB: more in one chunk serves nobody and endangers memory.
inline constexpr std::uint64_t max_row_group_rows = std::uint64_t{1} << 26;

// One stored chunk. In the file ascending by (part, chunk).
struct ChunkRecord {
  std::uint64_t address = 0;  // from the beginning of the file, user block included
  std::uint64_t digest = 0;   // XXH3-64 of the stored bytes
  std::uint32_t stored = 0;   // bytes in the file
  std::uint32_t raw = 0;      // bytes once decoded
  std::uint16_t part = 0;
  std::uint16_t skipped = 0;  // HDF5's filter mask: filters that this chunk did not go through
  std::uint32_t chunk = 0;    // holds elements [chunk * n, (chunk + 1) * n) of the part
};
static_assert(sizeof(ChunkRecord) == 32);

// One per column and row group, all row groups of the first column first. Bounds are the bits of an
// int64 or a double (Type::float64), and 0 for text, whose bounds are in a TextRecord.
struct ZoneRecord {
  static constexpr std::uint32_t bounded = 1, min_cut = 2, max_cut = 4;
  std::uint64_t min = 0, max = 0;
  std::uint32_t nulls = 0, nans = 0;
  std::uint32_t flags = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(ZoneRecord) == 32);

// One per text or categorical column and row group, in the same order.
struct TextRecord {
  std::uint64_t begin = 0;  // text: where the row group begins in the column's bytes
  std::array<char, Zone::text_bytes> min{}, max{};
  std::uint32_t min_bytes = 0, max_bytes = 0;
};
static_assert(sizeof(TextRecord) == 80);

enum class Role { values, bytes, validity, screen, pages };  // values: also codes and ends

// Bytes of values that one digest of a `pages` part covers.
inline constexpr std::size_t page_bytes = 4096;

// One HDF5 dataset made of chunks.
struct Part {
  std::string path;  // inside the file
  Role role = Role::values;
  std::uint32_t element_bytes = 0;
  std::uint64_t chunk = 0;     // elements per chunk
  std::uint64_t elements = 0;  // in all
  Packing packing = {};        // Codec::packed

  std::uint64_t chunks() const { return elements / chunk + (elements % chunk != 0 ? 1 : 0); }
};

struct CategoriesPlace {
  Place place;  // `count` texts of `width` bytes, zero-padded
  std::uint64_t count = 0;
  std::uint64_t width = 0;
  std::string digest;  // XXH3-64, 16 hex digits
};

struct IndexedColumn {
  ColumnSchema schema;  // without categories
  std::string path;
  std::optional<std::uint64_t> distinct;
  std::optional<CategoriesPlace> categories;
  std::uint32_t values = 0;  // numbers of parts
  std::optional<std::uint32_t> bytes, validity;
  std::optional<std::uint32_t> pages;  // digests of the values, page by page
};

// Chunks that another room understands.
struct IndexedScreen {
  Screen screen = Screen::filter;
  std::uint32_t column = 0;
  std::uint32_t part = 0;
  std::string layout;  // JSON
};

struct IndexHeader {
  // Of a sidecar only: content digest of the dataset that is indexed, and which table of its file.
  // Its columns then have no parts.
  std::string indexes, table;
  std::uint64_t rows = 0;
  std::uint64_t row_group_rows = 0;
  Codec codec = Codec::none;
  std::vector<Part> parts;
  std::vector<IndexedColumn> columns;
  std::vector<IndexedScreen> screens;
  std::vector<std::string> clustered_by;

  // What its chunks are encoded with: screens and digests of pages never.
  Codec codec_of(const Part& part) const {
    return part.role == Role::screen || part.role == Role::pages ? Codec::none : codec;
  }
  std::uint64_t row_groups() const { return (rows + row_group_rows - 1) / row_group_rows; }
};

struct Index {
  IndexHeader header;
  std::vector<ChunkRecord> chunks;
  std::vector<ZoneRecord> zones;
  std::vector<TextRecord> texts;
};

std::string format_header(const IndexHeader& header);
// DataError when it is not a header or breaks a rule that the reader relies on.
IndexHeader parse_header(std::string_view json, std::string_view where);

void store_zone(const Zone& zone, ZoneRecord& record, TextRecord* text);
Zone load_zone(const ZoneRecord& record, const TextRecord* text, Type type, std::uint64_t rows);

// Reads the index of a sealed file and checks it: digest, sizes, addresses inside the file, no
// chunk missing. DataError says what is wrong.
Index read_index(const Fd& fd, const Seal& seal, const fs::path& path);

// XXH3-128 of the four datasets of /index, as hex.
std::string index_digest(Bytes header, Bytes chunks, Bytes zones, Bytes texts);

}  // namespace trawl::store
