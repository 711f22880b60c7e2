#include "store/index_writer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "store/layout.hpp"

namespace trawl::store {
namespace {

// A compound type of the records of the index, with the offsets they have in memory.
struct Field {
  const char* name;
  std::size_t offset;
  hid_t type;
};

Handle record_type(std::size_t bytes, std::initializer_list<Field> fields) {
  Handle type = owned(H5Tcreate(H5T_COMPOUND, bytes), H5Tclose, "cannot make a type", "index");
  for (const Field& field : fields) {
    check(H5Tinsert(type.get(), field.name, field.offset, field.type), "cannot make a type",
          field.name);
  }
  return type;
}

Handle zone_type() {
  return record_type(sizeof(ZoneRecord),
                     {{"min", offsetof(ZoneRecord, min), H5T_STD_U64LE},
                      {"max", offsetof(ZoneRecord, max), H5T_STD_U64LE},
                      {"nulls", offsetof(ZoneRecord, nulls), H5T_STD_U32LE},
                      {"nans", offsetof(ZoneRecord, nans), H5T_STD_U32LE},
                      {"flags", offsetof(ZoneRecord, flags), H5T_STD_U32LE},
                      {"reserved", offsetof(ZoneRecord, reserved), H5T_STD_U32LE}});
}

Handle text_type() {
  const Handle bound = string_type(Zone::text_bytes);
  return record_type(sizeof(TextRecord),
                     {{"begin", offsetof(TextRecord, begin), H5T_STD_U64LE},
                      {"min", offsetof(TextRecord, min), bound.get()},
                      {"max", offsetof(TextRecord, max), bound.get()},
                      {"min_bytes", offsetof(TextRecord, min_bytes), H5T_STD_U32LE},
                      {"max_bytes", offsetof(TextRecord, max_bytes), H5T_STD_U32LE}});
}

template <class Record>
Bytes table_bytes(const std::vector<Record>& records) {
  return std::as_bytes(std::span(records));
}

template <class Record>
Place write_records(OutputFile& file, const char* name, const Handle& type,
                    const std::vector<Record>& records) {
  return file.write_table(name, type.get(), records.size(), table_bytes(records));
}

// Chunks of a screen are written together, so that they lie together.
constexpr std::size_t stripe_bytes = std::size_t{1} << 20;

std::string group_of(Screen screen) {
  return fmt::format("{}/{}", index_group, screen == Screen::filter ? "filters" : "sketches");
}

void check_chunks_written(const OutputFile& file, const Seal& seal, const Fd& fd) {
  const Index index = read_index(fd, seal, file.temporary());
  std::vector<std::byte> stored;
  for (const ChunkRecord& record : index.chunks) {
    stored.resize(record.stored);
    read_exactly(fd, record.address, stored.data(), stored.size(), file.temporary());
    if (xxh3(stored) != record.digest) {
      throw DataError(fmt::format("cannot write dataset: {} (a chunk at offset {} is lost)",
                                  file.path().string(), record.address));
    }
  }
}

void check_extents(const OutputFile& file, const std::vector<Part>& parts) {
  const Hdf5Lock lock;
  const Handle reopened = open_hdf5(file.temporary());
  for (const Part& part : parts) {
    const Handle dataset = owned(H5Dopen2(reopened.get(), part.path.c_str(), H5P_DEFAULT), H5Dclose,
                                 "cannot read back", part.path);
    const Handle space =
        owned(H5Dget_space(dataset.get()), H5Sclose, "cannot read back", part.path);
    if (H5Sget_simple_extent_npoints(space.get()) != static_cast<hssize_t>(part.elements)) {
      throw DataError(fmt::format("cannot write dataset: {} ({} is incomplete)",
                                  file.path().string(), part.path));
    }
  }
}

}  // namespace

Handle chunk_type() {
  return record_type(sizeof(ChunkRecord),
                     {{"address", offsetof(ChunkRecord, address), H5T_STD_U64LE},
                      {"xxh3", offsetof(ChunkRecord, digest), H5T_STD_U64LE},
                      {"stored_bytes", offsetof(ChunkRecord, stored), H5T_STD_U32LE},
                      {"raw_bytes", offsetof(ChunkRecord, raw), H5T_STD_U32LE},
                      {"part", offsetof(ChunkRecord, part), H5T_STD_U16LE},
                      {"skipped_filters", offsetof(ChunkRecord, skipped), H5T_STD_U16LE},
                      {"chunk", offsetof(ChunkRecord, chunk), H5T_STD_U32LE}});
}

ScreenParts::One* ScreenParts::find(Screen screen, std::size_t column) {
  for (One& one : all_) {
    if (one.screen == screen && one.column == column) return &one;
  }
  return nullptr;
}

ScreenParts::One& ScreenParts::create(Screen screen, std::size_t column, std::size_t chunk_bytes) {
  const bool is_first = std::ranges::find(all_, screen, &One::screen) == all_.end();
  if (is_first) file_->create_group(group_of(screen));
  Handle type;
  {
    const Hdf5Lock lock;
    type = owned(H5Tcopy(H5T_STD_U8LE), H5Tclose, "cannot make a type", "u8");
  }
  const Part part{fmt::format("{}/{}", group_of(screen), link_of(names_[column])), Role::screen, 1,
                  0, 0};
  all_.push_back({screen, column, PartWriter(*file_, Codec::none, part, std::move(type)), "{}"});
  all_.back().writer.create(chunk_bytes);  // the first chunk says how long all are
  return all_.back();
}

void ScreenParts::append(Screen screen, std::size_t column, Bytes chunk) {
  One* known = find(screen, column);
  if (known == nullptr) known = &create(screen, column, chunk.size());
  if (known->writer.part().chunk != chunk.size()) {
    throw InputError(fmt::format("chunk of a {} with {} bytes, others have {}: {}", name_of(screen),
                                 chunk.size(), known->writer.part().chunk, file_->path().string()));
  }
  known->writer.append(chunk);
  if (known->writer.pending_bytes() >= stripe_bytes) known->writer.flush();
}

void ScreenParts::describe(Screen screen, std::size_t column, std::string layout) {
  if (One* known = find(screen, column)) known->layout = std::move(layout);
}

void ScreenParts::add_to(Index& index) {
  for (One& one : all_) {
    one.writer.flush();
    const std::uint32_t part = add_part(index, one.writer);
    index.header.screens.push_back(
        {one.screen, static_cast<std::uint32_t>(one.column), part, one.layout});
  }
}

void ScreenParts::close() {
  for (One& one : all_) one.writer.close();
}

std::uint32_t add_part(Index& index, const PartWriter& writer) {
  const std::size_t number = index.header.parts.size();
  if (number > UINT16_MAX)
    throw InputError("a dataset cannot have that many columns: 65,536 parts");
  index.header.parts.push_back(writer.part());
  for (ChunkRecord record : writer.chunks()) {
    record.part = static_cast<std::uint16_t>(number);
    index.chunks.push_back(record);
  }
  return static_cast<std::uint32_t>(number);
}

Seal write_index(OutputFile& file, const Index& index) {
  const std::string header = format_header(index.header);
  Seal seal;
  seal.rows = index.header.rows;
  seal.places.header = file.write_table("/index/header", string_type(header.size()).get(), 1,
                                        bytes_of(header), true);
  seal.places.chunks = write_records(file, "/index/chunks", chunk_type(), index.chunks);
  seal.places.zones = write_records(file, "/index/zones", zone_type(), index.zones);
  seal.places.texts = write_records(file, "/index/texts", text_type(), index.texts);
  seal.index_digest = index_digest(bytes_of(header), table_bytes(index.chunks),
                                   table_bytes(index.zones), table_bytes(index.texts));
  return seal;
}

WrittenDataset seal_and_publish(OutputFile& file, const Index& index, Seal seal) {
  file.close();
  const Fd fd = open_for_reading(file.temporary());
  seal.bytes = file_bytes(fd, file.temporary());
  check_chunks_written(file, seal, fd);
  check_extents(file, index.header.parts);
  seal.content_digest = digest_from(fd, seal_bytes, file.temporary());
  file.publish(seal);
  return {file.path(), seal.rows, seal.bytes, seal.content_digest};
}

}  // namespace trawl::store
