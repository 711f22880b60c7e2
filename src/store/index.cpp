#include "store/index.hpp"

#include <algorithm>
#include <cstring>
#include <list>
#include <memory>
#include <span>
#include <type_traits>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>

#include "store/codec.hpp"

namespace trawl::store {
namespace {

[[noreturn]] void bad_index(const fs::path& path, std::string_view why) {
  throw DataError(fmt::format("index of the dataset is damaged: {} ({})", path.string(), why));
}

template <class Record>
std::vector<Record> records(std::string_view bytes, const fs::path& path) {
  static_assert(std::is_trivially_copyable_v<Record>);
  if (bytes.size() % sizeof(Record) != 0) bad_index(path, "a table has a broken last record");
  std::vector<Record> result(bytes.size() / sizeof(Record));
  if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

// One chunk record against what the header says about its part.
void check_chunk(const ChunkRecord& record, const IndexHeader& header, std::uint64_t file_bytes,
                 const fs::path& path) {
  if (record.part >= header.parts.size()) bad_index(path, "a chunk belongs to no column");
  const Part& part = header.parts[record.part];
  if (record.chunk >= part.chunks() || record.raw != part.chunk * part.element_bytes) {
    bad_index(path, fmt::format("a chunk does not fit {}", part.path));
  }
  if (record.address < seal_bytes || record.address > file_bytes ||
      record.stored > file_bytes - record.address) {
    bad_index(path, fmt::format("a chunk of {} lies outside the file", part.path));
  }
  if (header.codec_of(part) == Codec::none && record.stored != record.raw) {
    bad_index(path, fmt::format("a chunk of {} has the wrong size", part.path));
  }
}

void check_chunks(const Index& index, std::uint64_t file_bytes, const fs::path& path) {
  std::vector<std::uint64_t> found(index.header.parts.size());
  for (std::size_t i = 0; i < index.chunks.size(); ++i) {
    const ChunkRecord& record = index.chunks[i];
    check_chunk(record, index.header, file_bytes, path);
    ++found[record.part];
    const auto key = [](const ChunkRecord& r) { return std::pair(r.part, r.chunk); };
    if (i > 0 && key(index.chunks[i - 1]) >= key(record)) bad_index(path, "chunks out of order");
  }
  for (std::size_t part = 0; part < found.size(); ++part) {
    // Only validity may have gaps: row groups without NULLs.
    if (index.header.parts[part].role != Role::validity &&
        found[part] != index.header.parts[part].chunks()) {
      bad_index(path, fmt::format("chunks of {} are missing", index.header.parts[part].path));
    }
  }
}

void check_zones(const Index& index, const fs::path& path) {
  std::uint64_t texts = 0;
  for (const IndexedColumn& column : index.header.columns)
    texts += is_text(column.schema.type) ? 1 : 0;
  const std::uint64_t groups = index.header.row_groups();
  // Every column has a chunk per row group, so groups * columns is bounded by the size of the file.
  if (index.zones.size() != groups * index.header.columns.size() ||
      index.texts.size() != groups * texts) {
    bad_index(path, "a table of zones has the wrong size");
  }
  for (const TextRecord& text : index.texts) {
    if (text.min_bytes > Zone::text_bytes || text.max_bytes > Zone::text_bytes) {
      bad_index(path, "a text bound is too long");
    }
  }
}

std::uint64_t bits_of(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return static_cast<std::uint64_t>(*integer);
  }
  if (const auto* real = std::get_if<double>(&value)) return std::bit_cast<std::uint64_t>(*real);
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? 1 : 0;
  return 0;
}

Value value_of(std::uint64_t bits, Type type) {
  if (type == Type::float64) return std::bit_cast<double>(bits);
  if (type == Type::boolean) return bits != 0;
  return static_cast<std::int64_t>(bits);
}

void store_text(const Value& value, std::array<char, Zone::text_bytes>& into,
                std::uint32_t& bytes) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return;
  bytes = static_cast<std::uint32_t>(std::min(text->size(), into.size()));
  std::copy_n(text->begin(), bytes, into.begin());
}

}  // namespace

void store_zone(const Zone& zone, ZoneRecord& record, TextRecord* text) {
  record = {};
  record.nulls = static_cast<std::uint32_t>(zone.nulls);
  record.nans = static_cast<std::uint32_t>(zone.nans);
  record.flags = (zone.bounded() ? ZoneRecord::bounded : 0) |
                 (zone.min_cut ? ZoneRecord::min_cut : 0) |
                 (zone.max_cut ? ZoneRecord::max_cut : 0);
  if (text != nullptr) {
    store_text(zone.min, text->min, text->min_bytes);
    store_text(zone.max, text->max, text->max_bytes);
  } else {
    record.min = bits_of(zone.min);
    record.max = bits_of(zone.max);
  }
}

Zone load_zone(const ZoneRecord& record, const TextRecord* text, Type type, std::uint64_t rows) {
  Zone zone;
  zone.rows = rows;
  zone.nulls = record.nulls;
  zone.nans = record.nans;
  zone.min_cut = (record.flags & ZoneRecord::min_cut) != 0;
  zone.max_cut = (record.flags & ZoneRecord::max_cut) != 0;
  if ((record.flags & ZoneRecord::bounded) == 0) return zone;
  if (text != nullptr) {
    zone.min = std::string(text->min.data(), text->min_bytes);
    zone.max = std::string(text->max.data(), text->max_bytes);
  } else {
    zone.min = value_of(record.min, type);
    zone.max = value_of(record.max, type);
  }
  return zone;
}

std::string index_digest(Bytes header, Bytes chunks, Bytes zones, Bytes texts) {
  Xxh3Stream stream;
  for (const Bytes table : {header, chunks, zones, texts}) stream.add(table);
  return stream.hex();
}

namespace {

// The four tables. Written one behind the other, they are read as one.
class Tables {
 public:
  Tables(const Fd& fd, const IndexPlaces& places, const fs::path& path) : fd_(fd), path_(path) {
    constexpr std::uint64_t gaps = 16 << 10;  // read along: as fast as another system call
    std::uint64_t begin = UINT64_MAX, end = 0, bytes = 0;
    for (const Place& place : {places.header, places.chunks, places.zones, places.texts}) {
      if (place.bytes == 0) continue;
      begin = std::min(begin, place.offset);
      end = std::max(end, place.offset + place.bytes);
      bytes += place.bytes;
    }
    if (bytes == 0 || end - begin > bytes + gaps) return;
    begin_ = begin;
    all_ = {space(end - begin), end - begin};
    read_exactly(fd, begin, all_.data(), all_.size(), path);
  }

  std::string_view get(const Place& place) {
    if (place.bytes == 0) return {};
    if (!all_.empty())
      return std::string_view(all_.data(), all_.size()).substr(place.offset - begin_, place.bytes);
    std::string& text = apart_.emplace_back(place.bytes, '\0');
    read_exactly(fd_, place.offset, text.data(), text.size(), path_);
    return text;
  }

 private:
  // Of this thread; for small files always the same.
  char* space(std::size_t bytes) {
    constexpr std::size_t kept = 64 << 10;
    thread_local std::array<char, kept> small;
    if (bytes <= kept) return small.data();
    large_ = std::make_unique_for_overwrite<char[]>(bytes);
    return large_.get();
  }

  const Fd& fd_;
  const fs::path& path_;
  std::uint64_t begin_ = 0;
  std::span<char> all_;
  std::unique_ptr<char[]> large_;
  std::list<std::string> apart_;
};

}  // namespace

Index read_index(const Fd& fd, const Seal& seal, const fs::path& path) {
  Tables tables(fd, seal.places, path);
  const std::string_view header = tables.get(seal.places.header);
  const std::string_view chunks = tables.get(seal.places.chunks);
  const std::string_view zones = tables.get(seal.places.zones);
  const std::string_view texts = tables.get(seal.places.texts);
  if (index_digest(bytes_of(header), bytes_of(chunks), bytes_of(zones), bytes_of(texts)) !=
      seal.index_digest) {
    bad_index(path, "its digest is not the one sealed");
  }
  Index index{parse_header(header, path.native()), records<ChunkRecord>(chunks, path),
              records<ZoneRecord>(zones, path), records<TextRecord>(texts, path)};
  if (index.header.rows != seal.rows) bad_index(path, "it has another number of rows");
  check_chunks(index, seal.bytes, path);
  check_zones(index, path);
  return index;
}

}  // namespace trawl::store
